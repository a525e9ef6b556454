// Paths from the active party: to another one, or to the nearest known bad, with the links of every step.

import { computed, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { paths as askPaths, search as askSearch } from "../../api/questions";
import { Answers, type State } from "../../api/resource";
import type { PathAnswer, PathList } from "../../api/types";
import { drawPath, pathsToBad } from "../../picture/actions";
import { active } from "../../picture/data";
import { words } from "../../words/format";
import { t } from "../../words/language";
import { called } from "../../words/names";
import { DialogBox } from "../dialog";
import { Name } from "../marks";
import { dialog } from "../ui";
import { Wait } from "../wait";

const answers = new Answers(50);

export function PathDialog() {
  const id = active.value ?? "";
  const typed = useSignal("");
  const target = useSignal<string | null>(null);
  const bad = useSignal(false);
  const found = useMemo(
    () =>
      computed(() => {
        const q = typed.value.trim();
        return q === "" ? null : answers.of(`search ${q}`, (options) => askSearch(q, options)).value;
      }),
    [typed],
  );
  const state: State<readonly PathList[]> | null = bad.value
    ? answers.of(`bad ${id}`, ({ signal }) => pathsToBad(id, signal)).value
    : target.value !== null
      ? answers.of(JSON.stringify([id, target.value]), async (options) => [
          await askPaths(id, target.value ?? "", options),
        ]).value
      : null;
  return (
    <DialogBox title={t("path_title", { name: called(id) })} wide>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (found.value?.is === "ready") target.value = found.value.value.parties[0]?.party ?? null;
        }}
      >
        <label>
          <input
            autoFocus
            placeholder={t("path_hint")}
            value={typed.value}
            maxLength={1_000}
            onInput={({ currentTarget }) => {
              typed.value = currentTarget.value;
              target.value = null;
              bad.value = false;
            }}
          />
        </label>
        <button
          type="button"
          onClick={() => {
            bad.value = true;
          }}
        >
          {t("path_bad")}
        </button>
      </form>
      {target.value === null && !bad.value && found.value !== null && (
        <Wait state={found.value}>
          {({ parties }) => (
            <ul class="choices">
              {parties.slice(0, 6).map((party) => (
                <li key={party.party}>
                  <button
                    type="button"
                    onClick={() => {
                      target.value = party.party;
                    }}
                  >
                    <Name party={party.party} />
                    <span class="muted small">
                      {party.kind} · {party.party}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          )}
        </Wait>
      )}
      {state !== null && <Wait state={state}>{(lists) => <Paths lists={lists} />}</Wait>}
    </DialogBox>
  );
}

function Paths({ lists }: { readonly lists: readonly PathList[] }) {
  const paths = lists.flatMap((list) => list.paths);
  if (paths.length === 0) return <p class="empty">{t("path_none", { n: lists[0]?.max_hops ?? 2 })}</p>;
  return (
    <ol class="paths">
      {paths.map((path) => (
        <PathItem key={path.parties.join(" ")} path={path} />
      ))}
    </ol>
  );
}

function PathItem({ path }: { readonly path: PathAnswer }) {
  return (
    <li>
      <div class="steps">
        <Name party={path.parties[0] ?? ""} />
        {path.steps.map((step) => (
          <span key={step.target}>
            <span class="muted small">
              {" — "}
              {step.kinds
                .map(({ kind, out_links, in_links, via }) => {
                  const through = via.length === 0 ? "" : `, ${t("via", { ids: via.join(", ") })}`;
                  return `${words(kind)} (${t("links_along", { out: out_links, back: in_links })}${through})`;
                })
                .join(", ")}
              {" — "}
            </span>
            <Name party={step.target} />
          </span>
        ))}
      </div>
      <button
        type="button"
        onClick={() => {
          dialog.value = null;
          void drawPath(path);
        }}
      >
        {t("path_draw")}
      </button>
    </li>
  );
}
