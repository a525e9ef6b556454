// The answers behind the picture: scores, links among what is drawn, rings that are outlined, what a scenario does.

import { computed, effect, type Signal, signal } from "@preact/signals";
import { picture as askPicture, scenario as askScenario, casesOf, pastScores, ringsOf } from "../api/questions";
import { Answers, type State } from "../api/resource";
import type { CaseSummary, PastScores, Picture, RingAnswer, ScenarioAnswer } from "../api/types";
import { language } from "../words/language";
import { epoch } from "../work/freshness";
import { changes, session, work } from "../work/store";
import { isNothing } from "../work/work";
import { graphOf } from "./graph";
import { spanOf, station } from "./moments";

const pictures = new Answers(40);
const others = new Answers();

/** The state of the answer about what is drawn now; null where nothing is. */
export const asked = computed<State<Picture> | null>(() => {
  const { places, purpose } = work.value;
  return places.size === 0 ? null : pictureOf(places.keys(), purpose).value;
});

/** The answer about some parties; asked for while they are being placed, it is there when they are drawn. */
export function pictureOf(parties: Iterable<string>, purpose: string | null): Signal<State<Picture>> {
  const ids = [...parties].sort();
  return pictures.of(JSON.stringify([epoch.value, purpose, ids]), (options) => askPicture(ids, purpose, options));
}

/** The newest answer that is there; while the next one is on its way, the picture shows this. */
export const picture = signal<Picture | null>(null);

/** Where the slider of time is while it is dragged or plays, which is no step yet; undefined where it rests. */
export const sliding = signal<number | null | undefined>(undefined);
export const playing = signal(false);
/** Links that began later are not drawn; null for all. */
export const until = computed(() => (sliding.value === undefined ? work.value.until : sliding.value));
export const span = computed(() => spanOf(picture.value?.links ?? []));

/** The answer about the scores as of the time that is shown; null where it is now, or where something is supposed. */
export const pastAsked = computed<State<PastScores> | null>(() => {
  const { places, purpose, supposed } = work.value;
  const at = playing.value ? until.value : work.value.until; // a slider that is dragged asks when it is let go
  if (at === null || span.value === null || places.size === 0 || !isNothing(supposed)) return null;
  const [asOf, ids] = [station(at, span.value), [...places.keys()].sort()];
  const name = JSON.stringify(["past", epoch.value, purpose, asOf, ids]);
  return others.of(name, (options) => pastScores(ids, asOf, purpose, options)).value;
});

/** The newest past scores that are there; while the next ones are on their way, the picture shows these. */
export const past = signal<PastScores | null>(null);

export const graph = computed(() => graphOf(picture.value, { ...work.value, until: until.value }, past.value));
export const nodes = computed(() => new Map(graph.value.nodes.map((node) => [node.id, node])));

/** Where the keyboard is in the picture, which line was chosen, and which alert: no part of the work. */
export const cursor = signal<string | null>(null);
/** Counts how often the whole picture was asked to be put into view. */
export const fitAsked = signal(0);
export const chosenEdge = signal<string | null>(null);

/** The party that a command is about: where the keyboard is, or else the one that is open. */
export const active = computed(() => {
  const { focus, places } = work.value;
  return cursor.value !== null && places.has(cursor.value) ? cursor.value : focus;
});

/** The rings that are outlined, by name, as far as the answers about the drawn parties told them. */
export const rings = signal<ReadonlyMap<string, RingAnswer>>(new Map());

export function learnRings(told: readonly RingAnswer[]): void {
  const news = told.filter(({ ring }) => !rings.peek().has(ring));
  if (news.length > 0) rings.value = new Map([...rings.peek(), ...news.map((one) => [one.ring, one] as const)]);
}

export const scenario = computed<State<ScenarioAnswer> | null>(() => {
  const { supposed, purpose } = work.value;
  if (isNothing(supposed)) return null;
  const name = JSON.stringify(["scenario", epoch.value, purpose, supposed]);
  return others.of(name, (options) => askScenario(supposed, purpose, options)).value;
});

/** The cases that drawn parties are in. */
export const caseOfParty = computed<ReadonlyMap<string, readonly CaseSummary[]>>(() => {
  const ids = [...work.value.places.keys()].sort();
  if (ids.length === 0) return new Map();
  const name = JSON.stringify(["cases", changes.value, ids]);
  const state = others.of(name, (options) => casesOf(ids, options)).value;
  return new Map(state.is === "ready" ? state.value.parties.map(({ party, cases }) => [party, cases]) : []);
});

/** Follow the answers from now on; returns what ends it. */
export function followAnswers(): () => void {
  const ended = [
    effect(() => {
      const state = asked.value;
      if (state === null) picture.value = null;
      else if (state.is === "ready") picture.value = state.value;
    }),
    effect(() => {
      const state = pastAsked.value;
      if (state === null || state.is === "failed") past.value = null;
      else if (state.is === "ready") past.value = state.value;
    }),
    effect(() => {
      // The outlined rings of a view that was reloaded or shared are asked for by the party that is open.
      const { rings: outlined, focus } = work.value;
      if (focus === null || outlined.every((ring) => rings.value.has(ring))) return;
      const state = others.of(JSON.stringify(["rings", epoch.value, language.value, focus]), (options) =>
        ringsOf(focus, language.value, options),
      ).value;
      if (state.is === "ready") learnRings(state.value.rings);
    }),
    effect(() => {
      if (session.value === null) {
        pictures.forget();
        others.forget();
      }
    }),
  ];
  return () => {
    for (const end of ended) end();
  };
}
