// Cytoscape on a canvas, between a canvas below (rings) and one above (marks): shows a graph, tells what was touched.

import cytoscape, { type Core, type ElementDefinition } from "cytoscape";
import type { At } from "../work/work";
import { type Colours, readColours } from "./colours";
import { alike, type Element, type Elements, elementsOf, LABELLED_BELOW, type Marked } from "./elements";
import type { Graph } from "./graph";
import { look, nameSizeAt } from "./look";
import { paintMarks, paintRingNames, paintRings, type RingOutline, type Shown } from "./paint";
import { type Box, textBox } from "./ring_names";

export interface Touched {
  readonly party: (id: string, more: boolean) => void;
  readonly twice: (id: string) => void;
  readonly moved: (id: string, at: At) => void;
  readonly line: (id: string | null) => void;
}

/** What the picture shows beside the graph. */
export interface Highlights extends Marked {
  readonly rings: readonly RingOutline[];
  readonly shown: readonly Shown[];
}

const MARGIN = 12; // pixels around a picture that is fitted into its stage
const ROOM = { x: 60, above: 30, below: 40 }; // around a party, for its marks and name, in the picture's own units
const LARGEST_FIT = 1.15; // a few parties are not blown up to fill the stage
const LEAST_ZOOM = 0.08;
const CROWDED = 0.7; // a crowd is painted as if from farther off

export class Canvas {
  private readonly cy: Core;
  private readonly below: HTMLCanvasElement;
  private readonly above: HTMLCanvasElement;
  private colours: Colours = readColours();
  private highlights: Highlights = { open: [], cursor: null, line: null, path: [], rings: [], shown: [] };
  private readonly resized: ResizeObserver;
  private drawn: Elements = new Map();
  private nameSize = nameSizeAt(1);
  /** Whether the view is that of the whole picture, and nobody moved it since. */
  private whole = true;

  constructor(
    private readonly stage: HTMLElement,
    touched: Touched,
  ) {
    this.below = layer(stage, "below");
    const middle = document.createElement("div");
    middle.className = "layer middle";
    stage.append(middle);
    this.above = layer(stage, "above");
    this.cy = cytoscape({
      container: middle,
      style: look(this.colours),
      minZoom: LEAST_ZOOM,
      maxZoom: 3,
      boxSelectionEnabled: false,
      selectionType: "single",
      autounselectify: true,
      hideEdgesOnViewport: false,
      textureOnViewport: true,
    });
    this.cy.on("tap", "node", ({ target, originalEvent }) =>
      touched.party(target.id(), (originalEvent as MouseEvent).shiftKey),
    );
    this.cy.on("dbltap", "node", ({ target }) => touched.twice(target.id()));
    this.cy.on("tap", "edge", ({ target }) => touched.line(target.id()));
    this.cy.on("tap", ({ target }) => {
      if (target === this.cy) touched.line(null);
    });
    this.cy.on("dragfree", "node", ({ target }) => touched.moved(target.id(), { ...target.position() }));
    this.cy.on("render", () => this.paint());
    this.cy.on("zoom", () => {
      if (nameSizeAt(this.cy.zoom()) !== this.nameSize) this.restyle();
    });
    this.cy.on("dragpan scrollzoom pinchzoom", () => {
      this.whole = false;
    });
    this.cy.on("position", "node", ({ target }) => this.follow(target.id(), target.position()));
    this.resized = new ResizeObserver(() => {
      if (this.stage.clientWidth === 0) return; // another column is shown
      const whole = this.whole;
      this.cy.resize();
      if (whole) this.fit();
      this.paint();
    });
    this.resized.observe(stage);
  }

  /** Show the graph; of parties and lines that were there before only what differs is changed. */
  show(graph: Graph, highlights: Highlights): void {
    this.highlights = highlights;
    const wanted = elementsOf(graph, highlights);
    this.cy.batch(() => {
      for (const id of this.drawn.keys()) if (!wanted.has(id)) this.cy.getElementById(id).remove();
      const news: ElementDefinition[] = [];
      for (const [id, element] of wanted) {
        const before = this.drawn.get(id);
        if (before === undefined) news.push(structuredClone(element));
        else this.change(id, before, element);
      }
      this.cy.add(news); // all at once, as each addition has a price of its own
    });
    this.drawn = wanted;
    this.paint();
  }

  private change(id: string, before: Element, after: Element): void {
    const there = this.cy.getElementById(id);
    if (!alike(before, after)) there.data({ ...after.data });
    if (before.classes !== after.classes) there.classes(after.classes);
    if (after.position === undefined || there.grabbed()) return;
    const at = there.position();
    if (at.x !== after.position.x || at.y !== after.position.y) there.position({ ...after.position });
  }

