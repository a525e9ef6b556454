// What a person asks of the picture that needs the server first: open, expand, draw, tidy.

import { paths as askPaths, picture as askPicture, expansion, layout, type Order } from "../api/questions";
import type { DrawnLink, Expansion, PathAnswer, PathList, RingAnswer } from "../api/types";
import { t } from "../words/language";
import { called } from "../words/names";
import { all, type Command, draw, highlight, type Name, open, outline, suppose, tidy } from "../work/commands";
import { say, sayProblem } from "../work/messages";
import { run, work } from "../work/store";
import { type At, MOST_DRAWN, sameLink, type Tab } from "../work/work";
import { chosenEdge, cursor, fitAsked, learnRings, picture, pictureOf } from "./data";

/** How long a link is drawn. */
const LINK = 170;
const FIRST_AROUND = 12;

/** Where the server would put some parties beside those that are drawn, which stay where they are. */
async function placed(added: readonly string[]): Promise<ReadonlyMap<string, At>> {
  const missing = new Set(picture.peek()?.missing);
  const places = [...work.peek().places].filter(([id]) => !missing.has(id));
  const parties = [...new Set([...places.map(([id]) => id), ...added])];
  const positions = Object.fromEntries(places.map(([id, at]) => [id, [at.x * SHRINK, at.y * SHRINK] as const]));
  const made = await layout({ parties, positions, changed: [], seed: 0, held: true });
  return read(made, added);
}

const SHRINK = 100 / LINK; // in the server's coordinates a link is about 100 long

function read(
  { positions }: { readonly positions: Readonly<Record<string, readonly number[]>> },
  ids: readonly string[],
): ReadonlyMap<string, At> {
  const found = new Map<string, At>();
  for (const id of ids) {
    const [x, y] = positions[id] ?? [];
    if (x !== undefined && y !== undefined) found.set(id, { x: Math.round(x / SHRINK), y: Math.round(y / SHRINK) });
  }
  return found;
}

/** Parties that fit into the picture; says how many were left out. */
function fitting(ids: readonly string[]): readonly string[] {
  const { places } = work.peek();
  const news = [...new Set(ids)].filter((id) => !places.has(id));
  const room = MOST_DRAWN - places.size;
  if (news.length > room) say(t("full", { n: MOST_DRAWN, left: news.length - Math.max(0, room) }), "problem");
  return news.slice(0, Math.max(0, room));
}

/** Draw some parties as one step, together with other commands. */
async function drawn(
  name: Name,
  from: string | null,
  ids: readonly string[],
  beside: readonly Command[],
): Promise<void> {
  const news = fitting(ids);
  if (news.length > 0) pictureOf([...work.peek().places.keys(), ...news], work.peek().purpose);
  const steps = news.length > 0 ? [draw(from, await placed(news)), ...beside] : beside;
  const on = from ?? ids[0] ?? "";
  run(steps.length === 1 && steps[0] !== undefined ? steps[0] : all(name, on, steps));
}

/** Open a party's dossier and draw it; into an empty picture it comes with the riskiest around it. */
export function openParty(id: string, tab?: Tab): Promise<void> {
  return attempt(async () => {
    cursor.value = id;
    const { places, purpose } = work.peek();
    if (places.has(id)) {
      run(open(id, tab));
      return;
    }
    if (places.size > 0) {
      await drawn("open", null, [id], [open(id, tab)]);
      return;
    }
    run(open(id, tab));
    const around = await expansion(id, { kind: null, order: "riskiest", limit: FIRST_AROUND, purpose });
    const others = around.parties.map(({ party }) => party);
    pictureOf([id, ...others], purpose);
    const positions = await placed([id, ...others]);
    const self = new Map([...positions].filter(([one]) => one === id));
    const rest = new Map([...positions].filter(([one]) => one !== id));
    run(all("draw", id, [draw(null, self), draw(id, rest)]));
  });
}

