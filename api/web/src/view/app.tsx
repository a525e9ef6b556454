// The page: work on the left, the picture with time below it in the middle, the dossier on the right.

import { effect, signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { followAnswers } from "../picture/data";
import type { Key } from "../words/en";
import { t } from "../words/language";
import { watchAttention } from "../work/attention";
import { watchFreshness } from "../work/freshness";
import { hush, message, spoken } from "../work/messages";
import { type Column, column, folded, widths } from "../work/preferences";
import { session, work } from "../work/store";
import { Dialogs } from "./dialogs/dialogs";
import { Divider } from "./divider";
import { Dossier } from "./dossier/dossier";
import { followKeys } from "./keys";
import { AlertQueue } from "./left/alerts";
import { Cases } from "./left/cases";
import { Stage } from "./picture/stage";
import { LineEvidence, Status } from "./picture/status";
import { Tables } from "./picture/table";
import { Time } from "./picture/time";
import { Toolbar, Turning } from "./picture/toolbar";
import { RightsDesk } from "./rights/desk";
import { SignIn } from "./sign_in";
import { TopBar } from "./top_bar";
import { dialog, leftTab } from "./ui";

/** Whether somebody was signed in before on this page: then the work is still there, behind the sign-in. */
export const wasSignedIn = signal(false);

export function App() {
  return (
    <>
      <Current />
      <div class={`message row ${message.value?.is ?? ""}`}>
        <p role="status" aria-live="polite">
          {message.value?.text}
        </p>
        {message.value?.is === "problem" && (
          <button type="button" class="plain" aria-label={t("close")} onClick={hush}>
            ×
          </button>
        )}
      </div>
      <p class="unseen" aria-live="assertive">
        {spoken.value}
      </p>
    </>
  );
}

function Current() {
  if (session.value === "asking") return <div class="skeleton" aria-busy="true" />;
  if (session.value === null) return <SignIn again={wasSignedIn.value} />;
  return <Workbench />;
}

const COLUMNS: readonly (readonly [Column, Key])[] = [
  ["left", "work"],
  ["middle", "picture"],
  ["right", "dossier"],
];

/** Turns to another column where there is no room for all; hidden where there is. */
function Columns() {
  return (
    <nav class="columns" aria-label={t("columns")}>
      {COLUMNS.map(([one, text]) => (
        <button
          type="button"
          key={one}
          class={one === "right" ? "of-dossier" : ""}
          aria-pressed={column.value === one}
          onClick={() => {
            column.value = one;
          }}
        >
          {t(text)}
        </button>
      ))}
    </nav>
  );
}

/** Work begins with the alerts; whoever opens a party from there sees the picture next. */
function followFocus(): () => void {
  if (work.peek().places.size === 0) column.value = "left";
  let shown = work.peek().focus;
  return effect(() => {
    const { focus } = work.value;
    if (focus !== shown && column.peek() === "left") column.value = "middle";
    shown = focus;
  });
}

function Workbench() {
  useLayoutEffect(() => {
    const ends = [watchAttention(), followKeys(), followAnswers(), watchFreshness(), followFocus()];
    return () => {
      for (const end of ends) end();
      dialog.value = null;
    };
  }, []);
  const { left, right } = widths.value;
  return (
    <div
      class="page"
      style={{ "--left": `${left}px`, "--right": `${right}px` }}
      data-left-folded={folded.value.left}
      data-right-folded={folded.value.right}
      data-column={column.value}
    >
      <TopBar />
      <Columns />
      <aside class="left" aria-label={t("work")}>
        <div class="tabs" role="tablist" aria-label={t("work")}>
          {(["alerts", "cases", "rights"] as const).map((one) => (
            <button
              type="button"
              role="tab"
              key={one}
              id={`left-${one}`}
              aria-selected={leftTab.value === one}
              aria-controls="left-panel"
              onClick={() => {
                leftTab.value = one;
              }}
            >
              {t(one)}
            </button>
          ))}
        </div>
        <div role="tabpanel" id="left-panel" aria-labelledby={`left-${leftTab.value}`} class="left-panel">
          {leftTab.value === "alerts" ? <AlertQueue /> : leftTab.value === "cases" ? <Cases /> : <RightsDesk />}
        </div>
      </aside>
      <main class="middle">
        <Divider side="left" />
        <Toolbar />
        {work.value.table ? <Tables /> : <Stage />}
        <LineEvidence />
        <div class="below row">
          <Status />
          <Turning />
        </div>
        <Time />
        <Divider side="right" />
      </main>
      <aside class="right" aria-label={t("dossier")}>
        <Dossier />
      </aside>
      <Dialogs />
    </div>
  );
}
