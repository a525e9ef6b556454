// The tables of the picture as CSV. A cell that a spreadsheet would take for a formula gets an apostrophe before it.

import type { Graph } from "../picture/graph";

type Cell = string | number | null;

const FORMULA = /^[\s]*[=+\-@\t\r]/;

export function cell(value: Cell): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csv = (rows: readonly (readonly Cell[])[]): string =>
  rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");

export type NameOf = (id: string) => string;

/** The parties, and below them, after an empty line, the links. asOf: the time of past scores, null for today's. */
export function tablesAsCsv(graph: Graph, nameOf: NameOf, asOf: number | null = null): string {
  const parties = graph.nodes.map((node) => [
    node.id,
    nameOf(node.id),
    node.kind,
    node.score,
    node.level,
    node.knownBad ? "known bad" : "",
    node.total,
    node.notDrawn,
  ]);
  const links = graph.edges.flatMap(({ links }) =>
    links.map((link) => [
      link.source,
      link.target,
      link.kind,
      link.count,
      link.amount,
      time(link.first),
      time(link.last),
      link.via.join(" "),
    ]),
  );
  return [
    csv([
      [
        "party",
        "name",
        "kind",
        asOf === null ? "score" : `score as of ${time(asOf)}`,
        "level",
        "known",
        "others",
        "not drawn",
      ],
      ...parties,
    ]),
    csv([["source", "target", "kind", "count", "amount", "first", "last", "via"], ...links]),
  ].join("\r\n");
}

export const time = (seconds: number | null): string | null =>
  seconds === null ? null : new Date(seconds * 1000).toISOString();
