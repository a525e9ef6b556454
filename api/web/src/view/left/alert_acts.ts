// What can be done with the chosen alert.

import { ringsOf } from "../../api/questions";
import type { Alert } from "../../api/types";
import { drawParties, drawRing, openParty } from "../../picture/actions";
import { language } from "../../words/language";
import type { Command } from "../../work/commands";
import { outline } from "../../work/commands";
import { sayProblem } from "../../work/messages";
import { act, run, work } from "../../work/store";
import { chosenAlert, listedAlerts } from "../ui";

const WEEK = 7 * 86_400;

/** A step that changes nothing of the work: what it does, the server keeps. */
export const kept = (name: Command["name"], on: string): Command => ({ name, on, apply: (same) => same });

export function moveAlert(by: number): void {
  const alerts = listedAlerts.peek();
  const at = alerts.findIndex(({ alert }) => alert === chosenAlert.peek()?.alert);
  const next = alerts[Math.min(alerts.length - 1, Math.max(0, at + by))];
  if (next === undefined) return;
  chosenAlert.value = next;
  document.getElementById(`alert-${next.alert}`)?.focus();
}

/** Open the party of an alert; of a ring, with its members, what they share, and its outline. */
export async function openAlert(alert: Alert): Promise<void> {
  chosenAlert.value = alert;
  await openParty(alert.party, "why");
  if (alert.ring === null) return;
  try {
    const { rings } = await ringsOf(alert.party, language.peek(), {});
    const ring = rings.find((one) => one.ring === alert.ring);
    if (ring !== undefined) {
      await drawRing(ring);
      return;
    }
  } catch (error) {
    sayProblem(error);
  }
  // The ring is another by now: those whom the alert was about.
  const missing = alert.parties.filter((id) => !work.peek().places.has(id));
  if (missing.length > 0) await drawParties(missing);
  run(outline(alert.ring, true));
}

export function takeAlert(): Promise<unknown> {
  const alert = chosenAlert.peek();
  if (alert === null) return Promise.resolve();
  const [redo, undo] = alert.state === "taken" ? ["release", "take"] : ["take", "release"];
  return change(alert, { [redo as string]: true }, { [undo as string]: true });
}

export function snoozeAlert(): Promise<unknown> {
  const alert = chosenAlert.peek();
  if (alert === null) return Promise.resolve();
  if (alert.state === "snoozed") return change(alert, { wake: true }, { snooze_until: alert.snoozed_until });
  return change(alert, { snooze_until: Math.round(Date.now() / 1000) + WEEK }, { wake: true });
}

export function closeAlert(alert: Alert, outcome: string, reason: string, text: string): Promise<unknown> {
  return change(alert, { close: { outcome, reason, text } }, { reopen: true });
}

function change(alert: Alert, redo: Record<string, unknown>, undo: Record<string, unknown>): Promise<boolean> {
  return act(kept("alert", alert.alert), { on: "alert", id: alert.alert, redo, undo });
}
