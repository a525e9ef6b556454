// One move of a dispute: which, why, and who agrees where it goes against the party. The server says what is legal.

import { type DisputeAnswer, moveDispute } from "../../api/rights";
import { words } from "../../words/format";
import { t } from "../../words/language";
import { say, sayProblem } from "../../work/messages";

const MOVES: Readonly<Record<string, readonly string[]>> = {
  received: ["open", "ask_identity", "reject"],
  identity_pending: ["open", "reject", "pause", "resume"],
  open: ["ask_furnisher", "delete", "verify", "extend", "pause", "resume", "reject"],
  furnisher_asked: ["furnisher_answered", "delete", "verify", "extend", "pause", "resume"],
  verified: ["notify"],
  corrected: ["notify"],
  deleted: ["notify"],
  unverifiable: ["notify"],
  frivolous: ["notify"],
  notified: ["close", "reopen"],
  appealed: ["reopen"],
  withdrawn: ["close"],
  closed: ["reopen"],
};

interface Properties {
  readonly dispute: DisputeAnswer["dispute"];
  readonly done: () => void;
}

export function MoveForm({ dispute, done }: Properties) {
  const moves = MOVES[dispute.state] ?? [];
  if (moves.length === 0) return null;
  const make = async (form: FormData) => {
    const text = (name: string) => String(form.get(name) ?? "").trim() || null;
    try {
      const move = String(form.get("move"));
      await moveDispute(dispute.dispute, dispute.version, { move, told: text("told"), second: text("second") });
      say(t("rights_moved", { n: dispute.dispute, move: words(move) }));
    } catch (error) {
      sayProblem(error);
    }
    done();
  };
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void make(new FormData(event.currentTarget));
      }}
    >
      <label>
        {t("rights_move")}
        <select name="move">
          {moves.map((one) => (
            <option value={one} key={one}>
              {words(one)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("rights_told")}
        <textarea name="told" rows={2} maxLength={10_000} />
      </label>
      <label>
        {t("rights_second")}
        <input name="second" maxLength={1_024} />
      </label>
      <button type="submit" class="primary">
        {t("rights_make_move")}
      </button>
    </form>
  );
}
