// How the page looks for a person: colours, language, hidden names, widths of columns. These are no part of the work.

import { effect, signal } from "@preact/signals";
import { language } from "../words/language";
import { namesHidden } from "../words/names";

export type Theme = "auto" | "light" | "dark";
export const THEMES: readonly Theme[] = ["auto", "light", "dark"];

export const theme = signal<Theme>("auto");
export const folded = signal<{ readonly left: boolean; readonly right: boolean }>({ left: false, right: false });
export const widths = signal<{ readonly left: number; readonly right: number }>({ left: 300, right: 420 });

/** Which column is shown where there is no room for all; no preference, as it follows what one does. */
export type Column = "left" | "middle" | "right";
export const column = signal<Column>("middle");

const KEY = "kith preferences";

export function startPreferences(): void {
  language.value = navigator.language.startsWith("zh") ? "zh" : "en";
  try {
    const saved = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Record<string, unknown>;
    if (saved.language === "zh" || saved.language === "en") language.value = saved.language;
    theme.value = THEMES.find((one) => one === saved.theme) ?? "auto";
    namesHidden.value = saved.namesHidden === true;
    widths.value = { ...widths.value, ...(saved.widths as object) };
  } catch {
    // What cannot be read is as if it were not there: the page then looks as at first.
  }
  effect(() => {
    const saved = {
      language: language.value,
      theme: theme.value,
      namesHidden: namesHidden.value,
      widths: widths.value,
    };
    localStorage.setItem(KEY, JSON.stringify(saved));
    document.documentElement.lang = language.value;
    if (theme.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
  });
}
