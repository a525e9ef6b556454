// The cases: all of them, figures from them, and the one that is worked on.

import { computed, signal } from "@preact/signals";
import { cases as askCases, caseFigures } from "../../api/questions";
import { Answers } from "../../api/resource";
import type { CaseFigures, CaseSummary } from "../../api/types";
import { percent, span, whole } from "../../words/format";
import { coded, t } from "../../words/language";
import { workOn } from "../../work/commands";
import { changes, run, work } from "../../work/store";
import { ask } from "../ui";
import { Wait } from "../wait";
import { CaseFile } from "./case_file";

const answers = new Answers(20);
const state = signal<string | null>("open");

const page = computed(() => {
  const among = state.value;
  return answers.of(JSON.stringify(["cases", changes.value, among]), (options) => askCases(among, options)).value;
});

const figures = computed(
  () => answers.of(JSON.stringify(["figures", changes.value]), (options) => caseFigures(options)).value,
);

export function Cases() {
  const number = work.value.case;
  if (number !== null) return <CaseFile number={number} key={number} />;
  return (
    <section class="queue" aria-label={t("cases")}>
      <div class="row">
        <select
          aria-label={t("cases")}
          value={state.value ?? ""}
          onChange={({ currentTarget }) => {
            state.value = currentTarget.value || null;
          }}
        >
          <option value="">{t("alert_all")}</option>
          {["open", "closing", "closed"].map((one) => (
            <option value={one} key={one}>
              {coded("state", one)}
            </option>
          ))}
        </select>
        <span class="space" />
        <button type="button" onClick={() => ask("new_case")}>
          {t("case_new")} <kbd>N</kbd>
        </button>
      </div>
      <Wait state={page.value}>
        {({ cases, total }) =>
          cases.length === 0 ? (
            <p class="empty">{t("cases_none")}</p>
          ) : (
            <ul class="alerts">
              {cases.map((one) => (
                <CaseRow one={one} key={one.case} />
              ))}
              {total > cases.length && <li class="muted small more">{t("and_more", { n: total - cases.length })}</li>}
            </ul>
          )
        }
      </Wait>
      <details>
        <summary>{t("case_figures")}</summary>
        <Wait state={figures.value}>{(told) => <Figures told={told} />}</Wait>
      </details>
    </section>
  );
}

function CaseRow({ one }: { readonly one: CaseSummary }) {
  return (
    <li>
      <button type="button" class="alert" onClick={() => run(workOn(one.case))}>
        <span class="case-number">{one.case}</span>
        <bdi class="alert-name">{one.title}</bdi>
        <span class="muted small">{span(Date.now() / 1000 - one.opened)}</span>
        <span class="alert-about muted small">
          {coded("state", one.state)} · {one.assignee ?? t("case_nobody")} · {t("case_parties")} {one.parties}
        </span>
      </button>
    </li>
  );
}

function Figures({ told }: { readonly told: CaseFigures }) {
  const lasting = ({ median, p90 }: { median: number | null; p90: number | null }) =>
    median === null ? t("none") : `${span(median)} (${p90 === null ? "" : span(p90)})`;
  const rows = [
    [t("figure_open"), `${told.open + told.closing}`],
    [t("figure_take"), lasting(told.time_to_take)],
    [t("figure_close"), lasting(told.time_to_close)],
    [t("figure_conversion"), told.conversion === null ? t("none") : percent(told.conversion)],
    [t("figure_reopened"), whole(told.reopened)],
    ...told.backlog.map(({ up_to_days, cases }) => [
      `${t("figure_backlog")} ${up_to_days === null ? t("figure_older") : t("figure_up_to", { n: up_to_days })}`,
      whole(cases),
    ]),
    ...Object.entries(told.false_positive_reasons).map(([reason, n]) => [
      `${coded("outcome", "false_positive")}: ${coded("reason", reason)}`,
      whole(n),
    ]),
  ];
  return (
    <dl class="pairs">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
