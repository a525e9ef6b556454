// The work of a person: what is drawn, where, and what is open. Every part can be undone. It never changes in place.

export interface Place {
  readonly x: number;
  readonly y: number;
  /** The party whose expansion brought this one in, null where a person asked for it. */
  readonly from: string | null;
  readonly pinned: boolean;
}

export type Places = ReadonlyMap<string, Place>;

export const TABS = ["why", "record", "links", "time", "changes", "compare"] as const;
export type Tab = (typeof TABS)[number];

/** A link of a kind from one party to another. */
export interface SupposedLink {
  readonly kind: string;
  readonly source: string;
  readonly target: string;
}

/** What a what-if supposes: parties that default or are cured, links that are not there or are there besides. */
export interface Supposed {
  readonly defaults: readonly string[];
  readonly cures: readonly string[];
  readonly removed: readonly SupposedLink[];
  readonly added: readonly SupposedLink[];
}

export const NOTHING: Supposed = { defaults: [], cures: [], removed: [], added: [] };

export const isNothing = ({ defaults, cures, removed, added }: Supposed): boolean =>
  defaults.length + cures.length + removed.length + added.length === 0;

export const sameLink = (one: SupposedLink, other: SupposedLink): boolean =>
  one.kind === other.kind && one.source === other.source && one.target === other.target;

export interface Work {
  readonly places: Places;
  /** Parties that a person hid; they stay away until they are asked for. */
  readonly hidden: readonly string[];
  /** The party whose dossier is open, and the second one of a pair. */
  readonly focus: string | null;
  readonly other: string | null;
  readonly tab: Tab;
  /** Null is the purpose that the key has by default. */
  readonly purpose: string | null;
  readonly table: boolean;
  /** Rings that are outlined, by name. */
  readonly rings: readonly string[];
  /** Parties along a path that is highlighted. */
  readonly path: readonly string[];
  readonly supposed: Supposed;
  /** Links that began later are not drawn; seconds since 1970. */
  readonly until: number | null;
  /** The case to which notes and evidence go. */
  readonly case: number | null;
}

export const EMPTY: Work = {
  places: new Map(),
  hidden: [],
  focus: null,
  other: null,
  tab: "why",
  purpose: null,
  table: false,
  rings: [],
  path: [],
  supposed: NOTHING,
  until: null,
  case: null,
};

/** The most parties that a picture shows: one limit for everything that adds some. */
export const MOST_DRAWN = 300;

export interface At {
  readonly x: number;
  readonly y: number;
}
