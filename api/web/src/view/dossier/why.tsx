// Why the score is what it is: the rings, the waterfall, the reasons with their evidence, and what would change it.

import type { ExplanationAnswer, PartyProfile, ReasonAnswer } from "../../api/types";
import { signed } from "../../words/format";
import { coded, t } from "../../words/language";
import { told } from "../../words/names";
import { work } from "../../work/store";
import { Wait } from "../wait";
import { explanationOf } from "./answers";
import { PartyLink } from "./party_link";
import { Rings } from "./rings";
import { sumOf, Waterfall } from "./waterfall";

export function Why({ profile }: { readonly profile: PartyProfile }) {
  const { party, score, rings } = profile;
  return (
    <>
      <Rings rings={rings} />
      {score !== null && score.approved === null && score.level !== "not_assessed" && (
        <Wait state={explanationOf(party, work.value.purpose)} lines={8}>
          {(why) => <Explained why={why} />}
        </Wait>
      )}
    </>
  );
}

function Explained({ why }: { readonly why: ExplanationAnswer }) {
  const sum = sumOf(why);
  const own = why.points.own ?? 0;
  const others = Object.entries(why.points).reduce((all, [name, points]) => (name === "own" ? all : all + points), 0);
  const { parties } = why.removals;
  return (
    <>
      {sum !== null && <Waterfall sum={sum} />}
      <p class="muted small">{t("own_conduct", { own: signed(own), others: signed(others) })}</p>
      {why.reasons.map((reason) => (
        <Reason key={reason.code} reason={reason} />
      ))}
      <div class="card">
        <h3>{t("removals")}</h3>
        {parties.length === 0 && <p class="muted">{t("no_removals")}</p>}
        <ul class="plain-list">
          {parties.slice(0, 5).map((one) => (
            <li key={one.party} class="row">
              <span>
                {t("without")} <PartyLink party={one.party ?? ""} />: {why.score.score} →{" "}
                {without(why, one.points ?? 0)}
              </span>
              <span class="space" />
              <span class="number muted">{signed(-(one.points ?? 0))}</span>
            </li>
          ))}
          {why.counterfactuals.map((one) => (
            <li key={one.text}>{told(one.text)}</li>
          ))}
        </ul>
      </div>
    </>
  );
}

/** The score without what lowers it by so many points; below the scale it is not known how far, so it stays there. */
function without({ base_score, points, capped_points }: ExplanationAnswer, removed: number): number {
  const whole = Object.values(points).reduce((sum, one) => sum + one, (base_score ?? 0) + capped_points);
  return Math.min(950, Math.max(350, Math.round(whole - removed)));
}

function Reason({ reason }: { readonly reason: ReasonAnswer }) {
  const { evidence } = reason;
  return (
    <section class="reason">
      <header class="row">
        <h3>{heading(reason)}</h3>
        <span class="space" />
        <code class="code">{reason.code}</code>
      </header>
      <p class="muted">{told(reason.text)}</p>
      {evidence !== null && evidence.strongest.length > 0 && (
        <ul class="inline">
          {evidence.strongest.map((one) => (
            <li key={one.id}>
              <PartyLink party={one.id} />
              {one.known_bad && <span class="tag">{t("known_bad")}</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const PARTS = /(?:^|_)(OWN|CONTACT|SOCIAL|TRUST|MONEY|GUARANTEE|OWNERSHIP|WORK|IDENTIFIER|DERIVED)(?:_RECORD)?$/;

/** The part of the score that a reason is about, as its code names it, and the points. */
function heading({ code, points }: ReasonAnswer): string {
  const said = coded("part", (PARTS.exec(code)?.[1] ?? code).toLowerCase());
  return points === null || points === 0 ? said : `${said} ${signed(points)}`;
}
