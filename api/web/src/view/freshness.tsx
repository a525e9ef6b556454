// From what the answers on the page were given, and an offer to ask anew where there is something newer.

import { day } from "../words/format";
import { t } from "../words/language";
import { newest, refresh, stale, standsOn } from "../work/freshness";
import { signedIn } from "../work/store";

export function Freshness() {
  const mine = standsOn.value;
  if (mine?.revision == null || mine.snapshot == null) return null;
  const asOf = signedIn.value?.as_of ?? null;
  const when = asOf === null ? t("stands_everything") : day(asOf);
  const title = [
    `${t("stands_revision")} ${mine.revision}`,
    `${t("stands_snapshot")} ${mine.snapshot.slice(0, 12)}`,
    `${t("stands_as_of")} ${when}`,
    `${t("stands_model")} ${mine.model?.slice(0, 12) ?? t("none")}`,
    mine.engine,
  ].join("\n");
  const news = stale.value;
  if (news === null) {
    return (
      <span class="freshness muted small" title={title}>
        {t("stands_on", { n: mine.revision, when })}
      </span>
    );
  }
  const n = (newest.value?.revision ?? mine.revision) - mine.revision;
  return (
    <button type="button" class="freshness stale" title={title} onClick={() => void refresh()}>
      {t(`stale_${news}`, { n })} · <strong>{t("refresh")}</strong>
    </button>
  );
}
