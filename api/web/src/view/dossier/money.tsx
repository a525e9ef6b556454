// Money over time: what came in and went out in each month.

import type { PartyLink } from "../../api/types";
import { amount, month } from "../../words/format";
import { t } from "../../words/language";

const SHOWN = 12; // months, the newest

export interface Month {
  /** When it begins, seconds since 1970 (UTC). */
  readonly begin: number;
  readonly in: number;
  readonly out: number;
}

/** The sums of dated links of money by the month in which they began, the newest first; months without any are left out. */
export function byMonth(links: readonly PartyLink[]): readonly Month[] {
  const months = new Map<number, Month>();
  for (const { category, direction, first, amount: sum } of links) {
    if (category !== "money" || first === null || sum === null || (direction !== "in" && direction !== "out")) continue;
    const at = new Date(first * 1000);
    const begin = Date.UTC(at.getUTCFullYear(), at.getUTCMonth()) / 1000;
    const before = months.get(begin) ?? { begin, in: 0, out: 0 };
    months.set(begin, { ...before, [direction]: before[direction] + sum });
  }
  return [...months.values()].sort((a, b) => b.begin - a.begin);
}

export function MoneyOverTime({ links }: { readonly links: readonly PartyLink[] }) {
  const months = byMonth(links);
  if (months.length === 0) return null;
  const most = Math.max(...months.flatMap((one) => [one.in, one.out]));
  return (
    <>
      <table class="months">
        <caption>{t("money_months")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("money_month")}</th>
            <th scope="col" class="number">
              {t("money_in")}
            </th>
            <th scope="col" class="number">
              {t("money_out")}
            </th>
          </tr>
        </thead>
        <tbody>
          {months.slice(0, SHOWN).map((one) => (
            <tr key={one.begin}>
              <th scope="row">{month(one.begin)}</th>
              <Sum value={one.in} most={most} />
              <Sum value={one.out} most={most} />
            </tr>
          ))}
        </tbody>
      </table>
      {months.length > SHOWN && <p class="muted small">{t("and_more", { n: months.length - SHOWN })}</p>}
    </>
  );
}

function Sum({ value, most }: { readonly value: number; readonly most: number }) {
  return (
    <td class="number">
      {value === 0 ? "–" : amount(value)}
      <svg viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
        <rect x={100 - (value / most) * 100} width={(value / most) * 100} height={3} />
      </svg>
    </td>
  );
}
