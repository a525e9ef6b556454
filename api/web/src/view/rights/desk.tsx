// The desk for the people who are scored: the queue of their disputes, and all that is held about one of them.

import { signal } from "@preact/signals";
import { t } from "../../words/language";
import { Person } from "./person";
import { Queue } from "./queue";

const shown = signal<"queue" | "person">("queue");

export function RightsDesk() {
  return (
    <section class="queue" aria-label={t("rights")}>
      <fieldset class="chips">
        <legend class="unseen">{t("rights")}</legend>
        {(["queue", "person"] as const).map((one) => (
          <button
            type="button"
            key={one}
            class="chip"
            aria-pressed={shown.value === one}
            onClick={() => {
              shown.value = one;
            }}
          >
            {t(one === "queue" ? "rights_queue" : "rights_person")}
          </button>
        ))}
      </fieldset>
      {shown.value === "queue" ? <Queue /> : <Person />}
    </section>
  );
}
