// The queue of alerts: who moved, which rings are new, why each is there.

import { computed, effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { alerts as askAlerts } from "../../api/questions";
import { Answers } from "../../api/resource";
import type { Alert, Level } from "../../api/types";
import { moment, span } from "../../words/format";
import { coded, language, t } from "../../words/language";
import { called, told } from "../../words/names";
import { epoch } from "../../work/freshness";
import { changes, session } from "../../work/store";
import { BadMark, LevelMark } from "../marks";
import { ask, chosenAlert, listedAlerts } from "../ui";
import { Wait } from "../wait";
import { openAlert, snoozeAlert, takeAlert } from "./alert_acts";

const answers = new Answers(20);
const FILTERS = [null, "score_moved", "ring_new,ring_grown,ring_found", "outcome_opened"] as const;
type Filter = (typeof FILTERS)[number];

const filter = signal<Filter>(null);
const state = signal<string | null>(null);

const page = computed(() => {
  const [kind, among] = [filter.value, state.value];
  const name = JSON.stringify([session.value !== null, epoch.value, changes.value, among, language.value]);
  const answer = answers.of(name, (options) => askAlerts({ state: among, language: language.peek() }, options)).value;
  if (answer.is !== "ready") return answer;
  const kinds = kind?.split(",");
  const shown = answer.value.alerts.filter((one) => kinds === undefined || kinds.includes(one.kind));
  const left = answer.value.total - answer.value.alerts.length;
  return { ...answer, value: { ...answer.value, alerts: shown, left } };
});

export function AlertQueue() {
  useEffect(
    () =>
      effect(() => {
        if (page.value.is !== "ready") return;
        listedAlerts.value = page.value.value.alerts;
        const chosen = page.value.value.alerts.find(({ alert }) => alert === chosenAlert.peek()?.alert);
        if (chosen !== undefined) chosenAlert.value = chosen;
      }),
    [],
  );
  const answer = page.value;
  return (
    <section class="queue" aria-label={t("alerts")} data-alerts>
      <fieldset class="chips">
        <legend class="unseen">{t("alerts")}</legend>
        {FILTERS.map((one) => (
          <button
            type="button"
            key={one ?? "all"}
            class="chip"
            aria-pressed={filter.value === one}
            onClick={() => {
              filter.value = one;
            }}
          >
            {t(
              one === null
                ? "alert_all"
                : one === "score_moved"
                  ? "alert_score_moved"
                  : one === "outcome_opened"
                    ? "alert_outcome_opened"
                    : "alert_ring_found",
            )}
          </button>
        ))}
        <select
          aria-label={t("alerts")}
          value={state.value ?? ""}
          onChange={({ currentTarget }) => {
            state.value = currentTarget.value || null;
          }}
        >
          <option value="">{t("states_working")}</option>
          {["new", "taken", "snoozed", "closed"].map((one) => (
            <option value={one} key={one}>
              {coded("state", one)}
            </option>
          ))}
        </select>
      </fieldset>
      <Wait state={answer} lines={8}>
        {({ alerts, total, revision, left }) => (
          <>
            <p class="muted small">{t("alerts_open", { n: total, revision })}</p>
            {alerts.length === 0 ? (
              <p class="empty">{t(total === 0 ? "alerts_none" : "alerts_none_filtered")}</p>
            ) : (
              <ul class="alerts">
                {alerts.map((alert) => (
                  <AlertRow alert={alert} key={alert.alert} />
                ))}
                {left > 0 && <li class="muted small more">{t("and_more", { n: left })}</li>}
              </ul>
            )}
          </>
        )}
      </Wait>
      <AlertActs />
    </section>
  );
}

function AlertRow({ alert }: { readonly alert: Alert }) {
  const chosen = chosenAlert.value?.alert === alert.alert;
  const moved = alert.score_before !== null && alert.score_after !== null;
  return (
    <li>
      <button
        type="button"
        id={`alert-${alert.alert}`}
        class={chosen ? "alert chosen" : "alert"}
        aria-current={chosen}
        onClick={() => void openAlert(alert)}
      >
        {alert.level === null ? <BadMark /> : <LevelMark level={alert.level as Level} />}
        <span class="alert-name">
          {alert.ring === null ? <bdi>{called(alert.party)}</bdi> : t("alert_ring_of", { n: alert.parties.length })}
        </span>
        <span class="muted small">{span(Date.now() / 1000 - alert.made)}</span>
        <span class="alert-about muted small">
          <bdi>{alert.ring === null ? alert.party : called(alert.party)}</bdi>
          {moved && ` · ${alert.score_before} → ${alert.score_after}`}
          {alert.before === alert.snapshot && ` · ${t("alert_of_events", { revision: alert.revision ?? 0 })}`}
          {alert.cases.map((one) => (
            <span key={one.case}>
              {` · ${t("case_short", { n: one.case, who: one.assignee ?? t("case_nobody") })}`}
            </span>
          ))}
          {alert.assignee !== null && ` · ${t("alert_taken_by", { who: alert.assignee })}`}
          {alert.snoozed_until !== null && ` · ${t("alert_snoozed_until", { when: moment(alert.snoozed_until) })}`}
        </span>
        <span class="alert-why">{told(alert.why.join("; "))}</span>
      </button>
    </li>
  );
}

function AlertActs() {
  const alert = chosenAlert.value;
  return (
    <div class="acts">
      {alert !== null && (
        <div class="row">
          <button type="button" onClick={() => void takeAlert()}>
            {t(alert.state === "taken" ? "release" : "take")} <kbd>T</kbd>
          </button>
          <button type="button" onClick={() => void snoozeAlert()}>
            {t(alert.state === "snoozed" ? "wake" : "snooze")} <kbd>Z</kbd>
          </button>
          <button type="button" onClick={() => ask("close_alert")}>
            {t("close_alert")} <kbd>X</kbd>
          </button>
        </div>
      )}
      <p class="muted small">{t("alert_keys")}</p>
    </div>
  );
}
