// Closing an alert or asking to close a case: the outcome, a reason code, and a comment.

import { coded, t } from "../../words/language";
import { DialogBox } from "../dialog";
import { dialog } from "../ui";

const OUTCOMES = ["confirmed", "false_positive", "inconclusive"] as const;
const REASONS: Readonly<Record<(typeof OUTCOMES)[number], readonly string[]>> = {
  confirmed: ["fraud_confirmed", "default_confirmed", "identity_misuse", "other"],
  false_positive: ["same_household", "legitimate_business", "data_error", "explained", "other"],
  inconclusive: ["too_little_known", "other"],
};

interface Properties {
  readonly title: string;
  readonly decide: (outcome: string, reason: string, text: string) => unknown;
}

export function DecisionDialog({ title, decide }: Properties) {
  return (
    <DialogBox title={title}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const [outcome, reason] = String(form.get("decision")).split(" ");
          dialog.value = null;
          void decide(outcome ?? "", reason ?? "", String(form.get("text") ?? ""));
        }}
      >
        <label>
          {t("outcome")} · {t("reason")}
          <select name="decision">
            {OUTCOMES.map((outcome) => (
              <optgroup key={outcome} label={coded("outcome", outcome)}>
                {REASONS[outcome].map((reason) => (
                  <option key={reason} value={`${outcome} ${reason}`}>
                    {coded("outcome", outcome)}: {coded("reason", reason)}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
        </label>
        <label>
          {t("comment")}
          <textarea name="text" rows={3} maxLength={10_000} />
        </label>
        <button type="submit" class="primary">
          {title}
        </button>
      </form>
    </DialogBox>
  );
}
