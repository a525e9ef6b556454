// The score of a party as lines of text within its shape; in a what-if the one that it has above the one it would have.

import { RADIUS } from "./shapes";

export interface ScoreLine {
  readonly text: string;
  readonly size: number;
  readonly weight: number;
  /** Of its baseline, below the middle of the shape. */
  readonly below: number;
}

/** How wide a figure or arrow of a system's sans is at most, in parts of the size of the type. */
const FIGURE = 0.72;

export function scoreLines(score: number, supposed: number | null): readonly ScoreLine[] {
  if (supposed === null) return [{ text: `${score}`, size: 12, weight: 600, below: 4.3 }];
  return [
    { text: `${score}`, size: 9, weight: 400, below: -3.5 },
    { text: `→${supposed}`, size: 11, weight: 700, below: 8.5 },
  ];
}

/** How far a line's farthest corner lies from the middle, in parts of the radius of the smallest shape with a score. */
export function reach({ text, size, below }: ScoreLine): number {
  const far = Math.max(Math.abs(below), Math.abs(below - 0.73 * size));
  return Math.hypot((text.length * size * FIGURE) / 2, far) / RADIUS;
}
