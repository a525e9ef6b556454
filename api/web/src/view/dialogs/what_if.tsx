// What if some parties default: the active one, beside those supposed before.

import { active, nodes } from "../../picture/data";
import { isIdentifier } from "../../picture/shapes";
import { t } from "../../words/language";
import { called } from "../../words/names";
import { suppose } from "../../work/commands";
import { run, work } from "../../work/store";
import { DialogBox } from "../dialog";
import { dialog } from "../ui";

export function WhatIfDialog() {
  const { focus, defaults, places } = work.value;
  const first = active.value;
  const ids = [...new Set([first, focus, ...defaults, ...places.keys()])].filter((id) => id !== null);
  const able = ids.filter((id) => !isIdentifier(nodes.value.get(id)?.kind ?? ""));
  return (
    <DialogBox title={t("what_if_title")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const chosen = new FormData(event.currentTarget).getAll("default").map(String);
          dialog.value = null;
          run(suppose(chosen));
        }}
      >
        {first !== null && !able.includes(first) && (
          <p class="muted">{t("what_if_identifier", { name: called(first) })}</p>
        )}
        <ul class="choices scroll">
          {able.map((id) => (
            <li key={id}>
              <label class="check">
                <input
                  type="checkbox"
                  name="default"
                  value={id}
                  defaultChecked={defaults.includes(id) || id === first}
                />{" "}
                <bdi>{t("what_if_add", { name: called(id) })}</bdi>
              </label>
            </li>
          ))}
        </ul>
        <p class="muted">{t("what_if_stored")}</p>
        <button type="submit" class="primary" autoFocus disabled={able.length === 0}>
          {t("what_if")}
        </button>
      </form>
    </DialogBox>
  );
}
