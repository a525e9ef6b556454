// What if some parties default or are cured, a guarantee is given, or links that were taken away stay.

import { active, nodes } from "../../picture/data";
import { isIdentifier } from "../../picture/shapes";
import { words } from "../../words/format";
import { t } from "../../words/language";
import { called } from "../../words/names";
import { suppose } from "../../work/commands";
import { run, work } from "../../work/store";
import type { Supposed, SupposedLink } from "../../work/work";
import { DialogBox } from "../dialog";
import { dialog } from "../ui";

const GUARANTEE = "GUARANTEES";

export function WhatIfDialog() {
  const { focus, supposed, places } = work.value;
  const first = active.value;
  const ids = [...new Set([first, focus, ...supposed.defaults, ...supposed.cures, ...places.keys()])].filter(
    (id) => id !== null,
  );
  const able = ids.filter((id) => !isIdentifier(nodes.value.get(id)?.kind ?? ""));
  return (
    <DialogBox title={t("what_if_title")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          dialog.value = null;
          run(suppose(chosen(new FormData(event.currentTarget), supposed)));
        }}
      >
        {first !== null && !able.includes(first) && (
          <p class="muted">{t("what_if_identifier", { name: called(first) })}</p>
        )}
        <ul class="choices scroll">
          {able.map((id) => (
            <li key={id}>
              {(!isBad(id) || supposed.defaults.includes(id)) && (
                <Choice name="default" value={id} on={supposed.defaults.includes(id) || id === first}>
                  {t("what_if_add", { name: called(id) })}
                </Choice>
              )}
              {isBad(id) && (
                <Choice name="cure" value={id} on={supposed.cures.includes(id)}>
                  {t("what_if_cure", { name: called(id) })}
                </Choice>
              )}
            </li>
          ))}
          {[...supposed.removed, ...supposed.added].map((link, at) => (
            <li key={`${link.source} ${link.kind} ${link.target}`}>
              <Choice name="link" value={String(at)} on>
                {t(at < supposed.removed.length ? "what_if_removed" : "what_if_added", {
                  kind: words(link.kind),
                  a: called(link.source),
                  b: called(link.target),
                })}
              </Choice>
            </li>
          ))}
        </ul>
        <fieldset class="guarantee">
          <legend>{t("what_if_guarantee")}</legend>
          <Chooser name="guarantor" label={t("what_if_guarantor")} ids={able} />
          <Chooser name="debtor" label={t("what_if_debtor")} ids={able} />
        </fieldset>
        <p class="muted">{t("what_if_stored")}</p>
        <button type="submit" class="primary" autoFocus disabled={able.length === 0}>
          {t("what_if")}
        </button>
      </form>
    </DialogBox>
  );
}

/** A party that is known to be bad has defaulted: that it would is nothing new, that it has paid is. */
const isBad = (id: string): boolean => nodes.value.get(id)?.knownBad === true;

function Choice(props: {
  readonly name: string;
  readonly value: string;
  readonly on: boolean;
  readonly children: string;
}) {
  return (
    <label class="check">
      <input type="checkbox" name={props.name} value={props.value} defaultChecked={props.on} />{" "}
      <bdi>{props.children}</bdi>
    </label>
  );
}

function Chooser({ name, label, ids }: { readonly name: string; readonly label: string; readonly ids: string[] }) {
  return (
    <label>
      {label}{" "}
      <select name={name}>
        <option value="">–</option>
        {ids.map((id) => (
          <option key={id} value={id}>
            {called(id)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What the form supposes; of one party both its default and its cure is its default. */
export function chosen(form: FormData, { removed, added }: Supposed): Supposed {
  const all = (name: string) => form.getAll(name).map(String);
  const [guarantor, debtor] = [form.get("guarantor"), form.get("debtor")].map((one) => String(one ?? ""));
  const kept = new Set(all("link").map(Number));
  const given: readonly SupposedLink[] =
    guarantor && debtor && guarantor !== debtor ? [{ kind: GUARANTEE, source: guarantor, target: debtor }] : [];
  const defaults = all("default");
  return {
    defaults,
    cures: all("cure").filter((id) => !defaults.includes(id)),
    removed: removed.filter((_, at) => kept.has(at)),
    added: [...added.filter((_, at) => kept.has(removed.length + at)), ...given],
  };
}
