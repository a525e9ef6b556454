// What is kept of an answer under its receipt, and the same answer given again from the facts.

import { signal } from "@preact/signals";
import { receipt as askReceipt, replay as askReplay } from "../../api/questions";
import { Answers } from "../../api/resource";
import type { Receipt } from "../../api/types";
import { day, moment } from "../../words/format";
import { t } from "../../words/language";
import { called } from "../../words/names";
import { say } from "../../work/messages";
import { DialogBox } from "../dialog";
import { ask } from "../ui";
import { Wait } from "../wait";

const answers = new Answers(20);
const chosen = signal<string | null>(null);
/** The receipts whose answer was asked for again. */
const replayed = signal<ReadonlySet<string>>(new Set());

export function showReceipt(id: string): void {
  chosen.value = id;
  ask("receipt");
}

export function ReceiptDialog() {
  const id = chosen.value;
  if (id === null) return null;
  return (
    <DialogBox title={t("receipt")}>
      <p class="break">
        <code>{id}</code>{" "}
        <button
          type="button"
          class="link"
          onClick={() => void navigator.clipboard?.writeText(id).then(() => say(t("copied")))}
        >
          {t("copy")}
        </button>
      </p>
      <Wait state={answers.of(`receipt ${id}`, (options) => askReceipt(id, options)).value} lines={6}>
        {(kept) => <Kept kept={kept} />}
      </Wait>
      {replayed.value.has(id) ? (
        <Wait state={answers.of(`replay ${id}`, (options) => askReplay(id, options)).value} lines={1}>
          {({ identical, finding }) => <p class={identical ? "" : "problem"}>{finding}</p>}
        </Wait>
      ) : (
        <button
          type="button"
          onClick={() => {
            replayed.value = new Set([...replayed.value, id]);
          }}
        >
          {t("receipt_replay")}
        </button>
      )}
      <p class="muted small">{t("receipt_replay_hint")}</p>
    </DialogBox>
  );
}

function Kept({ kept }: { readonly kept: Receipt }) {
  const rows: readonly (readonly [string, string])[] = [
    [t("receipt_time"), moment(kept.time)],
    [t("col_party"), called(kept.party)],
    [t("stands_revision"), String(kept.revision)],
    [t("stands_as_of"), kept.as_of === null ? t("stands_everything") : day(kept.as_of)],
    [t("stands_snapshot"), kept.snapshot.slice(0, 16)],
    [t("stands_model"), kept.model.slice(0, 16)],
    [t("receipt_policy"), kept.policy.slice(0, 16)],
    [t("receipt_engine"), kept.engine],
    ["SHA-256", kept.sha256.slice(0, 16)],
  ];
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <bdi>{value}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}
