// The one state of the page: the history of the work, and who works. Views read it; only `run`, `back` and `again`
// change it.

import { computed, signal } from "@preact/signals";
import { change } from "../api/questions";
import type { Session } from "../api/types";
import { coded, t } from "../words/language";
import type { Command } from "./commands";
import { begin, type Effect, type History, perform, redo, undo } from "./history";
import { say, sayProblem } from "./messages";
import { EMPTY } from "./work";

export const history = signal<History>(begin(EMPTY));
export const work = computed(() => history.value.present);
export const session = signal<Session | null | "asking">("asking");
/** Counts what the server keeps and this page changed, so that what shows it asks again. */
export const changes = signal(0);

export const signedIn = computed(() => (typeof session.value === "string" ? null : session.value));
/** The purpose that is asked with, null for the default of the key. */
export const purpose = computed(() => work.value.purpose);
export const purposes = computed(() => signedIn.value?.purposes ?? []);

export function run(command: Command): void {
  history.value = perform(history.value, command);
}

/** Do something that the server keeps; it is a step, so that it can be taken back like any other. */
export async function act(command: Command, effect: Effect): Promise<boolean> {
  try {
    const after = await change(effect.on === "case" ? "cases" : "alerts", effect.id, effect.redo);
    const kept = { ...effect, ...answered(effect, after) };
    history.value = perform(history.value, command, kept);
    changes.value += 1;
    return true;
  } catch (error) {
    sayProblem(error);
    return false;
  }
}

export const back = () => inTurn("undo");
export const again = () => inTurn("redo");

/** What waits for the server, one after the other, so that no step is taken back before those after it. */
let turns: Promise<void> = Promise.resolve();

function inTurn(way: "undo" | "redo"): Promise<void> {
  turns = turns.then(() => turn(way));
  return turns;
}

async function turn(way: "undo" | "redo"): Promise<void> {
  const step = (way === "undo" ? history.value.past : history.value.future).at(-1);
  if (step === undefined) {
    say(t(way === "undo" ? "nothing_to_undo" : "nothing_to_redo"));
    return;
  }
  if (step.effect !== null) {
    try {
      const { on, id } = step.effect;
      await change(on === "case" ? "cases" : "alerts", id, step.effect[way]);
      changes.value += 1;
    } catch (error) {
      sayProblem(error);
      return;
    }
  }
  history.value = (way === "undo" ? undo : redo)(history.value);
  say(t(way === "undo" ? "done_undo" : "done_redo", { what: coded("did", step.name) }));
}

/** A note or a piece of evidence has a number once it is kept: taking it back and doing it again name that number. */
function answered(effect: Effect, after: object): Partial<Effect> {
  for (const [added, listed, number, remove, restore] of NUMBERED) {
    const list = (after as Record<string, readonly Record<string, unknown>[]>)[listed];
    if (!(added in effect.redo) || list === undefined) continue;
    const made = list.at(-1)?.[number];
    return { redo: { [restore]: [made] }, undo: { [remove]: [made] } };
  }
  return {};
}

const NUMBERED = [
  ["add_notes", "notes", "note", "remove_notes", "restore_notes"],
  ["add_evidence", "evidence", "evidence", "remove_evidence", "restore_evidence"],
] as const;
