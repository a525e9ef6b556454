// Paints on a canvas what Cytoscape does not draw: marks of levels, scores in the shapes, outlines of rings.

import type { Colours } from "./colours";
import { levelColour } from "./colours";
import type { Node } from "./graph";
import { scoreLines } from "./score_text";
import { hull, isIdentifier, markOf, type Outline, radiusOf } from "./shapes";

export interface RingOutline {
  readonly name: string;
  readonly members: readonly (readonly [number, number])[];
  /** The middle of the name. */
  readonly at: readonly [number, number];
}

const FONT = "system-ui, sans-serif";

export function paintRings(ctx: CanvasRenderingContext2D, rings: readonly RingOutline[], colours: Colours): void {
  for (const { members } of rings) {
    if (members.length === 0) continue;
    ctx.save();
    trace(ctx, around(members));
    ctx.globalAlpha = 0.07;
    ctx.fillStyle = colours.levels.very_high;
    ctx.fill();
    ctx.globalAlpha = 0.8;
    ctx.strokeStyle = colours.levels.very_high;
    ctx.lineWidth = 1.2;
    ctx.setLineDash([5, 4]);
    ctx.stroke();
    ctx.restore();
  }
}

/** The names of rings, which stand above all else. */
export function paintRingNames(ctx: CanvasRenderingContext2D, rings: readonly RingOutline[], colours: Colours): void {
  for (const { name, members, at } of rings) {
    if (members.length === 0) continue;
    const [x, y] = at;
    write(ctx, name, x, y + 4, colours.levels.very_high, colours.ground, `600 12px ${FONT}`);
  }
}

/** The outline around the members of a ring, with room for their shapes; corners are rounded by `trace`. */
export function around(members: readonly (readonly [number, number])[]): Outline {
  const room = RING_ROOM;
  const circle = Array.from(
    { length: 12 },
    (_, i) => [Math.cos((i * Math.PI) / 6), Math.sin((i * Math.PI) / 6)] as const,
  );
  const points = members.flatMap(([x, y]) => circle.map(([dx, dy]) => [x + room * dx, y + room * dy] as const));
  return { is: "polygon", points: hull(points), round: 0 };
}

const RING_ROOM = 42;

/** What a party shows beside its shape; `supposed` is its score in a what-if. */
export interface Shown {
  readonly node: Node;
  readonly supposed: number | null;
  readonly defaults: boolean;
}

export function paintMarks(
  ctx: CanvasRenderingContext2D,
  shown: readonly Shown[],
  colours: Colours,
  zoom: number,
): void {
  for (const { node, supposed, defaults } of shown) {
    const r = radiusOf(node.kind);
    const colour = levelColour(colours, node.level);
    if (node.score !== null && zoom > 0.4) {
      for (const { text, size, weight, below } of scoreLines(node.score, supposed))
        write(ctx, text, node.x, node.y + below, colours.ink, null, `${weight} ${size}px ${FONT}`);
    }
    const mark = isIdentifier(node.kind) ? null : markOf(node.level, 5);
    if (mark !== null) {
      ctx.save();
      ctx.translate(node.x + r * 0.82, node.y - r * 0.82);
      trace(ctx, mark.outline);
      ctx.fillStyle = mark.filled ? colour : colours.panel;
      ctx.fill();
      ctx.strokeStyle = colour;
      ctx.lineWidth = 1.6;
      if (mark.dotted) ctx.setLineDash([1.6, 1.8]);
      ctx.stroke();
      ctx.restore();
    }
    if (node.knownBad || defaults) cross(ctx, node.x - r * 0.82, node.y - r * 0.82, colours, defaults);
    if (node.pinned) write(ctx, "•", node.x, node.y + r + 5, colours.accent, null, `700 12px ${FONT}`);
    if (node.notDrawn > 0 && zoom > 0.6) badge(ctx, `+${node.notDrawn}`, node.x + r + 3, node.y + 2, colours);
  }
}

/** A known bad outcome, or one that is supposed: a cross. */
function cross(ctx: CanvasRenderingContext2D, x: number, y: number, colours: Colours, supposed: boolean): void {
  ctx.save();
  ctx.translate(x, y);
  trace(ctx, { is: "circle", r: 6 });
  ctx.fillStyle = supposed ? colours.accent : colours.levels.very_high;
  ctx.fill();
  ctx.strokeStyle = colours.panel;
  ctx.lineWidth = 1.6;
  ctx.beginPath();
  ctx.moveTo(-2.4, -2.4);
  ctx.lineTo(2.4, 2.4);
  ctx.moveTo(2.4, -2.4);
  ctx.lineTo(-2.4, 2.4);
  ctx.stroke();
  ctx.restore();
}

function badge(ctx: CanvasRenderingContext2D, text: string, x: number, y: number, colours: Colours): void {
  ctx.save();
  ctx.font = `10px ${FONT}`;
  const width = ctx.measureText(text).width + 8;
  ctx.fillStyle = colours.panel;
  ctx.strokeStyle = colours.line;
  ctx.beginPath();
  ctx.roundRect(x - 2, y - 7, width, 14, 7);
  ctx.fill();
  ctx.stroke();
  ctx.fillStyle = colours.muted;
  ctx.textAlign = "left";
  ctx.fillText(text, x + 2, y + 3.6);
  ctx.restore();
}

function write(
  ctx: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  colour: string,
  halo: string | null,
  font: string,
): void {
  ctx.save();
  ctx.font = font;
  ctx.textAlign = "center";
  if (halo !== null) {
    ctx.strokeStyle = halo;
    ctx.lineWidth = 3;
    ctx.lineJoin = "round";
    ctx.strokeText(text, x, y);
  }
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
  ctx.restore();
}

function trace(ctx: CanvasRenderingContext2D, outline: Outline): void {
  ctx.beginPath();
  if (outline.is === "circle") {
    ctx.arc(0, 0, outline.r, 0, 2 * Math.PI);
    return;
  }
  for (const [i, [x, y]] of outline.points.entries()) {
    if (i === 0) ctx.moveTo(x, y);
    else ctx.lineTo(x, y);
  }
  ctx.closePath();
}
