// The own report for somebody at the desk: what is held, what was answered and noticed, who looked; and pages to print.

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Answers } from "../../api/resource";
import { noticePage, type OwnReport, ownReport, reportPage } from "../../api/rights";
import { day, moment, whole, words } from "../../words/format";
import { language, t } from "../../words/language";
import { called } from "../../words/names";
import { work } from "../../work/store";
import { Wait } from "../wait";

const answers = new Answers(5);
/** Whose report was asked for; each one is written down, so none is made before somebody asks. */
const asked = signal<string | null>(null);

export function Person() {
  const party = asked.value;
  return (
    <>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const id = String(new FormData(event.currentTarget).get("party")).trim();
          if (id === "") return;
          answers.forget();
          asked.value = id;
        }}
      >
        <label>
          {t("rights_whose")}
          <input name="party" required maxLength={1_024} defaultValue={asked.peek() ?? work.value.focus ?? ""} />
        </label>
        <p class="muted small">{t("rights_report_hint")}</p>
        <button type="submit" class="primary">
          {t("rights_report")}
        </button>
      </form>
      {party !== null && <Report party={party} />}
    </>
  );
}

function Report({ party }: { readonly party: string }) {
  const name = JSON.stringify([party, language.value]);
  const answer = answers.of(name, (options) => ownReport(party, language.peek(), options)).value;
  return (
    <Wait state={answer} lines={8}>
      {(report) => (
        <article data-report={report.party}>
          <h2>
            <bdi>{called(report.party)}</bdi>
          </h2>
          <p class="small">
            {t("rights_made", { n: report.this_year, law: report.law })}{" "}
            {report.free ? t("rights_free") : t("rights_not_free")}
          </p>
          <p>
            <a href={reportPage(report.party, language.value)} target="_blank" rel="noopener">
              {t("rights_print")}
            </a>
          </p>
          <Sections report={report} />
        </article>
      )}
    </Wait>
  );
}

function Sections({ report }: { readonly report: OwnReport }) {
  const withheld = report.withheld.reduce((sum, one) => sum + one.times, 0);
  return (
    <>
      <Section title={t("rights_outcomes")} of={report.outcomes}>
        {({ name, content }) => `${name.source}: ${String(content.outcome)} (${String(content.state)})`}
      </Section>
      <Section title={t("rights_notices")} of={report.notices}>
        {(one) => (
          <a href={noticePage(one.id, language.value)} target="_blank" rel="noopener">
            {day(one.made)} · {one.notice.creditor} · {words(one.notice.purpose)}
          </a>
        )}
      </Section>
      <Section title={t("rights_answers")} of={report.answers}>
        {(one) => `${moment(one.time)} · ${one.to} · ${words(one.purpose ?? "")}`}
      </Section>
      <Section title={t("rights_queue")} of={report.disputes}>
        {({ dispute }) => `${t("rights_dispute_n", { n: dispute.dispute })} · ${words(dispute.state)}`}
      </Section>
      <Section title={t("rights_looked")} of={report.looks}>
        {(one) => `${moment(one.time)} · ${one.by} · ${words(one.what)}`}
      </Section>
      <p class="muted small">{t("rights_withheld", { n: whole(withheld) })}</p>
    </>
  );
}

const LISTED = 20;

interface SectionProperties<T> {
  readonly title: string;
  readonly of: readonly T[];
  readonly children: (one: T) => ComponentChildren;
}

/** A list with how many there are; the first few of them are shown, and the page to print has all. */
function Section<T>({ title, of, children }: SectionProperties<T>) {
  const left = of.length - LISTED;
  return (
    <section>
      <h3>
        {title} ({whole(of.length)})
      </h3>
      <ul class="plain-list small">
        {of.slice(0, LISTED).map((one, i) => (
          <li key={i}>{children(one)}</li>
        ))}
        {left > 0 && <li class="muted">{t("and_more", { n: left })}</li>}
      </ul>
    </section>
  );
}
