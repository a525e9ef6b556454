// The picture as SVG, written by ourselves: what is on the screen, whole, with the hidden counts.

import { type Colours, levelColour, lineColour } from "../picture/colours";
import type { Edge, Graph, Node } from "../picture/graph";
import { dashOf, labelOf, widthOf } from "../picture/lines";
import { around, type RingOutline } from "../picture/paint";
import { scoreLines } from "../picture/score_text";
import { isIdentifier, markOf, type Outline, radiusOf, shapeOf } from "../picture/shapes";
import { shortened } from "../words/format";
import type { NameOf } from "./csv";
import { escaped } from "./markup";

const MARGIN = 70;
const LABELLED = 40; // up to so many lines, all have labels
const DASHES = { solid: "", dashed: "7 4", dotted: "2 3" } as const;

export interface Drawing {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

export function drawing(
  graph: Graph,
  rings: readonly RingOutline[],
  title: string,
  colours: Colours,
  nameOf: NameOf,
  supposed: ReadonlyMap<string, number> = new Map(),
): Drawing {
  const at = new Map(graph.nodes.map((node) => [node.id, node]));
  const [left, right] = bounds(graph.nodes.map(({ x }) => x));
  const [top, bottom] = bounds(graph.nodes.map(({ y }) => y));
  const width = right - left + 2 * MARGIN;
  const height = bottom - top + 2 * MARGIN;
  const box = `${left - MARGIN} ${top - MARGIN} ${width} ${height}`;
  const body = [
    `<rect x="${left - MARGIN}" y="${top - MARGIN}" width="${width}" height="${height}" fill="${colours.ground}"/>`,
    ...rings.map((ring) => ringOutline(ring, colours)),
    ...graph.edges.map((edge, i) => line(edge, at, bow(graph.edges, i), colours, graph.edges.length <= LABELLED)),
    ...graph.nodes.map((node) => party(node, colours, nameOf, supposed.get(node.id) ?? null)),
    text(left - MARGIN + 12, top - MARGIN + 20, title, colours.muted, 11, "start"),
  ];
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${box}" font-family="system-ui, sans-serif">`;
  return { svg: `${head}\n<title>${escaped(title)}</title>\n${body.join("\n")}\n</svg>\n`, width, height };
}

function bounds(values: readonly number[]): readonly [number, number] {
  return values.length === 0 ? [0, 0] : [Math.min(...values), Math.max(...values)];
}

/** How far a line bows out, so that several between two parties lie side by side: 0, 1, -1, 2, ... */
function bow(edges: readonly Edge[], i: number): number {
  const edge = edges[i];
  const beside = edges.slice(0, i).filter((one) => one.a === edge?.a && one.b === edge.b).length;
  return Math.ceil(beside / 2) * (beside % 2 === 0 ? -1 : 1);
}

function line(edge: Edge, at: ReadonlyMap<string, Node>, bowed: number, colours: Colours, labelled: boolean): string {
  const [a, b] = [at.get(edge.a), at.get(edge.b)];
  if (a === undefined || b === undefined) return "";
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const [ux, uy] = [(b.x - a.x) / length, (b.y - a.y) / length];
  const from = [a.x + ux * (radiusOf(a.kind) + 4), a.y + uy * (radiusOf(a.kind) + 4)] as const;
  const to = [b.x - ux * (radiusOf(b.kind) + 4), b.y - uy * (radiusOf(b.kind) + 4)] as const;
  const middle = [(a.x + b.x) / 2 - uy * bowed * 26, (a.y + b.y) / 2 + ux * bowed * 26] as const;
  const colour = lineColour(colours, edge.category);
  const dash = DASHES[dashOf(edge.category)];
  const path = `M ${point(from)} Q ${point(middle)} ${point(to)}`;
  const parts = [
    `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${widthOf(edge).toFixed(2)}"${dash === "" ? "" : ` stroke-dasharray="${dash}"`}/>`,
  ];
  if (edge.fromA) parts.push(arrow(middle, to, colour));
  if (edge.fromB) parts.push(arrow(middle, from, colour));
  if (labelled)
    parts.push(
      text((middle[0] + (a.x + b.x) / 2) / 2, (middle[1] + (a.y + b.y) / 2) / 2, labelOf(edge), colours.muted, 9),
    );
  return parts.join("");
}

function arrow(from: readonly [number, number], to: readonly [number, number], colour: string): string {
  const turn = (Math.atan2(to[1] - from[1], to[0] - from[0]) * 180) / Math.PI;
  return `<path d="M 0 0 L -9 -4 L -9 4 Z" fill="${colour}" transform="translate(${point(to)}) rotate(${turn.toFixed(1)})"/>`;
}

function party(node: Node, colours: Colours, nameOf: NameOf, supposed: number | null): string {
  const colour = levelColour(colours, node.level);
  const r = radiusOf(node.kind);
  const thick = node.level === "high" || node.level === "very_high" ? 3.5 : 2;
  const dotted = node.level === "not_assessed" ? ' stroke-dasharray="2 2"' : "";
  const mark = isIdentifier(node.kind) ? null : markOf(node.level, 5);
  const parts = [
    shape(
      shapeOf(node.kind),
      node.x,
      node.y,
      `fill="${colours.panel}" stroke="${colour}" stroke-width="${thick}"${dotted}`,
    ),
    text(node.x, node.y + r + 16, shortened(nameOf(node.id), 32), colours.ink, 12),
  ];
  if (node.score !== null)
    for (const one of scoreLines(node.score, supposed))
      parts.push(text(node.x, node.y + one.below, one.text, colours.ink, one.size, "middle", one.weight));
  if (mark !== null) {
    const style = `fill="${mark.filled ? colour : colours.panel}" stroke="${colour}" stroke-width="1.6"`;
    parts.push(
      shape(
        mark.outline,
        node.x + r * 0.82,
        node.y - r * 0.82,
        style + (mark.dotted ? ' stroke-dasharray="1.6 1.8"' : ""),
      ),
    );
  }
  if (node.knownBad) {
    const [x, y] = [node.x - r * 0.82, node.y - r * 0.82];
    parts.push(`<circle cx="${x}" cy="${y}" r="6" fill="${colours.levels.very_high}"/>`);
    const cross = `M ${x - 2.4} ${y - 2.4} l 4.8 4.8 M ${x + 2.4} ${y - 2.4} l -4.8 4.8`;
    parts.push(`<path d="${cross}" stroke="${colours.panel}" stroke-width="1.6"/>`);
  }
  if (node.notDrawn > 0) parts.push(text(node.x + r + 3, node.y + r, `+${node.notDrawn}`, colours.muted, 10, "start"));
  return `<g>${parts.join("")}</g>`;
}

function ringOutline({ name, members, at }: RingOutline, colours: Colours): string {
  if (members.length === 0) return "";
  const colour = colours.levels.very_high;
  const [x, y] = at;
  const style = `fill="${colour}" fill-opacity="0.07" stroke="${colour}" stroke-dasharray="5 4"`;
  return shape(around(members), 0, 0, style) + text(x, y + 4, name, colour, 12, "middle", 600);
}

function shape(outline: Outline, x: number, y: number, style: string): string {
  if (outline.is === "circle") return `<circle cx="${x}" cy="${y}" r="${outline.r}" ${style}/>`;
  const points = outline.points.map(([dx, dy]) => `${(x + dx).toFixed(1)},${(y + dy).toFixed(1)}`).join(" ");
  const round = outline.round > 0 ? ' stroke-linejoin="round"' : "";
  return `<polygon points="${points}" ${style}${round}/>`;
}

function text(
  x: number,
  y: number,
  said: string,
  colour: string,
  size: number,
  anchor = "middle",
  weight = 400,
): string {
  const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"`;
  return `<text ${place} font-size="${size}" font-weight="${weight}" fill="${colour}">${escaped(said)}</text>`;
}

const point = ([x, y]: readonly [number, number]): string => `${x.toFixed(1)} ${y.toFixed(1)}`;
