// What the picture shows beside parties and links: outlines of rings, scores in a what-if.

import { computed } from "@preact/signals";
import { graph, nodes, rings, scenario } from "../../picture/data";
import { NAME_LENGTH } from "../../picture/elements";
import { around, type RingOutline, type Shown } from "../../picture/paint";
import { partyBoxes, ringNamePoint, textBox } from "../../picture/ring_names";
import { radiusOf } from "../../picture/shapes";
import { shortened } from "../../words/format";
import { coded, t } from "../../words/language";
import { called, namesHidden } from "../../words/names";
import { work } from "../../work/store";

export const outlinedRings = computed<readonly RingOutline[]>(() => {
  if (work.value.rings.length === 0) return [];
  namesHidden.value; // names and ids are of different lengths
  const taken = graph.value.nodes.flatMap(({ id, kind, x, y }) =>
    partyBoxes([x, y], radiusOf(kind), shortened(called(id), NAME_LENGTH)),
  );
  return work.value.rings.flatMap((name) => {
    const ring = rings.value.get(name);
    if (ring === undefined) return [];
    const members = ring.members.flatMap(({ party }) => {
      const node = nodes.value.get(party);
      return node === undefined ? [] : [[node.x, node.y] as const];
    });
    const title = `${t("ring")} ${name.replace(/^ring-/, "").slice(0, 4)} · ${t("ring_of", { n: ring.members.length, level: coded("level", ring.level) })}`;
    if (members.length === 0) return [];
    const at = ringNamePoint(title, around(members), taken);
    taken.push(textBox(title, at));
    return [{ name: title, members, at }];
  });
});

const SCALE = 50 / Math.log(2);
const CENTRE = 650;

/** The score of a probability, as docs/scores.md defines it. */
export function scoreOf(probability: number, odds0: number): number {
  const odds = probability / (1 - probability);
  const score = CENTRE - SCALE * Math.log(odds / odds0);
  return Math.round(Math.min(950, Math.max(350, score)));
}

/** For each drawn party whose score what is supposed changes, its new score; those that have none any more are not in it. */
export const supposed = computed<ReadonlyMap<string, number>>(() => {
  const state = scenario.value;
  if (state?.is !== "ready") return new Map();
  const { affected, odds0 } = state.value;
  const after = new Map(affected.map((one) => [one.party, one.after]));
  return new Map(
    graph.value.nodes.flatMap(({ id, score }) => {
      const probability = after.get(id) ?? null;
      const next = probability === null ? score : scoreOf(probability, odds0);
      return next === null || next === score ? [] : [[id, next]];
    }),
  );
});

export const shownParties = computed<readonly Shown[]>(() => {
  const defaults = new Set(work.value.supposed.defaults);
  return graph.value.nodes.map((node) => ({
    node,
    supposed: supposed.value.get(node.id) ?? null,
    defaults: defaults.has(node.id),
  }));
});
