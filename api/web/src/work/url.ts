// A view as its address: the part behind the #, which browsers do not send.

import { EMPTY, type Place, type SupposedLink, TABS, type Work } from "./work";

/** The longest address; a larger view is kept by the server and named by its digest. */
export const LONGEST = 2_000;

/** The view as the text behind the #. */
export function encoded(work: Work): string {
  const parts = new URLSearchParams();
  if (work.focus !== null) parts.set("party", work.focus);
  if (work.other !== null) parts.set("with", work.other);
  if (work.tab !== EMPTY.tab) parts.set("tab", work.tab);
  if (work.purpose !== null) parts.set("purpose", work.purpose);
  if (work.table) parts.set("table", "1");
  if (work.until !== null) parts.set("until", String(work.until));
  if (work.case !== null) parts.set("case", String(work.case));
  for (const ring of work.rings) parts.append("ring", ring);
  for (const id of work.path) parts.append("path", id);
  for (const id of work.supposed.defaults) parts.append("default", id);
  for (const id of work.supposed.cures) parts.append("cure", id);
  for (const link of work.supposed.removed) parts.append("removed", linkText(link));
  for (const link of work.supposed.added) parts.append("added", linkText(link));
  for (const id of work.hidden) parts.append("hidden", id);
  const number = new Map([...work.places.keys()].map((id, i) => [id, i]));
  for (const [id, { x, y, from, pinned }] of work.places) {
    const origin = from === null ? "" : (number.get(from) ?? "");
    parts.append("at", `${Math.round(x)},${Math.round(y)},${origin},${pinned ? "p" : ""},${id}`);
  }
  return parts.toString();
}

/** The view of an address, or null where it names none. Positions are whole numbers. */
export function decoded(text: string): Work | null {
  const parts = new URLSearchParams(text);
  const rows = parts.getAll("at").map((one) => /^(-?\d+),(-?\d+),(\d*),(p?),([\s\S]+)$/.exec(one));
  const ids = rows.map((row) => row?.[5] ?? "");
  const places = new Map<string, Place>();
  for (const row of rows) {
    if (row === null) continue;
    const [, x, y, origin, pinned, id] = row;
    const from = origin === "" ? null : (ids[Number(origin)] ?? null);
    if (id) places.set(id, { x: Number(x), y: Number(y), from, pinned: pinned === "p" });
  }
  const focus = parts.get("party");
  if (focus === null && places.size === 0) return null;
  const tab = parts.get("tab");
  return {
    places,
    focus,
    other: parts.get("with"),
    tab: TABS.find((one) => one === tab) ?? EMPTY.tab,
    purpose: parts.get("purpose"),
    table: parts.get("table") === "1",
    until: whole(parts.get("until")),
    case: whole(parts.get("case")),
    rings: parts.getAll("ring"),
    path: parts.getAll("path"),
    supposed: {
      defaults: parts.getAll("default"),
      cures: parts.getAll("cure"),
      removed: parts.getAll("removed").flatMap(linkOf),
      added: parts.getAll("added").flatMap(linkOf),
    },
    hidden: parts.getAll("hidden"),
  };
}

const linkText = ({ kind, source, target }: SupposedLink): string => JSON.stringify([kind, source, target]);

/** The link of an address; none where the text is no link. */
function linkOf(text: string): readonly SupposedLink[] {
  try {
    const [kind, source, target, ...rest] = JSON.parse(text) as readonly unknown[];
    if (typeof kind !== "string" || typeof source !== "string" || typeof target !== "string") return [];
    return rest.length === 0 ? [{ kind, source, target }] : [];
  } catch {
    return [];
  }
}

function whole(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
