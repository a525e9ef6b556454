// Expanding a party: how many others each kind of link would bring, before any is drawn.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Order } from "../../api/questions";
import { picture as askPicture } from "../../api/questions";
import { Answers } from "../../api/resource";
import { expand } from "../../picture/actions";
import { active, nodes } from "../../picture/data";
import { whole, words } from "../../words/format";
import { t } from "../../words/language";
import { called } from "../../words/names";
import { purpose } from "../../work/store";
import { DialogBox } from "../dialog";
import { dialog } from "../ui";
import { Wait } from "../wait";

const COUNTS = [5, 10, 20, 50, 100] as const;
const answers = new Answers(50);

export function ExpandDialog() {
  const id = active.value ?? "";
  const order = useSignal<Order>("riskiest");
  const limit = useSignal(20);
  const node = nodes.value.get(id);
  const name = JSON.stringify([id, purpose.value]);
  const state = answers.of(name, (options) => askPicture([id], purpose.value, options)).value;
  const go = (kind: string | null) => {
    dialog.value = null;
    void expand(id, kind, order.value, limit.value);
  };
  return (
    <DialogBox title={t("expand_title", { name: called(id) })}>
      <div class="row">
        <label>
          {t("expand_order")}{" "}
          <select
            value={order.value}
            onChange={({ currentTarget }) => {
              order.value = currentTarget.value === "strongest" ? "strongest" : "riskiest";
            }}
          >
            <option value="riskiest">{t("order_riskiest")}</option>
            <option value="strongest">{t("order_strongest")}</option>
          </select>
        </label>
        <label>
          {t("expand_how_many")}{" "}
          <select
            value={limit.value}
            onChange={({ currentTarget }) => {
              limit.value = Number(currentTarget.value);
            }}
          >
            {COUNTS.map((n) => (
              <option key={n} value={n}>
                {n}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Wait state={state}>
        {({ parties }) => {
          const party = parties[0];
          if (party === undefined) return null;
          const kinds = Object.entries(party.neighbours).sort(([, n], [, m]) => m - n);
          const notDrawn = node?.notDrawn ?? party.total;
          return (
            <ul class="choices">
              <Choice text={t("expand_all")} total={party.total} left={notDrawn} go={() => go(null)} first />
              {kinds.map(([kind, n]) => (
                <Choice
                  key={kind}
                  text={words(kind)}
                  total={n}
                  left={node === undefined ? n : (node.notDrawnByKind.get(kind) ?? 0)}
                  go={() => go(kind)}
                />
              ))}
            </ul>
          );
        }}
      </Wait>
    </DialogBox>
  );
}

interface ChoiceProperties {
  readonly text: string;
  readonly total: number;
  readonly left: number;
  readonly go: () => void;
  readonly first?: boolean;
}

function Choice({ text, total, left, go, first = false }: ChoiceProperties) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (first) button.current?.focus();
  }, [first]);
  return (
    <li>
      <button type="button" ref={button} disabled={left === 0} onClick={go}>
        <span>{text}</span>
        <span class="muted small">{t("expand_some", { n: whole(total), drawn: whole(total - left) })}</span>
      </button>
    </li>
  );
}
