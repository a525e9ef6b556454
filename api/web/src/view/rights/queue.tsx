// The queue of disputes: what is due first, what is late, and one of them with its fact, its clock and its moves.

import { signal } from "@preact/signals";
import { Answers } from "../../api/resource";
import { type DisputeAnswer, type Duty, disputes } from "../../api/rights";
import { day, words } from "../../words/format";
import { t } from "../../words/language";
import { called } from "../../words/names";
import { session } from "../../work/store";
import { Wait } from "../wait";
import { MoveForm } from "./move";

const answers = new Answers(20);
const changed = signal(0);
const chosen = signal<number | null>(null);
const STATES = ["open", "furnisher_asked", "identity_pending", "appealed", "notified", "closed"] as const;
const state = signal<string | null>(null);

/** The last day on which something is in time: what is due ends with the day before. */
export const dueDay = (due: number | null): string => (due === null ? t("rights_no_clock") : day(due - 1));

export function Queue() {
  const name = JSON.stringify([session.value !== null, changed.value, state.value]);
  const answer = answers.of(name, (options) => disputes(state.peek(), options)).value;
  return (
    <>
      <select
        aria-label={t("rights_queue")}
        value={state.value ?? ""}
        onChange={({ currentTarget }) => {
          state.value = currentTarget.value || null;
        }}
      >
        <option value="">{t("rights_all")}</option>
        {STATES.map((one) => (
          <option value={one} key={one}>
            {words(one)}
          </option>
        ))}
      </select>
      <Wait state={answer} lines={6}>
        {({ disputes: found, total }) =>
          found.length === 0 ? (
            <p class="empty">{t("rights_no_disputes")}</p>
          ) : (
            <>
              <p class="muted small">{t("rights_disputes", { n: total, late: found.filter(isLate).length })}</p>
              <ul class="alerts">
                {found.map((one) => (
                  <Row one={one} key={one.dispute.dispute} />
                ))}
              </ul>
            </>
          )
        }
      </Wait>
    </>
  );
}

const isLate = ({ duties }: DisputeAnswer): boolean => duties.some(({ late }) => late);

function Row({ one }: { readonly one: DisputeAnswer }) {
  const { dispute, duties } = one;
  const open = chosen.value === dispute.dispute;
  const next = duties[0];
  return (
    <li>
      <button
        type="button"
        class={open ? "alert chosen" : "alert"}
        aria-expanded={open}
        onClick={() => {
          chosen.value = open ? null : dispute.dispute;
        }}
      >
        <span>
          {t("rights_dispute_n", { n: dispute.dispute })} · <bdi>{called(dispute.party)}</bdi>
        </span>
        <span class="muted small">
          {words(dispute.state)} · {dispute.profile}
        </span>
        {next !== undefined && <DutyLine duty={next} />}
      </button>
      {open && <Detail one={one} />}
    </li>
  );
}

function DutyLine({ duty }: { readonly duty: Duty }) {
  return (
    <span class="small">
      {duty.late && <strong>⚠ {t("rights_late")} </strong>}
      {words(duty.what)} · {dueDay(duty.due)}
    </span>
  );
}

function Detail({ one }: { readonly one: DisputeAnswer }) {
  const { dispute, duties } = one;
  const said = Object.entries(dispute.item.content).filter(([, value]) => value !== null);
  return (
    <div class="form" data-dispute={dispute.dispute}>
      <p>
        {t("rights_says", { source: dispute.item.name.source })}{" "}
        {said.map(([name, value]) => `${words(name)} ${String(value)}`).join(", ")}
      </p>
      <blockquote>
        <bdi>{dispute.claim.text}</bdi>
      </blockquote>
      <p class="small">
        {t("rights_until", { day: dueDay(dispute.clock.due) })}{" "}
        <span class="muted">({dispute.clock.basis.join("; ")})</span>
      </p>
      {duties.length > 0 && (
        <ul class="plain-list">
          {duties.map((duty) => (
            <li key={duty.what}>
              <DutyLine duty={duty} /> <span class="muted small">{duty.source}</span>
            </li>
          ))}
        </ul>
      )}
      <MoveForm
        dispute={dispute}
        done={() => {
          changed.value += 1;
        }}
      />
      <ol class="plain-list small">
        {dispute.steps.map((step) => (
          <li key={step.number}>
            {day(step.time)} · {step.by} · {words(step.move)} → {words(step.new)}
          </li>
        ))}
      </ol>
    </div>
  );
}
