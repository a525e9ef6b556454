// What is open on the page for a moment and is no part of the work: dialogs, the left column's tab, the chosen alert.

import { signal } from "@preact/signals";
import type { Alert } from "../api/types";

export type Dialog =
  | "expand"
  | "path"
  | "what_if"
  | "note"
  | "keys"
  | "export"
  | "close_alert"
  | "new_case"
  | "close_case"
  | "receipt"
  | "rings";

export const dialog = signal<Dialog | null>(null);
export const leftTab = signal<"alerts" | "cases" | "rights">("alerts");
export const chosenAlert = signal<Alert | null>(null);
/** The alerts that are listed, in their order, for J and K. */
export const listedAlerts = signal<readonly Alert[]>([]);

export function ask(which: Dialog): void {
  dialog.value = which;
}
