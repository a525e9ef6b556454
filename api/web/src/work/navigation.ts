// The browser's address and its Back button: opening a party is a page of its own; Back takes back all since then.

import { effect } from "@preact/signals";
import { show } from "./commands";
import { type History, redo, undo } from "./history";
import { history, run } from "./store";
import { decoded, encoded, LONGEST } from "./url";
import type { Work } from "./work";

interface Entry {
  /** How many steps had been done. */
  readonly at: number;
}

/** Keep the address in step with the work from now on; returns what ends it. */
export function navigate(): () => void {
  let shown = history.peek().present;
  let left = false; // by the browser's own buttons
  window.history.replaceState(entry(history.peek()), "", hash(shown));
  const ended = effect(() => {
    const { present } = history.value;
    if (present === shown || left) return;
    const another = present.focus !== shown.focus || present.other !== shown.other;
    shown = present;
    if (another) window.history.pushState(entry(history.value), "", hash(present));
    else window.history.replaceState(entry(history.value), "", hash(present));
  });
  const travel = (event: PopStateEvent) => {
    const at = (event.state as Entry | null)?.at;
    left = true;
    const turned = at === undefined ? null : turnedTo(history.value, at);
    // Where other steps were done since, the address still says what was shown.
    if (turned === null || !isAddress(turned.present)) openAddress();
    else history.value = turned;
    shown = history.peek().present;
    left = false;
    window.history.replaceState(entry(history.peek()), "", hash(shown));
  };
  addEventListener("popstate", travel);
  return () => {
    ended();
    removeEventListener("popstate", travel);
  };
}

/** Show the view of the address, where it names another one than is shown. */
export function openAddress(): void {
  const { present } = history.peek();
  if (isAddress(present)) return;
  const view = decoded(location.hash.slice(1));
  if (view === null) return;
  // An address without places is that of a picture too large for one.
  run(show(view.places.size > 0 ? view : { ...view, places: present.places, hidden: present.hidden }));
}

/** The history turned back or forth until so many steps are done, at most over acts that the server does not keep. */
function turnedTo(from: History, at: number): History {
  let turned = from;
  while (turned.past.length > at && turned.past.at(-1)?.effect === null) turned = undo(turned);
  while (turned.past.length < at && turned.future.at(-1)?.effect === null) turned = redo(turned);
  return turned;
}

const isAddress = (view: Work): boolean => (location.hash || location.pathname) === hash(view);

const entry = ({ past }: History): Entry => ({ at: past.length });

/** A view that is too long for an address has only its party there; the storage holds the rest. */
function hash(view: Work): string {
  const whole = encoded(view);
  const short = whole.length <= LONGEST ? whole : encoded({ ...view, places: new Map(), hidden: [], path: [] });
  return short === "" ? location.pathname : `#${short}`;
}
