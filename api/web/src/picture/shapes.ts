// The shapes of kinds and the marks of levels: outlines around the origin, drawn on a canvas and written as SVG alike.

import type { Level } from "../api/types";

/** A circle of radius r, or a polygon; corners are rounded by `round`. */
export type Outline =
  | { readonly is: "circle"; readonly r: number }
  | { readonly is: "polygon"; readonly points: readonly (readonly [number, number])[]; readonly round: number };

const IDENTIFIERS: ReadonlySet<string> = new Set(["Phone", "Device", "Address", "Account"]);

export const isIdentifier = (kind: string): boolean => IDENTIFIERS.has(kind);

export const RADIUS = 19;
export const SMALL = 12;

export const radiusOf = (kind: string): number => (isIdentifier(kind) ? SMALL : RADIUS);

/** The shape of a kind: person circle, merchant rounded square, company hexagon, identifier diamond. */
export function shapeOf(kind: string): Outline {
  if (isIdentifier(kind)) return regular(4, SMALL, 0, 0);
  if (kind === "Merchant") return regular(4, RADIUS * 1.3, Math.PI / 4, 6);
  if (kind === "Company") return regular(6, RADIUS * 1.08, 0, 0);
  return { is: "circle", r: RADIUS };
}

export interface Mark {
  readonly outline: Outline;
  readonly filled: boolean;
  readonly dotted: boolean;
}

/** The mark of a level, which is read without its colour. */
export function markOf(level: Level | null, r: number): Mark | null {
  switch (level) {
    case "low":
      return { outline: { is: "circle", r: r * 0.9 }, filled: false, dotted: false };
    case "medium":
      return { outline: regular(3, r * 1.15, -Math.PI / 2, 0), filled: false, dotted: false };
    case "high":
      return { outline: regular(4, r * 1.2, 0, 0), filled: true, dotted: false };
    case "very_high":
      return { outline: regular(4, r * 1.25, Math.PI / 4, 0), filled: true, dotted: false };
    case "not_assessed":
      return { outline: { is: "circle", r: r * 0.9 }, filled: false, dotted: true };
    default:
      return null;
  }
}

function regular(corners: number, r: number, turn: number, round: number): Outline {
  const points = Array.from({ length: corners }, (_, i) => {
    const angle = turn + (2 * Math.PI * i) / corners;
    return [r * Math.cos(angle), r * Math.sin(angle)] as const;
  });
  return { is: "polygon", points, round };
}

/** The convex hull of some points, in order around them. */
export function hull(points: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const sorted = [...points].sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  const half = (ordered: typeof sorted) => {
    const chain: (readonly [number, number])[] = [];
    for (const point of ordered) {
      for (;;) {
        const [before, last] = [chain.at(-2), chain.at(-1)];
        if (before === undefined || last === undefined || turns(before, last, point) > 0) break;
        chain.pop();
      }
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return sorted.length < 3 ? sorted : [...half(sorted), ...half(sorted.toReversed())];
}

const turns = (a: readonly [number, number], b: readonly [number, number], c: readonly [number, number]): number =>
  (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
