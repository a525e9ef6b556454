// Works, commands and networks as fast-check makes them, with ids that careless code would break.

import fc from "fast-check";
import type { DrawnLink, Picture } from "../src/api/types";
import * as commands from "../src/work/commands";
import { TABS } from "../src/work/work";

export const ids = fc.constantFrom(
  "p1",
  "p2",
  "p3",
  "007",
  "1",
  "__proto__",
  "constructor",
  "a,b",
  'é"\n',
  "مرحبا",
  "😀",
  "=cmd()",
  "#&=?",
  "x ~ y",
);
const coordinate = fc.integer({ min: -5_000, max: 5_000 });
const at = fc.record({ x: coordinate, y: coordinate });
const someIds = fc.uniqueArray(ids, { maxLength: 5 });
const someLinks = fc.array(
  fc.record({ kind: fc.constantFrom("PAYS", "GUARANTEES"), source: ids, target: ids }, { noNullPrototype: true }),
  { maxLength: 3 },
);
const supposed = fc.record(
  { defaults: someIds, cures: someIds, removed: someLinks, added: someLinks },
  { noNullPrototype: true },
);

export const command: fc.Arbitrary<commands.Command> = fc.oneof(
  fc
    .tuple(fc.option(ids), fc.array(fc.tuple(ids, at), { maxLength: 6 }))
    .map(([from, added]) => commands.draw(from, new Map(added))),
  ids.map(commands.collapse),
  someIds.map(commands.hide),
  fc.constant(commands.clear()),
  fc.tuple(ids, fc.boolean()).map(([id, pinned]) => commands.pin(id, pinned)),
  fc.tuple(ids, at).map(([id, place]) => commands.move(id, place)),
  fc.array(fc.tuple(ids, at)).map((places) => commands.tidy(new Map(places))),
  fc.tuple(fc.option(ids), fc.constantFrom(...TABS)).map(([id, tab]) => commands.open(id, tab)),
  fc.option(ids).map(commands.pair),
  fc.constantFrom(...TABS).map(commands.showTab),
  fc.option(fc.constantFrom("lending", "fraud_investigation")).map(commands.askFor),
  fc.boolean().map(commands.showTable),
  fc.option(fc.integer({ min: 0, max: 2_000_000_000 })).map(commands.drawUntil),
  fc.option(fc.integer({ min: 1, max: 99 })).map(commands.workOn),
  someIds.map(commands.highlight),
  supposed.map(commands.suppose),
  fc.tuple(fc.constantFrom("ring-a", "ring-b"), fc.boolean()).map(([ring, on]) => commands.outline(ring, on)),
);

export const session = fc.array(command, { maxLength: 40 });

export const effect = fc.option(
  fc.record(
    {
      on: fc.constantFrom("case" as const, "alert" as const),
      id: fc.constantFrom("1", "2"),
      redo: fc.constant({ restore_notes: [1] }),
      undo: fc.constant({ remove_notes: [1] }),
    },
    { noNullPrototype: true },
  ),
);

export function link(source: string, target: string, kind: string, more: Partial<DrawnLink> = {}): DrawnLink {
  const unknown = { amount: null, weight: null, first: null, last: null, via: [] };
  return { source, target, kind, category: "money", symmetric: false, links: 1, count: 1, ...unknown, ...more };
}

export function pictureOf(
  neighbours: Readonly<Record<string, Readonly<Record<string, number>>>>,
  links: DrawnLink[],
): Picture {
  const parties = Object.entries(neighbours).map(([party, byKind]) => ({
    party,
    kind: "Person",
    name: `Name of ${party}`,
    score: 600,
    level: "medium" as const,
    known_bad: false,
    neighbours: { ...byKind },
    total: Object.values(byKind).reduce((sum, n) => sum + n, 0),
  }));
  return { parties, links, missing: [], snapshot: "s" };
}
