// The links of a party: money in and out by counterparty, and all kinds with their counts.

import type { PartyLink, PartyProfile } from "../../api/types";
import { openParty } from "../../picture/actions";
import { amount, whole, words } from "../../words/format";
import { t } from "../../words/language";
import { Name } from "../marks";
import { Wait } from "../wait";
import { linksOf } from "./answers";
import { MoneyOverTime } from "./money";

const MOST = 1_000;
const SHOWN = 8;

export interface Flow {
  readonly party: string;
  readonly amount: number;
  readonly links: number;
}

/** Money by counterparty in one direction, the largest sum first; links without an amount count as links alone. */
export function flows(links: readonly PartyLink[], direction: "in" | "out"): readonly Flow[] {
  const byParty = new Map<string, Flow>();
  for (const link of links) {
    if (link.category !== "money" || link.direction !== direction) continue;
    const before = byParty.get(link.party) ?? { party: link.party, amount: 0, links: 0 };
    byParty.set(link.party, {
      ...before,
      amount: before.amount + (link.amount ?? 0),
      links: before.links + link.count,
    });
  }
  return [...byParty.values()].sort((a, b) => b.amount - a.amount || b.links - a.links);
}

export function Links({ profile }: { readonly profile: PartyProfile }) {
  const money = profile.links.filter(({ category }) => category === "money").map(({ kind }) => kind);
  return (
    <>
      {money.length === 0 ? (
        <p class="muted">{t("money_none")}</p>
      ) : (
        <Wait state={linksOf(profile.party, money, MOST)} lines={6}>
          {({ neighbours, total }) => (
            <>
              <Money title={t("money_in")} flows={flows(neighbours, "in")} />
              <Money title={t("money_out")} flows={flows(neighbours, "out")} />
              <MoneyOverTime links={neighbours} />
              {total > neighbours.length && (
                <p class="muted small">{t("money_partial", { n: whole(neighbours.length), total: whole(total) })}</p>
              )}
            </>
          )}
        </Wait>
      )}
      <h3>{t("links_by_kind")}</h3>
      <dl class="pairs">
        {profile.links.map(({ kind, counts }) => (
          <div key={kind}>
            <dt>{words(kind)}</dt>
            <dd>{t("in_out", { in: whole(counts.in), out: whole(counts.out) })}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Money({ title, flows: all }: { readonly title: string; readonly flows: readonly Flow[] }) {
  const most = all[0]?.amount ?? 0;
  const sum = all.reduce((total, one) => total + one.amount, 0);
  return (
    <>
      <h3 class="row">
        {title} <span class="space" /> <span class="number">{amount(sum)}</span>
      </h3>
      {all.length === 0 && <p class="muted">{t("none")}</p>}
      <ul class="flows">
        {all.slice(0, SHOWN).map((flow) => (
          <li key={flow.party}>
            <button type="button" class="link" onClick={() => void openParty(flow.party)}>
              <Name party={flow.party} />
            </button>
            <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
              <rect width={most > 0 ? Math.max(1, (flow.amount / most) * 100) : 1} height={6} />
            </svg>
            <span class="number">{flow.amount > 0 ? amount(flow.amount) : "–"}</span>
            <span class="number muted small">× {whole(flow.links)}</span>
          </li>
        ))}
      </ul>
      {all.length > SHOWN && <p class="muted small">{t("and_more", { n: all.length - SHOWN })}</p>}
    </>
  );
}
