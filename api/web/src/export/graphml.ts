// The picture as GraphML, which yEd, Gephi and networkx read.

import type { Graph } from "../picture/graph";
import { type NameOf, time } from "./csv";
import { escaped } from "./markup";

const KEYS = {
  node: {
    name: "string",
    kind: "string",
    score: "int",
    level: "string",
    known_bad: "boolean",
    x: "double",
    y: "double",
  },
  edge: { kind: "string", category: "string", count: "int", amount: "double", first: "string", last: "string" },
} as const;

/** asOf: the time of past scores, null for today's. */
export function graphml(graph: Graph, nameOf: NameOf, asOf: number | null = null): string {
  const keys = Object.entries(KEYS).flatMap(([element, fields]) =>
    Object.entries(fields).map(
      ([name, type]) => `<key id="${element}_${name}" for="${element}" attr.name="${name}" attr.type="${type}"/>`,
    ),
  );
  const nodes = graph.nodes.map(({ id, kind, score, level, knownBad, x, y }) => {
    const values = { name: nameOf(id), kind, score, level, known_bad: knownBad, x, y };
    return `<node id="${escaped(id)}">${data("node", values)}</node>`;
  });
  const edges = graph.edges.flatMap(({ links, category }) =>
    links.map(({ source, target, kind, symmetric, count, amount, first, last }) => {
      const values = { kind, category, count, amount, first: time(first), last: time(last) };
      const directed = symmetric ? "false" : "true";
      const ends = `source="${escaped(source)}" target="${escaped(target)}" directed="${directed}"`;
      return `<edge ${ends}>${data("edge", values)}</edge>`;
    }),
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    ...(asOf === null ? [] : [`<desc>scores as of ${time(asOf)}</desc>`]),
    ...keys,
    '<graph id="kith" edgedefault="directed">',
    ...nodes,
    ...edges,
    "</graph>",
    "</graphml>",
    "",
  ].join("\n");
}

function data(element: string, values: Readonly<Record<string, string | number | boolean | null>>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `<data key="${element}_${name}">${escaped(String(value))}</data>`)
    .join("");
}
