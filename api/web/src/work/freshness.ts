// From what the answers on the page were given, whether the server answers from something newer by now, and asking anew.

import { computed, signal } from "@preact/signals";
import { readiness } from "../api/questions";
import type { Readiness } from "../api/types";
import { isAttended } from "./attention";
import { sayProblem } from "./messages";

const POLL_MS = 10_000;

/** Counts how often everything was asked anew: it is part of the name of every question. */
export const epoch = signal(0);
/** What the answers stand on, and what the server answers from now. */
export const standsOn = signal<Readiness | null>(null);
export const newest = signal<Readiness | null>(null);

export type Staleness = "events" | "snapshot" | "model";

/** What the server has that the answers on the page have not; null where they are the newest. */
export const stale = computed<Staleness | null>(() => {
  const [mine, its] = [standsOn.value, newest.value];
  return mine === null || its === null ? null : stalenessOf(mine, its);
});

export function stalenessOf(mine: Readiness, its: Readiness): Staleness | null {
  if (mine.model !== its.model) return "model";
  if (mine.snapshot !== its.snapshot) return "snapshot";
  // Processes of one server follow the same journal a little apart: one that is behind is no news.
  return (its.revision ?? 0) > (mine.revision ?? 0) ? "events" : null;
}

/** Ask everything that is on the page anew. */
export async function refresh(): Promise<void> {
  try {
    const now = await readiness();
    standsOn.value = now;
    newest.value = now;
    epoch.value += 1;
  } catch (error) {
    sayProblem(error);
  }
}

/** Look from now on whether there is something newer; returns what ends it. */
export function watchFreshness(): () => void {
  const look = () => {
    if (!isAttended()) return;
    readiness().then(
      (now) => {
        standsOn.value ??= now;
        newest.value = now;
      },
      () => {}, // a look that fails says nothing: the next question tells
    );
  };
  look();
  const looking = setInterval(look, POLL_MS);
  return () => {
    clearInterval(looking);
    standsOn.value = null;
  };
}
