// How a line between two parties looks: its dash, its width and its label.

import { amount, whole, words } from "../words/format";
import type { Edge } from "./graph";

export type Dash = "solid" | "dashed" | "dotted";

export function dashOf(category: string): Dash {
  if (category === "guarantee" || category === "derived") return "dashed";
  return category === "identifier" ? "dotted" : "solid";
}

/** Wider for more: by the amount where one is known, else by the count. */
export function widthOf({ category, amount: sum, count }: Edge): number {
  if (category === "identifier") return 1.2;
  const size = sum === null ? Math.log2(1 + count) / 2 : Math.log10(1 + sum) / 1.6;
  return Math.min(4, Math.max(1, size)) * (category === "contact" || category === "social" ? 0.7 : 1);
}

export function labelOf(edge: Edge): string {
  const kinds = [...new Set(edge.links.map(({ kind }) => words(kind)))].join(", ");
  if (edge.amount !== null && edge.amount > 0) return `${kinds} ${amount(Math.round(edge.amount))}`;
  if (edge.negative !== null) return `${kinds} ${edge.negative ? "−" : "+"}`;
  return edge.count > 1 ? `${kinds} × ${whole(edge.count)}` : kinds;
}
