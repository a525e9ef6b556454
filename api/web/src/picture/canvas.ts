// Cytoscape on a canvas, between a canvas below (rings) and one above (marks): shows a graph, tells what was touched.

import cytoscape, { type Core, type ElementDefinition } from "cytoscape";
import { shortened } from "../words/format";
import { called } from "../words/names";
import type { At } from "../work/work";
import { type Colours, readColours } from "./colours";
import type { Edge, Graph } from "./graph";
import { labelOf, widthOf } from "./lines";
import { look } from "./look";
import { paintMarks, paintRingNames, paintRings, type RingOutline, type Shown } from "./paint";
import { isIdentifier } from "./shapes";

export interface Touched {
  readonly party: (id: string, more: boolean) => void;
  readonly twice: (id: string) => void;
  readonly moved: (id: string, at: At) => void;
  readonly line: (id: string | null) => void;
}

/** What the picture shows beside the graph. */
export interface Highlights {
  readonly open: readonly string[];
  readonly cursor: string | null;
  readonly line: string | null;
  readonly path: readonly string[];
  readonly rings: readonly RingOutline[];
  readonly shown: readonly Shown[];
}

const NAME_LENGTH = 26;
const STRONG = 5; // so many lines, the widest of money and guarantees, have labels where there is room to read them
const LABELLED_BELOW = 60; // parties; with more, names and counts are shown when one looks closer
const CROWDED = 0.7; // a crowd is painted as if from farther off
const MANY = 500; // lines; with more, those of the open party stand out from the rest

export class Canvas {
  private readonly cy: Core;
  private readonly below: HTMLCanvasElement;
  private readonly above: HTMLCanvasElement;
  private colours: Colours = readColours();
  private highlights: Highlights = { open: [], cursor: null, line: null, path: [], rings: [], shown: [] };
  private readonly resized: ResizeObserver;
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
      minZoom: 0.08,
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
    this.cy.on("dragpan scrollzoom pinchzoom", () => {
      this.whole = false;
    });
    this.cy.on("position", "node", ({ target }) => this.follow(target.id(), target.position()));
    this.resized = new ResizeObserver(() => {
      const whole = this.whole;
      this.cy.resize();
      if (whole) this.fit();
      this.paint();
    });
    this.resized.observe(stage);
  }

  /** Show the graph; parties and lines that were there before are changed in place. */
  show(graph: Graph, highlights: Highlights): void {
    this.highlights = highlights;
    const few = graph.nodes.length <= LABELLED_BELOW;
    const strong = new Set(
      [...graph.edges]
        .filter(({ category }) => few && (category === "money" || category === "guarantee"))
        .sort((one, other) => widthOf(other) - widthOf(one))
        .slice(0, STRONG)
        .map(({ id }) => id),
    );
    this.cy.batch(() => {
      const wanted = new Map<string, ElementDefinition>();
      for (const node of graph.nodes)
        wanted.set(node.id, { group: "nodes", data: nodeData(node.id, node.kind, node.level) });
      for (const edge of graph.edges) wanted.set(edge.id, { group: "edges", data: edgeData(edge) });
      this.cy.elements().forEach((element) => {
        if (!wanted.has(element.id())) element.remove();
      });
      for (const [id, element] of wanted) {
        const there = this.cy.getElementById(id);
        if (there.empty()) this.cy.add(element);
        else there.data(element.data);
      }
      for (const { id, x, y } of graph.nodes) {
        const there = this.cy.getElementById(id);
        const at = there.position();
        if (!there.grabbed() && (at.x !== x || at.y !== y)) there.position({ x, y });
      }
      this.classify(graph, strong);
    });
    this.paint();
  }

  private classify(graph: Graph, strong: ReadonlySet<string>): void {
    const { open, cursor, line, path } = this.highlights;
    const opened = new Set(open);
    const steps = new Set(path.slice(1).map((id, i) => JSON.stringify([path[i], id].sort())));
    const onPath = new Set(path);
    for (const { id } of graph.nodes) {
      const node = this.cy.getElementById(id);
      node.toggleClass("crowded", graph.nodes.length > LABELLED_BELOW);
      node.toggleClass("open", opened.has(id));
      node.toggleClass("cursor", cursor === id && !opened.has(id));
      node.toggleClass("faint", path.length > 0 && !onPath.has(id));
    }
    for (const { id, a, b } of graph.edges) {
      const edge = this.cy.getElementById(id);
      const isStep = steps.has(JSON.stringify([a, b].sort()));
      edge.toggleClass("along", isStep);
      edge.toggleClass("faint", path.length > 0 && !isStep);
      edge.toggleClass("many", graph.edges.length > MANY);
      edge.toggleClass("near", opened.has(a) || opened.has(b));
      edge.toggleClass("labelled", strong.has(id));
      edge.toggleClass("chosen", line === id);
    }
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
    this.cy.style(look(this.colours));
    this.paint();
  }

  /** Put all that is drawn, or some parties, into the middle of the view. */
  fit(ids: readonly string[] = []): void {
    const some = ids.length > 0 ? this.cy.nodes().filter((node) => ids.includes(node.id())) : undefined;
    this.cy.fit(some, 60);
    if (this.cy.zoom() > 1.15) this.cy.zoom({ level: 1.15, position: center(this.cy) });
    if (this.cy.elements().nonempty()) this.cy.center(some);
    this.whole = ids.length === 0;
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
    const box = this.cy.elements().boundingBox();
    return box.x1 >= x1 && box.y1 >= y1 && box.x2 <= x2 && box.y2 <= y2;
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

function nodeData(id: string, kind: string, level: string | null) {
  return { id, kind, level, identifier: isIdentifier(kind), name: shortened(called(id), NAME_LENGTH) };
}

function edgeData(edge: Edge) {
  const { id, a, b, category, fromA, fromB } = edge;
  return { id, source: a, target: b, category, toB: fromA, toA: fromB, width: widthOf(edge), label: labelOf(edge) };
}

function center(cy: Core): At {
  const { x1, y1, x2, y2 } = cy.extent();
  return { x: (x1 + x2) / 2, y: (y1 + y2) / 2 };
}
