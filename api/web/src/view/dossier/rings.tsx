// The rings that a party is in: who else is, in which role, what speaks for it, and all of them into a case at once.

import type { RingAnswer } from "../../api/types";
import { drawRing } from "../../picture/actions";
import { coded, t } from "../../words/language";
import { ringName, told } from "../../words/names";
import { work } from "../../work/store";
import { compareRing } from "../dialogs/rings";
import { outlineRing } from "../keys";
import { addMembers } from "../left/case_acts";
import { PartyLink } from "./party_link";

export function Rings({ rings }: { readonly rings: readonly RingAnswer[] | null }) {
  if (rings === null) return <p class="muted">{t("rings_withheld")}</p>;
  return (
    <>
      {rings.map((ring, at) => (
        <Ring key={ring.ring} ring={ring} first={at === 0} />
      ))}
    </>
  );
}

/** `first`: the one that the key is for. */
function Ring({ ring, first }: { readonly ring: RingAnswer; readonly first: boolean }) {
  return (
    <section class="reason ring" aria-label={`${t("ring")} ${ringName(ring.ring)}`}>
      <header class="row">
        <h3>
          {t("ring")} {ringName(ring.ring)}
        </h3>
        <span class="muted small">{t("ring_of", { n: ring.members.length, level: coded("level", ring.level) })}</span>
        <span class="space" />
        <code class="code">RING</code>
      </header>
      <ul class="inline">
        {ring.members.map(({ party, role }) => (
          <li key={party}>
            <PartyLink party={party} />{" "}
            <span class={role === "member" ? "muted small" : "tag"}>{coded("role", role)}</span>
          </li>
        ))}
      </ul>
      <ul class="plain-list muted">
        {ring.evidence.map((one) => (
          <li key={one.text}>{told(one.text)}</li>
        ))}
        {ring.members
          .filter(({ role }) => role === "collector")
          .map(({ party, text }) => (
            <li key={party}>
              <PartyLink party={party} /> {told(text)}
            </li>
          ))}
      </ul>
      <div class="row wrap">
        <button type="button" class="primary" onClick={() => void addMembers(ring)}>
          {work.value.case === null ? t("ring_new_case") : t("ring_add_case", { n: work.value.case })}{" "}
          {first && <kbd>A</kbd>}
        </button>
        <button type="button" onClick={() => void drawRing(ring)}>
          {t("ring_draw")}
        </button>
        <button
          type="button"
          aria-pressed={work.value.rings.includes(ring.ring)}
          onClick={() => outlineRing(ring.ring)}
        >
          {t("ring_outline")}
        </button>
        <button type="button" onClick={() => compareRing(ring)}>
          {t("rings_compare_one")}
        </button>
        <span class="muted small">{t("ring_no_score")}</span>
      </div>
    </section>
  );
}
