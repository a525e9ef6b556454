// What is drawn: parties with whom they have beside, and one line for all links of a category between two parties.

import type { DrawnLink, DrawnParty, Level, PastScore, PastScores, Picture } from "../api/types";
import { type Places, type SupposedLink, sameLink, type Work } from "../work/work";

export interface Node {
  readonly id: string;
  readonly kind: string;
  readonly score: number | null;
  readonly level: Level | null;
  readonly knownBad: boolean;
  readonly x: number;
  readonly y: number;
  readonly pinned: boolean;
  /** How many parties it is tied to, how many of them are not drawn, and these by kind of link. */
  readonly total: number;
  readonly notDrawn: number;
  readonly notDrawnByKind: ReadonlyMap<string, number>;
}

export interface Edge {
  readonly id: string;
  /** The end with the smaller id, and the other. */
  readonly a: string;
  readonly b: string;
  readonly category: string;
  readonly links: readonly DrawnLink[];
  readonly fromA: boolean;
  readonly fromB: boolean;
  readonly count: number;
  readonly amount: number | null;
  /** Of trust: whether it is distrust; null elsewhere. */
  readonly negative: boolean | null;
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

const DIRECTED: ReadonlySet<string> = new Set(["money", "guarantee", "trust", "ownership", "work"]);

/**
 * The picture of what is supposed: without the links that are supposed not to be there, and with those there besides;
 * with the scores of the past where it is given. Parties that the network does not have any more are not drawn.
 */
export function graphOf(
  picture: Picture | null,
  work: Pick<Work, "places" | "until" | "supposed">,
  past: PastScores | null = null,
): Graph {
  const then = past === null ? null : new Map(past.scores.map((one) => [one.party, one]));
  const known = new Map(picture?.parties.map((one) => [one.party, then === null ? one : asOf(one, then)]));
  const links = (picture?.links ?? []).filter(
    ({ source, target }) => work.places.has(source) && work.places.has(target),
  );
  const around = drawnAround(links);
  const gone = new Set(picture?.missing);
  return {
    nodes: [...work.places]
      .filter(([id]) => !gone.has(id))
      .map(([id, place]) => ({
        ...place,
        ...nodeOf(id, known.get(id), around.get(id), work.places),
      })),
    edges: edgesOf([
      ...links
        .filter(({ first }) => work.until === null || first === null || first <= work.until)
        .filter((link) => !work.supposed.removed.some((one) => isRemoved(link, one))),
      ...work.supposed.added
        .filter(({ source, target }) => work.places.has(source) && work.places.has(target))
        .map(besides),
    ]),
  };
}

/** A party with the score that it had then; one of whom nothing was known then has none. */
function asOf(party: DrawnParty, then: ReadonlyMap<string, PastScore>): DrawnParty {
  const { score = null, level = null, known_bad = false } = then.get(party.party) ?? {};
  return { ...party, score, level, known_bad };
}

function isRemoved(link: DrawnLink, one: SupposedLink): boolean {
  const turned = { kind: one.kind, source: one.target, target: one.source };
  return sameLink(link, one) || (link.symmetric && sameLink(link, turned));
}

/** A supposed link as it is drawn; the workbench supposes guarantees alone. */
function besides({ kind, source, target }: SupposedLink): DrawnLink {
  const unknown = { amount: null, weight: null, first: null, last: null, via: [] };
  return { source, target, kind, category: "guarantee", symmetric: false, links: 1, count: 1, ...unknown };
}

/** For each party, the drawn others over each kind of link. */
function drawnAround(links: readonly DrawnLink[]): ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> {
  const around = new Map<string, Map<string, Set<string>>>();
  const tie = (one: string, kind: string, other: string) => {
    if (one === other) return;
    const kinds = around.get(one) ?? new Map<string, Set<string>>();
    around.set(one, kinds.set(kind, (kinds.get(kind) ?? new Set()).add(other)));
  };
  for (const { source, target, kind } of links) {
    tie(source, kind, target);
    tie(target, kind, source);
  }
  return around;
}

type Around = ReadonlyMap<string, ReadonlySet<string>>;

function nodeOf(id: string, party: DrawnParty | undefined, around: Around = new Map(), places: Places) {
  const others = new Set([...around.values()].flatMap((ids) => [...ids]));
  const byKind = Object.entries(party?.neighbours ?? {})
    .map(([kind, n]) => [kind, n - (around.get(kind)?.size ?? 0)] as const)
    .filter(([, n]) => n > 0)
    .sort(([, n], [, m]) => m - n);
  return {
    id,
    kind: party?.kind ?? "",
    score: party?.score ?? null,
    level: party?.level ?? null,
    knownBad: party?.known_bad ?? false,
    pinned: places.get(id)?.pinned ?? false,
    total: party?.total ?? 0,
    notDrawn: Math.max(0, (party?.total ?? 0) - others.size),
    notDrawnByKind: new Map(byKind),
  };
}

function edgesOf(links: readonly DrawnLink[]): readonly Edge[] {
  const bundles = new Map<string, DrawnLink[]>();
  for (const link of links) {
    if (link.source === link.target) continue;
    const key = JSON.stringify([...[link.source, link.target].sort(), link.category]);
    bundles.set(key, [...(bundles.get(key) ?? []), link]);
  }
  return [...bundles].map(([id, bundle]) => edgeOf(id, bundle));
}

function edgeOf(id: string, links: readonly DrawnLink[]): Edge {
  const [a = "", b = "", category = ""] = JSON.parse(id) as string[];
  const directed = DIRECTED.has(category);
  const amounts = links.flatMap(({ amount }) => (amount === null ? [] : [amount]));
  const weights = links.flatMap(({ weight }) => (weight === null ? [] : [weight]));
  return {
    id,
    a,
    b,
    category,
    links,
    fromA: directed && links.some(({ source, symmetric }) => !symmetric && source === a),
    fromB: directed && links.some(({ source, symmetric }) => !symmetric && source === b),
    count: links.reduce((sum, { count }) => sum + count, 0),
    amount: amounts.length === 0 ? null : amounts.reduce((sum, one) => sum + one, 0),
    negative: category === "trust" ? weights.some((weight) => weight < 0) : null,
  };
}

/** The party that lies from one in a direction of the arrow keys, along a link: the one nearest to that direction. */
export function along(graph: Graph, from: string, dx: number, dy: number): string | null {
  const at = new Map(graph.nodes.map((node) => [node.id, node]));
  const here = at.get(from);
  if (here === undefined) return null;
  const tied = new Set(graph.edges.flatMap(({ a, b }) => (a === from ? [b] : b === from ? [a] : [])));
  let best: string | null = null;
  let least = Math.PI / 2; // no more than a right angle from the arrow
  for (const id of tied) {
    const there = at.get(id);
    if (there === undefined) continue;
    const angle = Math.abs(Math.atan2(there.y - here.y, there.x - here.x) - Math.atan2(dy, dx));
    const apart = Math.min(angle, 2 * Math.PI - angle);
    if (apart < least) [best, least] = [id, apart];
  }
  return best;
}
