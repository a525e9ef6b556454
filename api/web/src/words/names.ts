// The names of parties, as the answers tell them, and a switch that hides them everywhere.

import { signal } from "@preact/signals";

export const namesHidden = signal(false);

const known = new Map<string, string>();

/** Remember the names in an answer, wherever they stand: objects with a name beside a party or an id. */
export function learn(answer: unknown): void {
  if (Array.isArray(answer)) {
    for (const one of answer) learn(one);
  } else if (typeof answer === "object" && answer !== null) {
    const { party, id, name } = answer as Record<string, unknown>;
    const owner = party ?? id;
    if (typeof owner === "string" && typeof name === "string" && name !== "") known.set(owner, name);
    for (const value of Object.values(answer)) if (typeof value === "object") learn(value);
  }
}

/** What a party is called on the page: its name, or its id where it has none or names are hidden. */
export function called(party: string): string {
  return namesHidden.value ? party : (known.get(party) ?? party);
}

/** A text of the server, without the names in it where names are hidden. */
export function told(text: string): string {
  return namesHidden.value ? withoutNames(text, known.values()) : text;
}

/** The text with each of the names left out, the longest first, so that no part of one stays. */
export function withoutNames(text: string, names: Iterable<string>): string {
  const found = [...new Set(names)].filter((name) => text.includes(name)).sort((a, b) => b.length - a.length);
  return found.reduce((rest, name) => rest.replaceAll(name, "•••"), text);
}

/** The short name of a ring. */
export const ringName = (ring: string): string => ring.replace(/^ring-/, "").slice(0, 4);
