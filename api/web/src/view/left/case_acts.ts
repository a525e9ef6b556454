// What can be done with a case. Each is a step that can be taken back, as far as a case lets anything be taken back.

import { caseOf, openCase } from "../../api/questions";
import type { DrawnLink, RingAnswer, ScoreAnswer } from "../../api/types";
import { t } from "../../words/language";
import { ringName } from "../../words/names";
import { workOn } from "../../work/commands";
import { say, sayProblem } from "../../work/messages";
import { act, changes, run, work } from "../../work/store";
import { keptView } from "../dialogs/export";
import { leftTab } from "../ui";
import { kept } from "./alert_acts";

type Changes = Readonly<Record<string, unknown>>;

const change = (number: number, name: "note" | "evidence" | "close", redo: Changes, undo: Changes): Promise<boolean> =>
  act(kept(name, String(number)), { on: "case", id: String(number), redo, undo });

export async function newCase(
  title: string,
  parties: readonly string[],
  note: string,
  alerts: readonly string[] = [],
): Promise<void> {
  try {
    const made = await openCase(title, parties, alerts);
    changes.value += 1;
    leftTab.value = "cases";
    run(workOn(made.case));
    if (note !== "") await addNote(made.case, note);
  } catch (error) {
    sayProblem(error);
  }
}

export async function addNote(number: number, text: string): Promise<void> {
  // What is taken back is the note by its number, which the server gives it.
  if (await change(number, "note", { add_notes: [text] }, {})) say(t("note_saved_case", { n: number }));
}

export const removeNote = (number: number, note: number) =>
  change(number, "note", { remove_notes: [note] }, { restore_notes: [note] });
export const addParties = (number: number, parties: readonly string[]) =>
  change(number, "evidence", { add_parties: parties }, { remove_parties: parties });
/** Put all members of a ring into the open case, or into a new one. Only those that were not in it go when it is undone. */
export async function addMembers({ ring, members }: RingAnswer): Promise<void> {
  const ids = members.map(({ party }) => party);
  const number = work.peek().case;
  if (number === null) {
    await newCase(`${t("ring")} ${ringName(ring)}`, ids, "");
    return;
  }
  try {
    const there = new Set((await caseOf(number)).parties.map(({ party }) => party));
    const news = ids.filter((id) => !there.has(id));
    if (news.length === 0) say(t("ring_in_case", { n: number }));
    else if (await addParties(number, news)) say(t("ring_added", { added: news.length, n: number }));
  } catch (error) {
    sayProblem(error);
  }
}

export const removeParty = (number: number, party: string) =>
  change(number, "evidence", { remove_parties: [party] }, { add_parties: [party] });
export const addEvidence = (number: number, item: Changes) => change(number, "evidence", { add_evidence: [item] }, {});
export const removeEvidence = (number: number, evidence: number) =>
  change(number, "evidence", { remove_evidence: [evidence] }, { restore_evidence: [evidence] });

export async function addLinkEvidence({ source, target, kind }: DrawnLink): Promise<void> {
  const number = work.peek().case;
  if (number !== null) await addEvidence(number, { kind: "link", source, target, link: kind, text: null });
}

export async function addViewEvidence(number: number): Promise<void> {
  try {
    await addEvidence(number, { kind: "view", view: await keptView(), text: null });
  } catch (error) {
    sayProblem(error);
  }
}

export async function addAnswerEvidence(number: number, { party, purpose, receipt }: ScoreAnswer): Promise<void> {
  await addEvidence(number, { kind: "answer", party, purpose, receipt, text: null });
}

export const assign = (number: number, to: string | null, from: string | null) =>
  change(number, "evidence", { assignee: to }, { assignee: from });
export const askToClose = (number: number, outcome: string, reason: string, text: string) =>
  change(number, "close", { close: { outcome, reason, text } }, { refuse_close: true });
export const refuseClose = (number: number, closing: Changes) =>
  change(number, "close", { refuse_close: true }, { close: closing });
export const confirmClose = (number: number) => change(number, "close", { confirm_close: true }, { reopen: t("undo") });
export const reopen = (number: number, why: string) => change(number, "close", { reopen: why }, {});
export const override = (number: number, party: string, level: string, reason: string, text: string) =>
  change(number, "evidence", { set_override: { party, level, reason, text } }, { remove_override: party });
export const removeOverride = (number: number, party: string, set: Changes) =>
  change(number, "evidence", { remove_override: party }, { set_override: set });
