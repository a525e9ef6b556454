// Where the name of a ring stands: beside its outline, where it covers as little as possible of parties and their names.

import type { Outline } from "./shapes";

export interface Box {
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
}

export type Point = readonly [number, number];

const LETTER = 7; // how wide a letter of a name is at 12 pixels, about
const HALF_LINE = 8;
const GAP = 4; // between an outline and its name
const ROUND = 24; // so many places around an outline are tried
const FARTHER = 0.1; // what a pixel away from the top of an outline counts, in pixels that are covered

/** The box of a text of 12 pixels whose middle is at a point. */
export function textBox(text: string, [x, y]: Point): Box {
  const half = (text.length * LETTER) / 2;
  return { x1: x - half, x2: x + half, y1: y - HALF_LINE, y2: y + HALF_LINE };
}

/** What a party takes up: its shape with the marks, the number beside it, and its name below. */
export function partyBoxes([x, y]: Point, radius: number, name: string): readonly Box[] {
  const shape = { x1: x - radius - 6, x2: x + radius + 36, y1: y - radius - 6, y2: y + radius + 3 };
  return [shape, textBox(name, [x, y + radius + 12])];
}

/** The middle of a ring's name: above its outline, or where on the way around it less is covered. */
export function ringNamePoint(name: string, outline: Outline, taken: readonly Box[]): Point {
  const points = outline.is === "polygon" ? outline.points : [];
  const places = Array.from({ length: ROUND }, (_, i) => outside(points, name, -Math.PI / 2 + turn(i)));
  const [top = [0, 0]] = places;
  const cost = (at: Point) => covered(textBox(name, at), taken) + FARTHER * Math.hypot(at[0] - top[0], at[1] - top[1]);
  return places.reduce((best, one) => (cost(one) < cost(best) ? one : best), top);
}

/** Angles from the top to both sides: 0, a step, a step back, two steps, ... */
const turn = (i: number): number => ((i % 2 === 0 ? -1 : 1) * Math.ceil(i / 2) * 2 * Math.PI) / ROUND;

/** The middle of a name that touches an outline from outside, in a direction. */
function outside(points: readonly Point[], name: string, angle: number): Point {
  const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
  const farthest = points.reduce<Point>(
    (best, one) => (one[0] * dx + one[1] * dy > best[0] * dx + best[1] * dy ? one : best),
    points[0] ?? [0, 0],
  );
  const half = (name.length * LETTER) / 2;
  const [left, up] = [Math.abs(dx) < 1e-9 ? 0 : Math.sign(dx), Math.abs(dy) < 1e-9 ? 0 : Math.sign(dy)];
  return [farthest[0] + dx * GAP + left * half * Math.abs(dx), farthest[1] + dy * GAP + up * HALF_LINE];
}

/** How much of a box others cover, in square pixels. */
function covered(box: Box, others: readonly Box[]): number {
  const overlap = (one: Box) =>
    Math.max(0, Math.min(box.x2, one.x2) - Math.max(box.x1, one.x1)) *
    Math.max(0, Math.min(box.y2, one.y2) - Math.max(box.y1, one.y1));
  return others.reduce((sum, one) => sum + overlap(one), 0);
}
