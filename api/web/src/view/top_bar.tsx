// The bar at the top: search, purpose, undo and redo, the case, the person, and how the page looks.

import { signOut } from "../api/questions";
import { words } from "../words/format";
import { coded, language, t } from "../words/language";
import { namesHidden } from "../words/names";
import { askFor } from "../work/commands";
import { sayProblem } from "../work/messages";
import { THEMES, theme } from "../work/preferences";
import { again, back, history, run, session, signedIn, work } from "../work/store";
import { Freshness } from "./freshness";
import { Search } from "./search";
import { ask, leftTab } from "./ui";

export function TopBar() {
  const { past, future } = history.value;
  const { purpose, case: number } = work.value;
  const who = signedIn.value;
  return (
    <header class="bar">
      <h1>{t("kith")}</h1>
      <Search />
      <label class="field">
        <span class="muted">{t("purpose_for")}</span>
        <select
          value={purpose ?? usual(who?.purposes ?? [])}
          onChange={({ currentTarget }) => run(askFor(currentTarget.value))}
        >
          {(who?.purposes ?? []).map((one) => (
            <option key={one} value={one}>
              {words(one)}
            </option>
          ))}
        </select>
      </label>
      <div class="row joined">
        <button type="button" onClick={() => void back()} disabled={past.length === 0} title="Ctrl Z">
          ↺ {t("undo")}
        </button>
        <button type="button" onClick={() => void again()} disabled={future.length === 0} title="Ctrl Y">
          ↻ {t("redo")}
        </button>
      </div>
      <span class="space" />
      <Freshness />
      {number !== null && (
        <button
          type="button"
          class="case-chip"
          onClick={() => {
            leftTab.value = "cases";
          }}
        >
          {t("case_n", { n: number })}
        </button>
      )}
      <details class="menu">
        <summary>{who?.person ?? t("menu")}</summary>
        <div class="menu-body">
          <label class="check">
            <input
              type="checkbox"
              checked={namesHidden.value}
              onChange={({ currentTarget }) => {
                namesHidden.value = currentTarget.checked;
              }}
            />{" "}
            {t("hide_names")} <kbd>M</kbd>
          </label>
          <label>
            {t("theme")} <kbd>D</kbd>
            <select
              value={theme.value}
              onChange={({ currentTarget }) => {
                theme.value = THEMES.find((one) => one === currentTarget.value) ?? "auto";
              }}
            >
              {THEMES.map((one) => (
                <option key={one} value={one}>
                  {coded("theme", one)}
                </option>
              ))}
            </select>
          </label>
          <label>
            {t("language")}
            <select
              value={language.value}
              onChange={({ currentTarget }) => {
                language.value = currentTarget.value === "zh" ? "zh" : "en";
              }}
            >
              <option value="en">English</option>
              <option value="zh">中文</option>
            </select>
          </label>
          <button type="button" onClick={() => ask("keys")}>
            {t("keys")} <kbd>?</kbd>
          </button>
          <button type="button" onClick={() => void leave()}>
            {t("sign_out")}
          </button>
        </div>
      </details>
    </header>
  );
}

const DEFAULT = "fraud_investigation";
const usual = (purposes: readonly string[]): string => (purposes.includes(DEFAULT) ? DEFAULT : (purposes[0] ?? ""));

async function leave(): Promise<void> {
  try {
    await signOut();
    session.value = null;
  } catch (error) {
    sayProblem(error);
  }
}
