// What is decided about a case: a level that a person overrides, and how the case is closed, by two people.

import type { Case } from "../../api/types";
import { coded, t } from "../../words/language";
import { called } from "../../words/names";
import { ask } from "../ui";
import { confirmClose, override, refuseClose, reopen } from "./case_acts";

export function Closing({ file, me }: { readonly file: Case; readonly me: string | null }) {
  if (file.state === "open") {
    return (
      <button type="button" onClick={() => ask("close_case")}>
        {t("case_ask_close")}
      </button>
    );
  }
  const { closing } = file;
  if (closing === null) return null;
  const { outcome, reason, text, by } = closing;
  const values = { who: by, outcome: coded("outcome", outcome), reason: coded("reason", reason) };
  if (file.state === "closed") {
    return (
      <div>
        <p>{t("case_closed_as", { ...values, second: closing.confirmed_by ?? "" })}</p>
        <button type="button" onClick={() => void reopen(file.case, t("case_reopen"))}>
          {t("case_reopen")}
        </button>
      </div>
    );
  }
  return (
    <div class="asked">
      <p>{t("case_asked", values)}</p>
      {text !== "" && <p class="note-text">{text}</p>}
      <div class="row">
        {by !== me && (
          <button type="button" class="primary" onClick={() => void confirmClose(file.case)}>
            {t("case_confirm")}
          </button>
        )}
        <button type="button" onClick={() => void refuseClose(file.case, { outcome, reason, text })}>
          {t("case_refuse")}
        </button>
      </div>
    </div>
  );
}

const LEVELS = ["low", "medium", "high", "very_high"] as const;
const OVERRIDE_REASONS = ["new_evidence", "data_error", "identity_confirmed", "debt_settled", "judgement"] as const;

/** Another level than the computed one, by a person, with why; the score itself stays what it is. */
export function Override({ file }: { readonly file: Case }) {
  return (
    <details>
      <summary>{t("override")}</summary>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const [party, level, reason, text] = ["party", "level", "reason", "text"].map((name) =>
            String(form.get(name)),
          );
          void override(file.case, party ?? "", level ?? "", reason ?? "", text ?? "");
        }}
      >
        <label>
          {t("col_party")}
          <select name="party">
            {file.parties.map((one) => (
              <option key={one.party} value={one.party}>
                {called(one.party)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t("col_level")}
          <select name="level">
            {LEVELS.map((one) => (
              <option key={one} value={one}>
                {coded("level", one)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t("reason")}
          <select name="reason">
            {OVERRIDE_REASONS.map((one) => (
              <option key={one} value={one}>
                {coded("reason", one)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t("comment")}
          <textarea name="text" rows={2} required maxLength={10_000} />
        </label>
        <button type="submit">{t("override")}</button>
      </form>
    </details>
  );
}
