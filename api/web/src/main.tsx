// Begins the page: who works, what was done before, what the address names.

import { effect } from "@preact/signals";
import { render } from "preact";
import { onAnswered, onSignedOut, Problem } from "./api/client";
import { view, whoAmI } from "./api/questions";
import { App, wasSignedIn } from "./view/app";
import { words } from "./words/format";
import { t } from "./words/language";
import { learn } from "./words/names";
import { autosave, restored } from "./work/autosave";
import { show } from "./work/commands";
import { begin } from "./work/history";
import { say, sayProblem } from "./work/messages";
import { navigate, openAddress } from "./work/navigation";
import { startPreferences } from "./work/preferences";
import { readWork } from "./work/saved";
import { history, run, session, signedIn } from "./work/store";
import { EMPTY } from "./work/work";
import "./style/base.css";
import "./style/page.css";
import "./style/parts.css";

let person: string | null = null;
let endings: readonly (() => void)[] = [];

/** Bring back the work of whoever signed in; what was on the page before, of somebody else, is put away. */
function begun(name: string): void {
  if (person === name) return;
  for (const end of endings) end();
  person = name;
  wasSignedIn.value = true;
  history.value = restored(name) ?? begin(EMPTY);
  const shared = new URLSearchParams(location.hash.slice(1)).get("view");
  if (shared !== null) void openShared(shared);
  else openAddress();
  endings = [autosave(name), navigate()];
}

/** Open a view that somebody keeps on the server, and say what it no longer shows. */
async function openShared(id: string): Promise<void> {
  try {
    const { state, vanished, barred } = await view(id);
    const work = readWork(state);
    if (work === null) return;
    run(show(work));
    const missing = [
      vanished.length > 0
        ? t("view_vanished", {
            n: vanished.length,
            ids: vanished.slice(0, 5).join(", ") + (vanished.length > 5 ? ", …" : ""),
          })
        : "",
      barred.length > 0 ? t("view_barred", { kinds: barred.map(words).join(", ") }) : "",
    ].filter((part) => part !== "");
    if (missing.length > 0) say(missing.join(" "), "problem");
  } catch (error) {
    sayProblem(error);
  }
}

async function start(): Promise<void> {
  startPreferences();
  onAnswered(learn);
  onSignedOut(() => {
    session.value = null;
  });
  effect(() => {
    const who = signedIn.value;
    if (who !== null) queueMicrotask(() => begun(who.person));
  });
  const page = document.getElementById("page");
  if (page !== null) render(<App />, page);
  try {
    session.value = await whoAmI();
  } catch (error) {
    session.value = null;
    // Being signed out is no failure; a server that cannot be reached is.
    if (!(error instanceof Problem && error.status === 401)) sayProblem(error);
  }
}

addEventListener("unhandledrejection", ({ reason: cause }) => sayProblem(cause));
void start();
