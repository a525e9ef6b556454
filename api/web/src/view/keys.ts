// Every command that a key gives, and which key.

import { expand, openParty, tidyUp } from "../picture/actions";
import { active, cursor, graph, nodes } from "../picture/data";
import { along } from "../picture/graph";
import type { Key } from "../words/en";
import { coded, t, type Values } from "../words/language";
import { called, namesHidden } from "../words/names";
import { broughtInBy, collapse, hide, outline, pair, pin, showTab, showTable } from "../work/commands";
import { hush, say, spoken } from "../work/messages";
import { THEMES, theme } from "../work/preferences";
import { again, back, run, work } from "../work/store";
import { TABS } from "../work/work";
import { profileOf } from "./dossier/answers";
import { moveAlert, openAlert, snoozeAlert, takeAlert } from "./left/alert_acts";
import { addMembers } from "./left/case_acts";
import { ask, chosenAlert } from "./ui";

export interface Binding {
  readonly keys: string;
  readonly text: Key;
  readonly does: () => unknown;
}

/** Do something with the party that the keyboard or the dossier is at. */
const withActive = (act: (id: string) => unknown) => () => {
  const id = active.peek();
  return id === null ? say(t("what_if_none")) : act(id);
};

export const collapseActive = withActive((id) => {
  if (broughtInBy(work.peek().places, id).size === 0) say(t("collapse_nothing", { name: called(id) }));
  else run(collapse(id));
});

export const hideActive = withActive((id) => run(hide([id])));
export const pinActive = withActive((id) => run(pin(id, !(work.peek().places.get(id)?.pinned ?? false))));
export const pairActive = withActive((id) => {
  if (id === work.peek().focus) say(t("pair_hint"));
  else run(pair(id));
});

/** Put all members of the first ring that a party is in into the case. */
const addRing = withActive((id) => {
  const profile = profileOf(id, work.peek().purpose);
  if (profile.is !== "ready") return say(t("ring_not_read", { name: called(id) }));
  const [ring] = profile.value.rings ?? [];
  return ring === undefined ? say(t("ring_none", { name: called(id) })) : addMembers(ring);
});

export const BINDINGS: readonly Binding[] = [
  { keys: "/", text: "key_search", does: () => document.getElementById("search")?.focus() },
  { keys: "j", text: "key_alerts", does: () => moveAlert(1) },
  { keys: "k", text: "key_alerts", does: () => moveAlert(-1) },
  { keys: "e", text: "expand", does: withActive(() => ask("expand")) },
  { keys: "Shift+E", text: "order_riskiest", does: withActive((id) => expand(id, null, "riskiest", 20)) },
  { keys: "c", text: "collapse", does: collapseActive },
  { keys: "h", text: "hide", does: hideActive },
  { keys: "i", text: "pin", does: pinActive },
  { keys: "p", text: "path", does: withActive(() => ask("path")) },
  { keys: "b", text: "pair", does: pairActive },
  { keys: "w", text: "what_if", does: withActive(() => ask("what_if")) },
  { keys: "a", text: "key_ring_case", does: addRing },
  { keys: "n", text: "note", does: () => ask("note") },
  { keys: "l", text: "tidy", does: tidyUp },
  { keys: "t", text: "table", does: () => takeOrTable() },
  { keys: "z", text: "snooze", does: () => snoozeAlert() },
  { keys: "x", text: "close_alert", does: () => chosenAlert.peek() !== null && ask("close_alert") },
  { keys: "s", text: "export", does: () => ask("export") },
  { keys: "m", text: "hide_names", does: () => hideNames() },
  { keys: "d", text: "key_theme", does: () => turnTheme() },
  ...TABS.map((tab, i) => ({ keys: String(i + 1), text: `tab_${tab}` as Key, does: () => run(showTab(tab)) })),
  { keys: "Ctrl+z", text: "undo", does: back },
  { keys: "Ctrl+y", text: "redo", does: again },
  { keys: "Ctrl+Shift+Z", text: "redo", does: again },
  { keys: "Escape", text: "key_escape", does: hush },
  { keys: "?", text: "key_help", does: () => ask("keys") },
];

const BY_KEYS = new Map(BINDINGS.map((binding) => [binding.keys, binding]));

/** T takes an alert while the list of alerts has the focus, and turns to the table elsewhere. */
function takeOrTable(): void {
  if (document.activeElement?.closest("[data-alerts]") !== null && chosenAlert.peek() !== null) void takeAlert();
  else run(showTable(!work.peek().table));
}

export function hideNames(): void {
  namesHidden.value = !namesHidden.value;
}

export function turnTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "auto";
}

/** Follow the keys of the whole page; returns what ends it. */
export function followKeys(): () => void {
  const pressed = (event: KeyboardEvent) => {
    const modified = event.ctrlKey || event.metaKey;
    if (event.altKey || event.isComposing || document.querySelector("dialog[open]") !== null) return;
    if (isTyping(event.target)) return;
    const shifted = event.shiftKey && /^[A-Z]$/.test(event.key);
    const keys = `${modified ? "Ctrl+" : ""}${shifted ? "Shift+" : ""}${event.key}`;
    const binding = BY_KEYS.get(keys);
    if (binding === undefined) return;
    event.preventDefault();
    void binding.does();
  };
  addEventListener("keydown", pressed);
  return () => removeEventListener("keydown", pressed);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && !["checkbox", "radio", "button", "range"].includes(target.type))
  );
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The keys of the picture: arrows go along links, Enter opens, Home goes to the open party. */
export function pictureKey(event: KeyboardEvent): void {
  const { focus, places } = work.peek();
  const here = active.peek() ?? places.keys().next().value ?? null;
  const arrow = ARROWS[event.key];
  if (event.ctrlKey || event.metaKey || event.altKey || here === null) return;
  if (arrow !== undefined) go(along(graph.peek(), here, ...arrow) ?? here);
  else if (event.key === "Home" && focus !== null) go(focus);
  else if (event.key === "Enter") void openParty(here);
  else return;
  event.preventDefault();
}

export function go(id: string): void {
  cursor.value = id;
  const node = nodes.peek().get(id);
  if (node === undefined) return;
  const values: Values = { n: node.notDrawn };
  spoken.value = [
    called(id),
    node.kind,
    node.score ?? "",
    node.level === null ? "" : coded("level", node.level),
    node.knownBad ? t("known_bad") : "",
    t("not_drawn", values),
  ]
    .filter((part) => part !== "")
    .join(", ");
}

export const outlineRing = (ring: string): void => run(outline(ring, !work.peek().rings.includes(ring)));
export { openAlert };
