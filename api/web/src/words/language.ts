// The language of the page, and its texts with their values.

import { signal } from "@preact/signals";
import type { Language } from "../api/questions";
import { en, type Key, type Texts } from "./en";
import { zh } from "./zh";

const TEXTS: Readonly<Record<Language, Texts>> = { en, zh };

export const language = signal<Language>("en");

export type Values = Readonly<Record<string, string | number>>;

/** The text of a key, with its {values} put in. */
export function t(key: Key, values: Values = {}): string {
  return TEXTS[language.value][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The text of a code that an answer holds, such as level_high; the code itself where the page has no text for it. */
export function coded(group: string, code: string): string {
  const key = `${group}_${code}`;
  return key in en ? t(key as Key) : code.replaceAll("_", " ").toLowerCase();
}
