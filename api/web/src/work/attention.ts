// Whether somebody is at the page: what it asks by itself stops when nobody is, so that an idle session still ends.

const AWAY_MS = 300_000;
const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel"] as const;
let last = Number.NEGATIVE_INFINITY;

const noted = (): void => {
  last = Date.now();
};

export const isAttended = (): boolean => document.visibilityState !== "hidden" && Date.now() - last < AWAY_MS;

/** Note from now on what somebody does; returns what ends it. */
export function watchAttention(): () => void {
  noted();
  for (const sign of SIGNS) addEventListener(sign, noted, { passive: true });
  return () => {
    for (const sign of SIGNS) removeEventListener(sign, noted);
  };
}
