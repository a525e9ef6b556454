// What changed about a party since the earlier snapshot: score and why, record, outcomes, links, rings.

import type { PartyChanges } from "../../api/types";
import { day, signed, words } from "../../words/format";
import { coded, t } from "../../words/language";
import { showTab } from "../../work/commands";
import { run, work } from "../../work/store";
import { LevelText } from "../marks";
import { Wait } from "../wait";
import { changesOf } from "./answers";
import { PartyLink } from "./party_link";

const SHOWN = 40;

export function Changes({ party }: { readonly party: string }) {
  return (
    <Wait state={changesOf(party, work.value.purpose)} lines={8}>
      {(changes) => <Told changes={changes} />}
    </Wait>
  );
}

/** One line below the score: what it was before, and how much else changed. */
export function ChangesLine({ party }: { readonly party: string }) {
  const state = changesOf(party, work.value.purpose);
  if (state.is !== "ready" || state.value.before === null) return null;
  const { score, links, outcomes, rings } = state.value;
  const moved = score !== null && score.score_before !== null && score.score_before !== score.score_after;
  const more = links.reduce((sum, one) => sum + one.new, 0);
  const parts = [
    moved ? t("changes_score", { before: score.score_before ?? "", after: score.score_after ?? "–" }) : "",
    more > 0 ? t("changes_links", { n: more }) : "",
    outcomes.length > 0 ? t("changes_outcomes", { n: outcomes.length }) : "",
    (rings?.length ?? 0) > 0 ? t("changes_rings", { n: rings?.length ?? 0 }) : "",
  ].filter((part) => part !== "");
  return (
    <p class="small muted">
      {t("changes_since", { when: whenOf(state.value) })}{" "}
      {parts.length === 0 ? t("changes_nothing") : parts.join(" · ")}{" "}
      {work.value.tab !== "changes" && parts.length > 0 && (
        <button type="button" class="link" onClick={() => run(showTab("changes"))}>
          {t("tab_changes")}
        </button>
      )}
    </p>
  );
}

const whenOf = ({ before }: PartyChanges): string =>
  before === null ? "" : before.as_of === null ? t("changes_revision", { n: before.revision }) : day(before.as_of);

function Told({ changes }: { readonly changes: PartyChanges }) {
  const { before, score, fields, outcomes, links, rings, uncompared } = changes;
  if (before === null) return <p class="empty">{t("changes_no_before")}</p>;
  return (
    <>
      <p class="muted small">
        {t("changes_since", { when: whenOf(changes) })} <code>{before.snapshot.slice(0, 10)}</code>
      </p>
      {changes.party_is === "new" && <p>{t("changes_new")}</p>}
      {changes.party_is === "same" && <p class="empty">{t("changes_nothing")}</p>}
      {score !== null && <Score score={score} />}
      {outcomes.length > 0 && (
        <>
          <h3>{t("outcomes")}</h3>
          <ul class="plain-list">
            {outcomes.map((one) => (
              <li key={one.outcome}>
                <strong>{words(one.outcome)}</strong>{" "}
                <span class="muted">
                  {one.before.map(stateOf).join("; ") || t("none")} → {one.after.map(stateOf).join("; ") || t("none")}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {(rings ?? []).length > 0 && (
        <>
          <h3>{t("rings")}</h3>
          <ul class="plain-list">
            {rings?.map((one) => (
              <li key={one.ring}>
                <strong>
                  {t("ring")} {one.ring.replace(/^ring-/, "").slice(0, 4)}
                </strong>{" "}
                {coded("ring", one.change)}
                {one.level_after !== null && <span class="muted">, {coded("level", one.level_after)}</span>}
                <Joined text="changes_joined" parties={one.joined} />
                <Joined text="changes_left" parties={one.left} />
              </li>
            ))}
          </ul>
        </>
      )}
      {fields.length > 0 && (
        <>
          <h3>{t("attributes")}</h3>
          <ul class="plain-list">
            {fields.map((one) => (
              <li key={one.field}>
                {words(one.field)}: <bdi>{one.before ?? "–"}</bdi> → <bdi>{one.after ?? "–"}</bdi>
              </li>
            ))}
          </ul>
        </>
      )}
      <Links links={links} party={changes.party} />
      {uncompared.length > 0 && (
        <p class="muted small">{t("changes_uncompared", { kinds: uncompared.map(words).join(", ") })}</p>
      )}
    </>
  );
}

function Score({ score }: { readonly score: NonNullable<PartyChanges["score"]> }) {
  const why = Object.entries(score.why)
    .filter(([, points]) => Math.abs(points) >= 0.5)
    .sort(([, a], [, b]) => Math.abs(b) - Math.abs(a));
  return (
    <>
      <h3>{t("col_score")}</h3>
      <p>
        <strong>{score.score_before ?? "–"}</strong> <LevelText level={score.level_before} /> →{" "}
        <strong>{score.score_after ?? "–"}</strong> <LevelText level={score.level_after} />
      </p>
      {why.length > 0 && (
        <ul class="plain-list">
          {why.map(([part, points]) => (
            <li key={part} class="row">
              <span>{coded("part", part)}</span>
              <span class="space" />
              <span class={`number ${points < 0 ? "level-very_high" : "level-low"}`}>{signed(points)}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Links({ links, party }: { readonly links: PartyChanges["links"]; readonly party: string }) {
  if (links.length === 0) return null;
  return (
    <>
      <h3>{t("tab_links")}</h3>
      <ul class="plain-list">
        {links.slice(0, SHOWN).map(({ kind, source, target, ...counts }) => {
          const other = source === party ? target : source;
          const told = (["new", "gone", "changed"] as const).flatMap((what) =>
            counts[what] === 0 ? [] : [t(`changes_${what}_n`, { n: counts[what] })],
          );
          return (
            <li key={JSON.stringify([kind, source, target])}>
              {words(kind)} {source === party ? "→" : "←"} <PartyLink party={other} />{" "}
              <span class="muted">{told.join(", ")}</span>
            </li>
          );
        })}
      </ul>
      {links.length > SHOWN && <p class="muted small">{t("and_more", { n: links.length - SHOWN })}</p>}
    </>
  );
}

function Joined({
  text,
  parties,
}: {
  readonly text: "changes_joined" | "changes_left";
  readonly parties: readonly string[];
}) {
  if (parties.length === 0) return null;
  return (
    <p class="muted">
      {t(text)}{" "}
      {parties.map((id) => (
        <span key={id}>
          <PartyLink party={id} />{" "}
        </span>
      ))}
    </p>
  );
}

function stateOf({ state, opened, closed }: PartyChanges["outcomes"][number]["after"][number]): string {
  const when = [
    opened === null ? "" : t("opened", { when: day(opened) }),
    closed === null ? "" : t("closed", { when: day(closed) }),
  ];
  return [coded("outcome_state", state), ...when].filter((part) => part !== "").join(", ");
}
