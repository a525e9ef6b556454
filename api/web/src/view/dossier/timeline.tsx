// What happened when: outcomes and links of a party, the newest first, by month.

import type { PartyProfile } from "../../api/types";
import { amount, day, whole, words } from "../../words/format";
import { t } from "../../words/language";
import { Wait } from "../wait";
import { linksOf } from "./answers";
import { PartyLink } from "./party_link";

const MOST = 1_000;
const SHOWN = 60;

interface Event {
  readonly time: number;
  readonly what: string;
  readonly party: string | null;
  readonly bad: boolean;
}

export function Timeline({ profile }: { readonly profile: PartyProfile }) {
  return (
    <Wait state={linksOf(profile.party, null, MOST)} lines={10}>
      {({ neighbours, total }) => {
        const events: readonly Event[] = [
          ...profile.outcomes.flatMap(({ outcome, opened, closed }) => [
            ...(opened === null ? [] : [{ time: opened, what: words(outcome), party: null, bad: outcome !== "cured" }]),
            ...(closed === null
              ? []
              : [{ time: closed, what: `${words(outcome)}: ${t("closed", { when: "" })}`, party: null, bad: false }]),
          ]),
          ...neighbours.flatMap(({ first, kind, party, direction, count, amount: sum }) => {
            if (first === null) return [];
            const arrow = direction === "in" ? "←" : direction === "out" ? "→" : "–";
            const size = sum !== null ? ` ${amount(sum)}` : count > 1 ? ` × ${whole(count)}` : "";
            return [{ time: first, what: `${words(kind)}${size} ${arrow}`, party, bad: false }];
          }),
        ].sort((a, b) => b.time - a.time);
        if (events.length === 0) return <p class="empty">{t("nothing_dated")}</p>;
        return (
          <>
            <ol class="timeline">
              {events.slice(0, SHOWN).map((event, i) => (
                <li key={i} class={event.bad ? "bad" : ""}>
                  <time class="muted small" dateTime={new Date(event.time * 1000).toISOString()}>
                    {day(event.time)}
                  </time>
                  <span>
                    {event.what} {event.party !== null && <PartyLink party={event.party} />}
                  </span>
                </li>
              ))}
            </ol>
            {(events.length > SHOWN || total > neighbours.length) && (
              <p class="muted small">{t("and_more", { n: whole(total - Math.min(SHOWN, events.length)) })}</p>
            )}
          </>
        );
      }}
    </Wait>
  );
}
