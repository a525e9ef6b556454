// One case: parties, notes, evidence, how it is closed, and the trail of every act. It asks every few seconds, so that
// one sees what others do to it.

import { computed, effect, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { address } from "../../api/client";
import { caseOf, caseReport } from "../../api/questions";
import { Answers } from "../../api/resource";
import type { Case } from "../../api/types";
import { fileName, save } from "../../export/files";
import { drawParties, openParty } from "../../picture/actions";
import { active } from "../../picture/data";
import { moment } from "../../words/format";
import { coded, language, t } from "../../words/language";
import { called, namesHidden } from "../../words/names";
import { isAttended } from "../../work/attention";
import { workOn } from "../../work/commands";
import { sayProblem } from "../../work/messages";
import { changes, purpose, run, signedIn } from "../../work/store";
import { showReceipt } from "../dialogs/receipt";
import { Wait } from "../wait";
import {
  addNote,
  addParties,
  addViewEvidence,
  assign,
  removeEvidence,
  removeNote,
  removeOverride,
  removeParty,
} from "./case_acts";
import { Closing, Override } from "./case_decisions";

const POLL_MS = 5_000;
const answers = new Answers(20);
/** The newest version of each case that was read, so that a poll does not blank it. */
const newest = signal<ReadonlyMap<number, Case>>(new Map());

export function CaseFile({ number }: { readonly number: number }) {
  const state = useMemo(
    () =>
      computed(() => answers.of(JSON.stringify([number, changes.value]), (options) => caseOf(number, options)).value),
    [number],
  );
  useEffect(() => {
    const ended = effect(() => {
      const { value } = state;
      if (value.is === "ready") newest.value = new Map(newest.peek()).set(number, value.value);
    });
    const polling = setInterval(() => {
      if (!isAttended()) return;
      caseOf(number).then(
        (told) => {
          if (told.version !== newest.peek().get(number)?.version) changes.value += 1;
        },
        () => {}, // a poll that fails says nothing: the next act tells
      );
    }, POLL_MS);
    return () => {
      ended();
      clearInterval(polling);
    };
  }, [number, state]);
  const known = newest.value.get(number);
  return (
    <section class="queue case-file" aria-label={t("case_n", { n: number })}>
      <button type="button" class="plain" onClick={() => run(workOn(null))}>
        ← {t("cases")}
      </button>
      {known !== undefined && state.value.is !== "failed" ? (
        <File file={known} />
      ) : (
        <Wait state={state.value}>{(file) => <File file={file} />}</Wait>
      )}
    </section>
  );
}

function File({ file }: { readonly file: Case }) {
  const open = file.state === "open";
  const me = signedIn.value?.person ?? null;
  const mine = file.assignee === me;
  const party = active.value;
  return (
    <>
      <h2>
        {file.case} · <bdi>{file.title}</bdi>
      </h2>
      <p class="muted small">
        {coded("state", file.state)} · {file.assignee ?? t("case_nobody")} · {moment(file.opened)}
      </p>
      <div class="row wrap">
        {open && (
          <button type="button" onClick={() => void assign(file.case, mine ? null : me, file.assignee)}>
            {t(mine ? "release" : "take")}
          </button>
        )}
        {open && party !== null && file.parties.every((one) => one.party !== party) && (
          <button type="button" onClick={() => void addParties(file.case, [party])}>
            + {called(party)}
          </button>
        )}
        {open && (
          <button type="button" onClick={() => void addViewEvidence(file.case)}>
            {t("keep_view")}
          </button>
        )}
        <a
          class="button"
          target="_blank"
          rel="noreferrer"
          href={address(`/v1/case-report-pages/${file.case}`, {
            purpose: purpose.value,
            language: language.value,
            names: namesHidden.value ? "hidden" : "shown",
          })}
        >
          {t("case_report")}
        </a>
        <button type="button" onClick={() => void saveReport(file.case)}>
          {t("case_report_json")}
        </button>
      </div>
      <Closing file={file} me={me} />
      <h3>{t("case_parties")}</h3>
      <ul class="plain-list">
        {file.parties.map((one) => (
          <li key={one.party} class="row">
            <button type="button" class="link" onClick={() => void openParty(one.party)}>
              <bdi>{called(one.party)}</bdi>
            </button>
            <span class="muted small">{one.kind}</span>
            <span class="space" />
            {open && <Remove does={() => removeParty(file.case, one.party)} what={called(one.party)} />}
          </li>
        ))}
      </ul>
      {file.parties.length > 1 && (
        <button type="button" class="link" onClick={() => void drawParties(file.parties.map((one) => one.party))}>
          {t("path_draw")}
        </button>
      )}
      <h3>{t("case_notes")}</h3>
      {open && <NoteForm number={file.case} />}
      <ul class="plain-list">
        {file.notes.toReversed().map((note) => (
          <li key={note.note} class={note.removed ? "note gone" : "note"}>
            <p class="muted small row">
              {note.by} · {moment(note.time)} {note.removed && `· ${t("case_note_removed")}`}
              <span class="space" />
              {open && !note.removed && <Remove does={() => removeNote(file.case, note.note)} what={note.text} />}
            </p>
            {!note.removed && <p class="note-text">{note.text}</p>}
          </li>
        ))}
      </ul>
      <h3>{t("case_evidence")}</h3>
      <ul class="plain-list">
        {file.evidence
          .filter(({ removed }) => !removed)
          .map((one) => (
            <li key={one.evidence} class="row">
              <span>
                {one.withheld ?? itemText(one.item as Item | null)}{" "}
                <ReceiptOf item={one.withheld === null ? (one.item as Item | null) : null} />{" "}
                <span class="muted small">{one.by}</span>
              </span>
              <span class="space" />
              {open && <Remove does={() => removeEvidence(file.case, one.evidence)} what={t("case_evidence")} />}
            </li>
          ))}
      </ul>
      {file.overrides.map((one) => (
        <p key={one.party} class="row">
          <span>
            <bdi>{called(one.party)}</bdi>:{" "}
            {t("override_of", { level: coded("level", one.level), who: one.by, reason: coded("reason", one.reason) })}
          </span>
          {open && (
            <button
              type="button"
              class="link"
              onClick={() => {
                const { party: about, level, reason, text } = one;
                void removeOverride(file.case, about, { party: about, level, reason, text });
              }}
            >
              {t("override_remove")}
            </button>
          )}
        </p>
      ))}
      {open && file.parties.length > 0 && <Override file={file} />}
      {file.related.length > 0 && (
        <>
          <h3>{t("case_related")}</h3>
          <ul class="plain-list">
            {file.related.map((one) => (
              <li key={one.case}>
                <button type="button" class="link" onClick={() => run(workOn(one.case))}>
                  {one.case} · <bdi>{one.title}</bdi>
                </button>{" "}
                <span class="muted small">{one.shared.map(called).join(", ")}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      <details>
        <summary>
          {t("case_trail")} ({file.acts.length})
        </summary>
        <ol class="trail">
          {file.acts.map((one) => (
            <li key={one.act}>
              <span class="muted small">
                {moment(one.time)} · {one.by}
              </span>{" "}
              {one.what.replaceAll("_", " ")}
              <code>{[one.old, one.new].filter((part) => part !== null).join(" → ")}</code>
            </li>
          ))}
        </ol>
      </details>
    </>
  );
}

function NoteForm({ number }: { readonly number: number }) {
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const text = String(new FormData(form).get("text") ?? "").trim();
        if (text !== "") void addNote(number, text).then(() => form.reset());
      }}
    >
      <textarea name="text" rows={2} maxLength={10_000} aria-label={t("note")} placeholder={t("case_note_hint")} />
      <button type="submit">{t("case_add_note")}</button>
    </form>
  );
}

function Remove({ does, what }: { readonly does: () => unknown; readonly what: string }) {
  return (
    <button type="button" class="plain" aria-label={`${t("hide")}: ${what.slice(0, 60)}`} onClick={() => void does()}>
      ×
    </button>
  );
}

type Item = Readonly<Record<string, string | null>>;

function ReceiptOf({ item }: { readonly item: Item | null }) {
  if (item?.kind !== "answer") return null;
  return (
    <button type="button" class="link" onClick={() => showReceipt(String(item.receipt))}>
      {t("receipt")}
    </button>
  );
}

function itemText(item: Item | null): string {
  if (item === null) return "";
  const name = (key: string) => called(String(item[key]));
  switch (item.kind) {
    case "link":
      return t("evidence_link", { link: String(item.link), source: name("source"), target: name("target") });
    case "view":
      return t("evidence_view");
    case "answer":
      return t("evidence_answer", { party: name("party"), receipt: String(item.receipt).slice(0, 12) });
    default:
      return t("evidence_party", { party: name("party") });
  }
}

async function saveReport(number: number): Promise<void> {
  try {
    const report = await caseReport(number, purpose.peek(), language.peek(), namesHidden.peek());
    const text = JSON.stringify(report, null, 2);
    save(fileName(`case-${number}`, "json"), new Blob([text], { type: "application/json" }));
  } catch (error) {
    sayProblem(error);
  }
}
