// What is known of a party itself: attributes, identifiers and who shares them, outcomes.

import type { PartyProfile } from "../../api/types";
import { drawParties, openParty } from "../../picture/actions";
import { amount, day, words } from "../../words/format";
import { coded, t } from "../../words/language";
import { KindMark, Name } from "../marks";

export function Record({ profile }: { readonly profile: PartyProfile }) {
  const { record, identifiers, outcomes } = profile;
  return (
    <>
      <h3>{t("outcomes")}</h3>
      {outcomes.length === 0 && <p class="muted">{t("no_outcomes")}</p>}
      <ul class="plain-list">
        {outcomes.map((one, i) => (
          <li key={i}>
            <strong>{words(one.outcome)}</strong> <span class="tag">{coded("outcome_state", one.state)}</span>{" "}
            <span class="muted">
              {[
                one.opened === null ? "" : t("opened", { when: day(one.opened) }),
                one.closed === null ? "" : t("closed", { when: day(one.closed) }),
              ]
                .filter((part) => part !== "")
                .join(", ")}
            </span>
          </li>
        ))}
      </ul>
      <h3>{t("identifiers")}</h3>
      {identifiers.length === 0 && <p class="muted">{t("none")}</p>}
      <ul class="plain-list">
        {identifiers.map(({ identifier, others, shared }) => (
          <li key={identifier.party}>
            <p class="row">
              <KindMark kind={identifier.kind} />
              <button type="button" class="link" onClick={() => void openParty(identifier.party)}>
                <Name party={identifier.party} />
              </button>
              <span class="muted small">
                {identifier.kind} · {shared === 0 ? t("shared_with_nobody") : t("shared_with", { n: shared })}
              </span>
              <span class="space" />
              {shared > 0 && (
                <button
                  type="button"
                  class="link"
                  onClick={() => void drawParties([identifier.party, ...others.map(({ party }) => party)])}
                >
                  {t("path_draw")}
                </button>
              )}
            </p>
            {others.length > 0 && (
              <ul class="inline">
                {others.map(({ party }) => (
                  <li key={party}>
                    <button type="button" class="link" onClick={() => void openParty(party)}>
                      <Name party={party} />
                    </button>
                  </li>
                ))}
                {shared > others.length && <li class="muted">{t("and_more", { n: shared - others.length })}</li>}
              </ul>
            )}
          </li>
        ))}
      </ul>
      <Attributes title={t("attributes")} values={record.attributes} />
      <Attributes title={t("protected")} values={record.protected_attributes} />
    </>
  );
}

type Values = Readonly<{ [name: string]: number | string }>;

function Attributes({ title, values }: { readonly title: string; readonly values: Values }) {
  const entries = Object.entries(values);
  if (entries.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <dl class="pairs">
        {entries.map(([name, value]) => (
          <div key={name}>
            <dt>{words(name)}</dt>
            <dd>
              <bdi>{typeof value === "number" ? amount(value) : value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
