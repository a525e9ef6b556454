// A graph as the elements of Cytoscape: the data, classes and place of each, so that only what differs is changed.

import { shortened } from "../words/format";
import { called } from "../words/names";
import type { At } from "../work/work";
import type { Edge, Graph } from "./graph";
import { labelOf, widthOf } from "./lines";
import { isIdentifier } from "./shapes";

type Data = Readonly<Record<string, unknown>>;

export interface Element {
  readonly group: "nodes" | "edges";
  readonly data: Data;
  /** Names of the style sheet, separated by spaces. */
  readonly classes: string;
  /** Of a party. */
  readonly position?: At;
}

/** By id, the parties before the lines. */
export type Elements = ReadonlyMap<string, Element>;

/** What is marked in a picture. */
export interface Marked {
  readonly open: readonly string[];
  readonly cursor: string | null;
  readonly line: string | null;
  readonly path: readonly string[];
}

export const LABELLED_BELOW = 60; // parties; with more, names and counts are shown when one looks closer
export const NAME_LENGTH = 26;
const STRONG = 5; // so many lines, the widest of money and guarantees, have labels where there is room to read them
const MANY = 500; // lines; with more, those of the open party stand out from the rest

export function elementsOf(graph: Graph, { open, cursor, line, path }: Marked): Elements {
  const { nodes, edges } = graph;
  const [opened, onPath] = [new Set(open), new Set(path)];
  const found = new Map<string, Element>();
  for (const { id, kind, level, x, y } of nodes) {
    const data = { id, kind, level, identifier: isIdentifier(kind), name: shortened(called(id), NAME_LENGTH) };
    const classes = named({
      crowded: nodes.length > LABELLED_BELOW,
      open: opened.has(id),
      cursor: cursor === id && !opened.has(id),
      faint: path.length > 0 && !onPath.has(id),
    });
    found.set(id, { group: "nodes", data, classes, position: { x, y } });
  }
  const steps = new Set(path.slice(1).map((id, i) => ends(path[i] ?? "", id)));
  const strong = new Set(nodes.length <= LABELLED_BELOW ? strongest(edges) : []);
  for (const edge of edges) {
    const isStep = path.length > 0 && steps.has(ends(edge.a, edge.b));
    const isLabelled = isStep || strong.has(edge.id) || line === edge.id;
    const classes = named({
      along: isStep,
      faint: path.length > 0 && !isStep,
      many: edges.length > MANY,
      near: opened.has(edge.a) || opened.has(edge.b),
      labelled: strong.has(edge.id),
      chosen: line === edge.id,
    });
    found.set(edge.id, { group: "edges", data: edgeData(edge, isLabelled), classes });
  }
  return found;
}

/** Whether two elements of one id have the same data. */
export const alike = (one: Element, other: Element): boolean =>
  Object.entries(other.data).every(([name, value]) => one.data[name] === value);

function edgeData(edge: Edge, isLabelled: boolean): Data {
  const { id, a, b, category, fromA, fromB } = edge;
  const label = isLabelled ? labelOf(edge) : "";
  return { id, source: a, target: b, category, toB: fromA, toA: fromB, width: widthOf(edge), label };
}

const ends = (one: string, other: string): string => JSON.stringify([one, other].sort());

const named = (classes: Readonly<Record<string, boolean>>): string =>
  Object.entries(classes)
    .flatMap(([name, is]) => (is ? [name] : []))
    .join(" ");

/** The widest lines of money and guarantees. */
const strongest = (edges: readonly Edge[]): readonly string[] =>
  edges
    .filter(({ category }) => category === "money" || category === "guarantee")
    .sort((one, other) => widthOf(other) - widthOf(one))
    .slice(0, STRONG)
    .map(({ id }) => id);
