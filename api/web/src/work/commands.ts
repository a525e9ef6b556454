// What a person can do to the work: each command is a name and a pure function. A command that changes nothing returns
// the work itself.

import { type At, MOST_DRAWN, type Place, type Places, type Supposed, type Tab, type Work } from "./work";

export type Name =
  | "draw"
  | "collapse"
  | "hide"
  | "forget"
  | "clear"
  | "pin"
  | "move"
  | "tidy"
  | "open"
  | "pair"
  | "tab"
  | "purpose"
  | "table"
  | "ring"
  | "path"
  | "suppose"
  | "until"
  | "case"
  | "view"
  | "note"
  | "evidence"
  | "alert"
  | "close";

export interface Command {
  readonly name: Name;
  /** What it was done to, as text for the list of what was done. */
  readonly on: string;
  readonly apply: (work: Work) => Work;
}

/** Draw parties where they are placed, brought in by `from`; those that are there already stay where they are. */
export function draw(from: string | null, added: ReadonlyMap<string, At>): Command {
  return {
    name: "draw",
    on: from ?? [...added.keys()].join(", "),
    apply: (work) => {
      const places = new Map(work.places);
      for (const [id, { x, y }] of added) {
        if (!places.has(id) && places.size < MOST_DRAWN) places.set(id, { x, y, from, pinned: false });
      }
      if (places.size === work.places.size) return work;
      return { ...work, places, hidden: without(work.hidden, (id) => places.has(id)) };
    },
  };
}

/** Take away what the expansion of a party brought in, and what that brought in; pinned parties stay. */
export function collapse(id: string): Command {
  return {
    name: "collapse",
    on: id,
    apply: (work) => {
      const gone = broughtInBy(work.places, id);
      return gone.size === 0 ? work : leave(work, gone);
    },
  };
}

/** The parties that collapsing one takes away. */
export function broughtInBy(places: Places, id: string): ReadonlySet<string> {
  const gone = new Set<string>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const [other, place] of places) {
      if (place.from === next && !place.pinned && other !== id && !gone.has(other)) {
        gone.add(other);
        open.push(other);
      }
    }
  }
  return gone;
}

export function hide(ids: readonly string[]): Command {
  return {
    name: "hide",
    on: ids.join(", "),
    apply: (work) => {
      const gone = new Set(ids.filter((id) => work.places.has(id)));
      return gone.size === 0 ? work : { ...leave(work, gone), hidden: [...work.hidden, ...gone] };
    },
  };
}

/** Take parties out of the work that are not in the network any more; unlike those that are hidden, for good. */
export function forget(ids: readonly string[]): Command {
  return {
    name: "forget",
    on: ids.join(", "),
    apply: (work) => {
      const gone = new Set(ids);
      const left = leave(work, new Set(ids.filter((id) => work.places.has(id))));
      const { defaults, cures } = left.supposed;
      return {
        ...left,
        focus: left.focus !== null && gone.has(left.focus) ? null : left.focus,
        other: left.other !== null && gone.has(left.other) ? null : left.other,
        hidden: without(left.hidden, (id) => gone.has(id)),
        supposed: {
          ...left.supposed,
          defaults: without(defaults, (id) => gone.has(id)),
          cures: without(cures, (id) => gone.has(id)),
        },
      };
    },
  };
}

export function clear(): Command {
  return {
    name: "clear",
    on: "",
    apply: (work) =>
      work.places.size === 0 ? work : { ...leave(work, new Set(work.places.keys())), hidden: [], rings: [], path: [] },
  };
}

export function pin(id: string, pinned: boolean): Command {
  return {
    name: "pin",
    on: id,
    apply: (work) => change(work, id, (place) => (place.pinned === pinned ? place : { ...place, pinned })),
  };
}

export function move(id: string, { x, y }: At): Command {
  return {
    name: "move",
    on: id,
    apply: (work) => change(work, id, (place) => (place.x === x && place.y === y ? place : { ...place, x, y })),
  };
}

/** A whole new layout; parties that it does not name stay. */
export function tidy(positions: ReadonlyMap<string, At>): Command {
  return {
    name: "tidy",
    on: "",
    apply: (work) => {
      const places = new Map(work.places);
      for (const [id, place] of places) places.set(id, { ...place, ...positions.get(id) });
      return { ...work, places };
    },
  };
}

/** Open the dossier of a party. */
export function open(id: string | null, tab?: Tab): Command {
  return {
    name: "open",
    on: id ?? "",
    apply: (work) => {
      const next = tab ?? work.tab;
      if (work.focus === id && work.other === null && work.tab === next) return work;
      return { ...work, focus: id, other: null, tab: next };
    },
  };
}

/** Compare the open party with another one, as a pair. */
export function pair(other: string | null): Command {
  return {
    name: "pair",
    on: other ?? "",
    apply: (work) => (work.other === other || other === work.focus ? work : { ...work, other }),
  };
}

export const showTab = (tab: Tab): Command => field("tab", "tab", tab);
export const askFor = (purpose: string | null): Command => field("purpose", "purpose", purpose);
export const showTable = (table: boolean): Command => field("table", "table", table);
export const drawUntil = (until: number | null): Command => field("until", "until", until);
export const workOn = (number: number | null): Command => field("case", "case", number);
export const highlight = (path: readonly string[]): Command => field("path", "path", path);
export const suppose = (supposed: Supposed): Command => field("suppose", "supposed", supposed);

export function outline(ring: string, on: boolean): Command {
  return {
    name: "ring",
    on: ring,
    apply: (work) => {
      if (work.rings.includes(ring) === on) return work;
      return { ...work, rings: on ? [...work.rings, ring] : without(work.rings, (one) => one === ring) };
    },
  };
}

/** Show another work altogether, such as a view that somebody shared. */
export function show(view: Work): Command {
  return { name: "view", on: view.focus ?? "", apply: () => view };
}

/** Several commands as one step. */
export function all(name: Name, on: string, commands: readonly Command[]): Command {
  return { name, on, apply: (work) => commands.reduce((done, command) => command.apply(done), work) };
}

function field<Key extends keyof Work>(name: Name, key: Key, value: Work[Key]): Command {
  return {
    name,
    on: value === null ? "" : String(value),
    apply: (work) => (same(work[key], value) ? work : { ...work, [key]: value }),
  };
}

function same(a: unknown, b: unknown): boolean {
  return Array.isArray(a) && Array.isArray(b) ? a.length === b.length && a.every((one, i) => one === b[i]) : a === b;
}

function change(work: Work, id: string, changed: (place: Place) => Place): Work {
  const place = work.places.get(id);
  if (place === undefined) return work;
  const next = changed(place);
  return next === place ? work : { ...work, places: new Map(work.places).set(id, next) };
}

function leave(work: Work, gone: ReadonlySet<string>): Work {
  const places = new Map([...work.places].filter(([id]) => !gone.has(id)));
  return { ...work, places, path: work.path.some((id) => gone.has(id)) ? [] : work.path };
}

function without(list: readonly string[], leaves: (one: string) => boolean): readonly string[] {
  return list.some(leaves) ? list.filter((one) => !leaves(one)) : list;
}