/** Draw up to `limit` parties around one that are neither drawn nor hidden. */
export function expand(id: string, kind: string | null, order: Order, limit: number): Promise<void> {
  return attempt(async () => {
    const found: string[] = [];
    let cursorOf: string | null = null;
    do {
      const { places, hidden, purpose }: ReturnType<typeof work.peek> = work.peek();
      const page: Expansion = await expansion(id, {
        kind,
        order,
        limit: Math.min(300, limit + places.size),
        purpose,
        cursor: cursorOf,
      });
      found.push(...page.parties.map(({ party }) => party).filter((one) => !places.has(one) && !hidden.includes(one)));
      cursorOf = page.next;
    } while (found.length < limit && cursorOf !== null);
    if (found.length === 0) {
      say(t("expand_nothing", { name: called(id) }));
      return;
    }
    const self = work.peek().places.has(id) ? [] : [id];
    await drawn("draw", id, [...self, ...found.slice(0, limit)], []);
  });
}

export function drawParties(ids: readonly string[]): Promise<void> {
  return attempt(() => drawn("draw", null, ids, []));
}

/** Draw the members of a ring and what they share, and outline it. */
export const drawRing = (ring: RingAnswer): Promise<void> => drawRings([ring]);

/** Draw the members of some rings and what they share, and outline each, as one step. */
export function drawRings(rings: readonly RingAnswer[]): Promise<void> {
  return attempt(async () => {
    learnRings(rings);
    const members = rings.flatMap((ring) => ring.members.map(({ party }) => party));
    const shared = rings.flatMap((ring) => ring.evidence.flatMap(({ identifiers }) => identifiers).slice(0, 8));
    const outlines = rings.map((ring) => outline(ring.ring, true));
    await drawn("ring", null, [...members, ...shared], outlines);
  });
}

export function drawPath(path: PathAnswer): Promise<void> {
  return attempt(() => drawn("path", null, path.parties, [highlight(path.parties)]));
}

/** The paths from a party to the nearest parties known to be bad. */
export async function pathsToBad(id: string, signal: AbortSignal): Promise<readonly PathList[]> {
  const { purpose } = work.peek();
  const around = await expansion(id, { kind: null, order: "riskiest", limit: 300, purpose }, { signal });
  let bad = around.parties.filter((one) => one.known_bad).map(({ party }) => party);
  if (bad.length === 0) {
    const ids = around.parties.slice(0, 8).map(({ party }) => party);
    const next = await Promise.all(
      ids.map((one) => expansion(one, { kind: null, order: "riskiest", limit: 3, purpose }, { signal })),
    );
    bad = next.flatMap(({ parties }) => parties.filter((one) => one.known_bad).map(({ party }) => party));
  }
  const nearest = [...new Set(bad)].filter((one) => one !== id).slice(0, 5);
  return Promise.all(nearest.map((one) => askPaths(id, one, { signal })));
}

/** Suppose that the links of a kind between two parties are not there; one that was supposed to be there goes again. */
export function supposeWithout({ kind, source, target }: DrawnLink): void {
  const { supposed } = work.peek();
  const link = { kind, source, target };
  const added = supposed.added.filter((one) => !sameLink(one, link));
  chosenEdge.value = null;
  run(
    suppose(
      added.length < supposed.added.length
        ? { ...supposed, added }
        : { ...supposed, removed: [...supposed.removed, link] },
    ),
  );
}

/** Lay out everything that is drawn anew; pinned parties stay. */
export function tidyUp(): Promise<void> {
  return attempt(async () => {
    const { places } = work.peek();
    if (places.size === 0) return;
    const ids = [...places.keys()].filter((id) => picture.peek()?.missing.includes(id) !== true);
    const made = await layout({ parties: ids, positions: {}, changed: [], seed: 0, held: false });
    const positions = new Map(read(made, ids));
    for (const [id, { pinned }] of places) if (pinned) positions.delete(id);
    run(tidy(positions));
    fitAsked.value += 1;
  });
}

/** Show hidden parties again. */
export function showHidden(): Promise<void> {
  return drawParties(work.peek().hidden);
}

/** Ask anew for what is drawn, to know which kinds of links it has; for a view that is kept. */
export const kindsDrawn = async (): Promise<readonly string[]> => {
  const { places, purpose } = work.peek();
  if (places.size === 0) return [];
  const { links } = await askPicture([...places.keys()], purpose, {});
  return [...new Set(links.map(({ kind }) => kind))].sort();
};

async function attempt(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    sayProblem(error);
  }
}
