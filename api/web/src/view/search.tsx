// The search of the top bar: results below it, each with its kind and why it was found; arrows and Enter choose.

import { computed, effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { search as askSearch } from "../api/questions";
import { Answers, type State } from "../api/resource";
import type { PartyPage, PartySummary } from "../api/types";
import { openParty } from "../picture/actions";
import type { Key } from "../words/en";
import { t } from "../words/language";
import { called } from "../words/names";
import { KindMark } from "./marks";
import { Wait } from "./wait";

const PAUSE_MS = 60;

const answers = new Answers(50);
const typed = signal("");
const asked = signal("");
const shown = signal(false);
const chosen = signal(0);
/** Whether Enter was pressed before the answer was there. */
const entered = signal(false);

const results = computed<State<PartyPage> | null>(() => {
  const q = asked.value.trim();
  return q === "" ? null : answers.of(q, (options) => askSearch(q, options)).value;
});

const found = computed(() => (results.value?.is === "ready" ? results.value.value.parties : []));

export function Search() {
  const box = useRef<HTMLDivElement>(null);
  const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    const outside = ({ target }: Event) => {
      if (target instanceof Node && box.current?.contains(target) === false) shown.value = false;
    };
    addEventListener("pointerdown", outside);
    return () => removeEventListener("pointerdown", outside);
  }, []);
  const open = (party: PartySummary | undefined) => {
    if (party === undefined) return;
    entered.value = false;
    shown.value = false;
    document.getElementById("search")?.blur();
    void openParty(party.party);
  };
  useEffect(
    () =>
      effect(() => {
        if (entered.value && results.value?.is === "ready") open(found.value[0]);
      }),
    [],
  );
  const expanded = shown.value && results.value !== null;
  return (
    <div class="search" ref={box} role="search">
      <input
        id="search"
        type="text"
        inputMode="search"
        autocomplete="off"
        spellcheck={false}
        placeholder={t("search_hint")}
        aria-label={t("search_hint")}
        role="combobox"
        aria-expanded={expanded}
        aria-controls="search-results"
        aria-autocomplete="list"
        {...(expanded && found.value.length > 0 ? { "aria-activedescendant": `found-${chosen.value}` } : {})}
        value={typed.value}
        maxLength={1_000}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value;
          entered.value = false;
          shown.value = true;
          chosen.value = 0;
          clearTimeout(waiting.current);
          waiting.current = setTimeout(() => {
            asked.value = typed.value;
          }, PAUSE_MS);
        }}
        onFocus={({ currentTarget }) => {
          currentTarget.select();
          shown.value = true;
        }}
        onKeyDown={(event) => {
          const last = found.value.length - 1;
          if (event.key === "ArrowDown") chosen.value = Math.min(last, chosen.value + 1);
          else if (event.key === "ArrowUp") chosen.value = Math.max(0, chosen.value - 1);
          else if (event.key === "Enter") {
            // What was typed last may not have been asked yet: its first result is opened when it is there.
            clearTimeout(waiting.current);
            asked.value = typed.value;
            if (results.value?.is === "ready") open(found.value[chosen.value]);
            else entered.value = true;
          } else if (event.key === "Escape") {
            shown.value = false;
            event.currentTarget.blur();
          } else return;
          event.preventDefault();
        }}
      />
      <kbd class="in-field" aria-hidden="true">
        /
      </kbd>
      {expanded && results.value !== null && (
        <div class="results">
          <Wait state={results.value}>{(page) => <Found page={page} open={open} />}</Wait>
        </div>
      )}
    </div>
  );
}

function Found({ page, open }: { readonly page: PartyPage; readonly open: (party: PartySummary) => void }) {
  if (page.parties.length === 0) return <p class="empty">{t("search_nothing", { q: asked.value })}</p>;
  return (
    <>
      <ul id="search-results" role="listbox" aria-label={t("search_hint")}>
        {page.parties.map((party, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field above
          <li
            key={party.party}
            id={`found-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === chosen.value}
            onClick={() => open(party)}
          >
            <KindMark kind={party.kind} />
            <bdi class="name">{called(party.party)}</bdi>
            <span class="muted small">
              {party.kind} · <bdi>{party.party}</bdi>
            </span>
            <span class="muted small why">{whyFound(party)}</span>
          </li>
        ))}
      </ul>
      <p class="muted small" role="status">
        {t(page.next === null ? "search_found" : "search_found_more", { n: page.parties.length })}
      </p>
    </>
  );
}

function whyFound({ matches }: PartySummary): string {
  return matches.map(({ how, found: word }) => t(`found_${how}` as Key, { word })).join(", ");
}
