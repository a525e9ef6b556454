// Keeps the history in the browser's storage, for each person apart, so that a reload loses nothing.

import { effect } from "@preact/signals";
import { t } from "../words/language";
import type { History } from "./history";
import { say } from "./messages";
import { read, written } from "./saved";
import { history } from "./store";

const place = (person: string): string => `kith work of ${person}`;
const PAUSE_MS = 150;

export function restored(person: string): History | null {
  const text = localStorage.getItem(place(person));
  return text === null ? null : read(text);
}

/** Keep every change from now on; returns what ends it. */
export function autosave(person: string): () => void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const save = () => keep(person, history.peek());
  const ended = effect(() => {
    history.value;
    clearTimeout(waiting);
    waiting = setTimeout(save, PAUSE_MS);
  });
  addEventListener("pagehide", save);
  return () => {
    clearTimeout(waiting);
    save();
    ended();
    removeEventListener("pagehide", save);
  };
}

/** Keep the history; where the storage is full, the newest half of the past, and say so. */
function keep(person: string, whole: History): void {
  let kept = whole;
  for (;;) {
    try {
      localStorage.setItem(place(person), written(kept));
      const lost = whole.past.length - kept.past.length;
      if (lost > 0) say(t("saved_partly", { n: lost }), "problem");
      return;
    } catch {
      if (kept.past.length === 0) return;
      kept = { ...kept, past: kept.past.slice(Math.ceil(kept.past.length / 2)) };
    }
  }
}
