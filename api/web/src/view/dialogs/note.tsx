// A note, for the case that is worked on; without one, a case is opened first.

import { active } from "../../picture/data";
import { t } from "../../words/language";
import { called } from "../../words/names";
import { work } from "../../work/store";
import { DialogBox } from "../dialog";
import { addNote, newCase } from "../left/case_acts";
import { dialog } from "../ui";

export function NoteDialog() {
  const number = work.value.case;
  const party = active.value;
  return (
    <DialogBox title={number === null ? t("case_new") : t("case_n", { n: number })}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const text = String(form.get("text") ?? "").trim();
          const title = String(form.get("title") ?? "").trim();
          dialog.value = null;
          void (number === null ? newCase(title, party === null ? [] : [party], text) : addNote(number, text));
        }}
      >
        {number === null && (
          <>
            <p class="muted">{t("note_needs_case")}</p>
            <label>
              {t("case_title")}
              <input name="title" required maxLength={200} defaultValue={party === null ? "" : called(party)} />
            </label>
          </>
        )}
        <label>
          {t("note")}
          <textarea
            name="text"
            rows={5}
            autoFocus
            required={number !== null}
            maxLength={10_000}
            placeholder={t("case_note_hint")}
          />
        </label>
        <button type="submit" class="primary">
          {number === null ? t("case_new") : t("case_add_note")}
        </button>
      </form>
    </DialogBox>
  );
}
