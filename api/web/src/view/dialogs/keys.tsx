// Every key, in a list.

import { t } from "../../words/language";
import { DialogBox } from "../dialog";
import { BINDINGS } from "../keys";

export function KeysDialog() {
  const listed = [
    ...BINDINGS.map(({ keys, text }) => [keys, t(text)] as const),
    ["← ↑ → ↓", t("key_arrows")],
    ["Enter", t("key_open")],
    ["Esc", t("key_escape")],
  ] as const;
  return (
    <DialogBox title={t("keys_title")} wide>
      <dl class="keys">
        {listed.map(([keys, text]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys.length === 1 ? keys.toUpperCase() : keys}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </DialogBox>
  );
}