  /** Where a party is while it is dragged, so that what is painted beside it moves along. */
  private follow(id: string, { x, y }: At): void {
    const { shown } = this.highlights;
    const at = shown.findIndex(({ node }) => node.id === id);
    const one = shown[at];
    if (one === undefined || (one.node.x === x && one.node.y === y)) return;
    this.highlights = { ...this.highlights, shown: shown.with(at, { ...one, node: { ...one.node, x, y } }) };
  }

  /** Take the colours of the style sheet anew. */
  recolour(): void {
    this.colours = readColours();
    this.restyle();
    this.paint();
  }

  private restyle(): void {
    this.nameSize = nameSizeAt(this.cy.zoom());
    this.cy.style(look(this.colours, this.nameSize));
  }

  /** Put all that is drawn, or some parties, into the middle of the view. */
  fit(ids: readonly string[] = []): void {
    this.whole = ids.length === 0;
    if (this.stage.clientWidth === 0) return; // fitted once it is shown
    const box = this.box(ids);
    if (box === null) return;
    const [width, height] = [this.cy.width(), this.cy.height()];
    const room = Math.min((width - 2 * MARGIN) / (box.x2 - box.x1), (height - 2 * MARGIN) / (box.y2 - box.y1));
    const zoom = Math.max(LEAST_ZOOM, Math.min(LARGEST_FIT, room));
    const pan = { x: (width - zoom * (box.x1 + box.x2)) / 2, y: (height - zoom * (box.y1 + box.y2)) / 2 };
    this.cy.viewport({ zoom, pan });
  }

  /** The box around some parties, or all, with room for their names; null where none is drawn. */
  private box(ids: readonly string[] = []): Box | null {
    const chosen = new Set(ids);
    const at = [...this.drawn].flatMap(([id, { position }]) =>
      position !== undefined && (chosen.size === 0 || chosen.has(id)) ? [position] : [],
    );
    if (at.length === 0) return null;
    const names = chosen.size > 0 ? [] : this.highlights.rings.map(({ name, at: middle }) => textBox(name, middle));
    return {
      x1: Math.min(...at.map(({ x }) => x - ROOM.x), ...names.map(({ x1 }) => x1)),
      x2: Math.max(...at.map(({ x }) => x + ROOM.x), ...names.map(({ x2 }) => x2)),
      y1: Math.min(...at.map(({ y }) => y - ROOM.above), ...names.map(({ y1 }) => y1)),
      y2: Math.max(...at.map(({ y }) => y + ROOM.below), ...names.map(({ y2 }) => y2)),
    };
  }

  /** Bring a party into view, without a move where it is. */
  reveal(id: string): void {
    const node = this.cy.getElementById(id);
    if (node.empty()) return;
    const { x1, y1, x2, y2 } = this.cy.extent();
    const { x, y } = node.position();
    if (x < x1 + 30 || x > x2 - 30 || y < y1 + 30 || y > y2 - 30) {
      this.cy.center(node);
      this.whole = false;
    }
  }

  zoom(by: number): void {
    this.whole = false;
    this.cy.zoom({ level: this.cy.zoom() * by, renderedPosition: { x: this.cy.width() / 2, y: this.cy.height() / 2 } });
  }

  pan(dx: number, dy: number): void {
    this.cy.panBy({ x: dx, y: dy });
  }

  /** Where a party is on the screen, relative to the stage; for what stands beside it. */
  screen(id: string): At | null {
    const node = this.cy.getElementById(id);
    return node.empty() ? null : node.renderedPosition();
  }

  /** Whether the whole picture fits into the view. */
  get inView(): boolean {
    const { x1, y1, x2, y2 } = this.cy.extent();
    const box = this.box();
    return box === null || (box.x1 >= x1 && box.y1 >= y1 && box.x2 <= x2 && box.y2 <= y2);
  }

  end(): void {
    this.resized.disconnect();
    this.cy.destroy();
    this.stage.replaceChildren();
  }

  private paint(): void {
    const { rings, shown } = this.highlights;
    const zoom = this.cy.zoom();
    paintRings(this.cleared(this.below), rings, this.colours);
    const above = this.cleared(this.above);
    paintMarks(above, shown, this.colours, shown.length > LABELLED_BELOW ? zoom * CROWDED : zoom);
    paintRingNames(above, rings, this.colours);
  }

  /** A layer, empty and with the picture's zoom and pan. */
  private cleared(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
    const scale = devicePixelRatio;
    const [width, height] = [this.stage.clientWidth * scale, this.stage.clientHeight * scale];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const ctx = canvas.getContext("2d");
    if (ctx === null) throw new Error("this browser has no canvas");
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, width, height);
    const { x, y } = this.cy.pan();
    const zoom = this.cy.zoom() * scale;
    ctx.setTransform(zoom, 0, 0, zoom, x * scale, y * scale);
    return ctx;
  }
}

function layer(stage: HTMLElement, name: string): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.className = `layer ${name}`;
  stage.append(canvas);
  return canvas;
}
