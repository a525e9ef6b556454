// The history as text, for the browser's storage: each step as what differs from the one before it, so that hundreds of
// steps with hundreds of parties fit.

import type { Name } from "./commands";
import type { Effect, History, Step } from "./history";
import { EMPTY, type Place, type Places, TABS, type Work } from "./work";

type PlaceRow = readonly [x: number, y: number, from: string | null, pinned: 0 | 1];
type Other = Omit<Work, "places">;

interface Change {
  readonly fields?: Partial<Other>;
  /** Null for a party that is there no more. */
  readonly places?: readonly (readonly [id: string, place: PlaceRow | null])[];
  /** The order of the parties, where it is another. */
  readonly order?: readonly string[];
}

interface SavedStep {
  readonly name: Name;
  readonly on: string;
  readonly effect: Effect | null;
  readonly change: Change;
}

interface Saved {
  readonly format: 1;
  /** From nothing to the first work, then step by step through the past, the present and what was taken back. */
  readonly first: Change;
  readonly past: readonly SavedStep[];
  readonly future: readonly SavedStep[];
}

export function written(history: History): string {
  const works = [...history.past.map((step) => step.work), history.present];
  const later = history.future.toReversed();
  const saved: Saved = {
    format: 1,
    first: difference(EMPTY, works[0] ?? EMPTY),
    past: history.past.map((step, i) => savedStep(step, step.work, works[i + 1] ?? step.work)),
    future: later.map((step, i) => savedStep(step, later[i - 1]?.work ?? history.present, step.work)),
  };
  return JSON.stringify(saved);
}

/** The history that was written, or null where the text is none. */
export function read(text: string): History | null {
  try {
    const saved = JSON.parse(text) as Saved;
    if (saved.format !== 1) return null;
    let work = applied(EMPTY, saved.first);
    const past: Step[] = [];
    for (const { name, on, effect, change } of saved.past) {
      past.push({ name, on, effect, work });
      work = applied(work, change);
    }
    const present = work;
    const future: Step[] = [];
    for (const { name, on, effect, change } of saved.future) {
      work = applied(work, change);
      future.push({ name, on, effect, work });
    }
    return { past, present, future: future.toReversed() };
  } catch {
    return null;
  }
}

/** One work as text, for a view that is shared. */
export function writtenWork(work: Work): string {
  return JSON.stringify(difference(EMPTY, work));
}

export function readWork(text: string): Work | null {
  try {
    return applied(EMPTY, JSON.parse(text) as Change);
  } catch {
    return null;
  }
}

function savedStep(step: Step, before: Work, after: Work): SavedStep {
  return { name: step.name, on: step.on, effect: step.effect, change: difference(before, after) };
}

function difference(before: Work, after: Work): Change {
  const { places: _before, ...old } = before;
  const { places, ...now } = after;
  const fields = Object.fromEntries(
    Object.entries(now).filter(([key, value]) => value !== old[key as keyof Other]),
  ) as Partial<Other>;
  return {
    ...(Object.keys(fields).length > 0 ? { fields } : {}),
    ...(places === before.places ? {} : placesChanged(before.places, places)),
  };
}

function placesChanged(before: Places, after: Places): Pick<Change, "places" | "order"> {
  const changed: [string, PlaceRow | null][] = [];
  for (const id of before.keys()) if (!after.has(id)) changed.push([id, null]);
  for (const [id, place] of after) if (place !== before.get(id)) changed.push([id, row(place)]);
  const order = [...after.keys()];
  const follows = [...withPlaces(before, changed).keys()];
  return { places: changed, ...(follows.every((id, i) => id === order[i]) ? {} : { order }) };
}

function applied(work: Work, change: Change): Work {
  if (change.places === undefined && change.fields === undefined) return work;
  const fields = { ...change.fields };
  if (fields.tab !== undefined && !TABS.includes(fields.tab)) fields.tab = "why";
  const places = change.places === undefined ? work.places : withPlaces(work.places, change.places);
  return { ...work, ...fields, places: change.order === undefined ? places : inOrder(places, change.order) };
}

function withPlaces(places: Places, changed: Change["places"] & {}): Places {
  const next = new Map(places);
  for (const [id, place] of changed) {
    if (place === null) next.delete(id);
    else next.set(id, { x: place[0], y: place[1], from: place[2], pinned: place[3] === 1 });
  }
  return next;
}

function inOrder(places: Places, order: readonly string[]): Places {
  const next = new Map<string, Place>();
  for (const id of order) {
    const place = places.get(id);
    if (place !== undefined) next.set(id, place);
  }
  return next;
}

const row = ({ x, y, from, pinned }: Place): PlaceRow => [x, y, from, pinned ? 1 : 0];
