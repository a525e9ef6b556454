// What the page says for a moment, and to screen readers.

import { signal } from "@preact/signals";
import { Problem } from "../api/client";
import { t } from "../words/language";

export interface Message {
  readonly text: string;
  readonly is: "said" | "problem";
}

export const message = signal<Message | null>(null);
/** Spoken by screen readers and not shown: where one is in the picture. */
export const spoken = signal("");

const SHOWN_MS = 6_000;
let ends: ReturnType<typeof setTimeout> | undefined;

export function say(text: string, is: Message["is"] = "said"): void {
  clearTimeout(ends);
  message.value = { text, is };
  // A problem stays until it is closed or something else is said.
  if (is === "said") ends = setTimeout(hush, SHOWN_MS);
}

export function hush(): void {
  message.value = null;
}

export const sayProblem = (error: unknown): void => say(reason(error), "problem");

/** Why something failed, in words. */
export function reason(error: unknown): string {
  if (!(error instanceof Problem)) return t("error_page", { text: String(error) });
  if (error.message === "stopped") return t("error_stopped");
  if (error.status === 0) return t("error_reach");
  if (error.status === 403) return t("error_forbidden", { text: error.message });
  if (error.status === 404) return t("error_missing", { text: error.message });
  return error.status === -1 ? t("error_page", { text: error.message }) : error.message;
}
