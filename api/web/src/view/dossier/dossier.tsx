// All about one party: who it is, its score, and in tabs why, its record, its links, its past, and a comparison.

import type { PartyProfile } from "../../api/types";
import { openParty } from "../../picture/actions";
import { caseOfParty, past, picture, until } from "../../picture/data";
import type { Key } from "../../words/en";
import { day, whole } from "../../words/format";
import { coded, t } from "../../words/language";
import { pair, showTab, workOn } from "../../work/commands";
import { run, work } from "../../work/store";
import { TABS, type Tab } from "../../work/work";
import { showReceipt } from "../dialogs/receipt";
import { addAnswerEvidence, addParties } from "../left/case_acts";
import { KindMark, LevelText, Name } from "../marks";
import { ask, leftTab } from "../ui";
import { Wait } from "../wait";
import { profileOf } from "./answers";
import { Changes, ChangesLine } from "./changes";
import { Compare } from "./compare";
import { Links } from "./links";
import { Pair } from "./pair";
import { Record } from "./record";
import { ScoreBlock } from "./score";
import { Timeline } from "./timeline";
import { Why } from "./why";

export function Dossier() {
  const { focus, other, purpose } = work.value;
  if (focus === null) {
    return (
      <section class="dossier" aria-label={t("dossier")}>
        <p class="empty">{t("dossier_none")}</p>
      </section>
    );
  }
  if (picture.value?.missing.includes(focus) === true) {
    return (
      <section class="dossier" aria-label={t("dossier")}>
        <p class="empty">{t("missing_open", { id: focus })}</p>
      </section>
    );
  }
  if (other !== null) return <Pair a={focus} b={other} />;
  return (
    <section class="dossier" aria-label={t("dossier")}>
      <Wait state={profileOf(focus, purpose)} lines={10}>
        {(profile) => <Party profile={profile} />}
      </Wait>
    </section>
  );
}

function Party({ profile }: { readonly profile: PartyProfile }) {
  const { party, record, score } = profile;
  const links = Object.values(record.links).reduce((sum, one) => sum + one.in + one.out, 0);
  const also = record.ids.filter((id) => id !== party);
  return (
    <>
      <header class="who">
        <h2>
          <KindMark kind={record.kind} size={18} /> <Name party={party} />
        </h2>
        <p class="muted">
          {record.kind} · <bdi>{party}</bdi> · {t("links_n", { n: whole(links) })}
          {record.implied && ` · ${t("implied")}`}
          {also.length > 0 && ` · ${t("also", { ids: also.join(", ") })}`}
        </p>
        <InCases party={party} />
      </header>
      {score === null ? <p class="muted">{t("no_model")}</p> : <ScoreBlock score={score} />}
      <PastScore party={party} />
      <ChangesLine party={party} />
      <TabBar />
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${work.value.tab}`} class="panel">
        <Panel tab={work.value.tab} profile={profile} />
      </div>
      <Foot profile={profile} />
    </>
  );
}

function Panel({ tab, profile }: { readonly tab: Tab; readonly profile: PartyProfile }) {
  switch (tab) {
    case "why":
      return <Why profile={profile} />;
    case "record":
      return <Record profile={profile} />;
    case "links":
      return <Links profile={profile} />;
    case "time":
      return <Timeline profile={profile} />;
    case "changes":
      return <Changes party={profile.party} />;
    case "compare":
      return <Compare party={profile.party} />;
  }
}

function TabBar() {
  const { tab } = work.value;
  const turn = (by: number) => {
    const next = TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length] ?? tab;
    run(showTab(next));
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={t("dossier")}>
      {TABS.map((one) => (
        <button
          type="button"
          role="tab"
          key={one}
          id={`tab-${one}`}
          aria-selected={tab === one}
          aria-controls="tab-panel"
          tabIndex={tab === one ? 0 : -1}
          onClick={() => run(showTab(one))}
          onKeyDown={(event) => {
            if (event.key === "ArrowRight") turn(1);
            else if (event.key === "ArrowLeft") turn(-1);
            else return;
            event.preventDefault();
          }}
        >
          {t(`tab_${one}` as Key)}
        </button>
      ))}
    </div>
  );
}

function InCases({ party }: { readonly party: string }) {
  const cases = caseOfParty.value.get(party) ?? [];
  return (
    <>
      {cases.map((one) => (
        <p key={one.case} class="in-case">
          <button
            type="button"
            class="link"
            onClick={() => {
              leftTab.value = "cases";
              run(workOn(one.case));
            }}
          >
            {t("case_in", { n: one.case, title: one.title, who: one.assignee ?? t("case_nobody") })}
          </button>{" "}
          <span class="muted small">{coded("state", one.state)}</span>
        </p>
      ))}
    </>
  );
}

function Foot({ profile }: { readonly profile: PartyProfile }) {
  const { case: number } = work.value;
  const { party, score } = profile;
  return (
    <footer class="foot row wrap">
      {number === null ? (
        <button type="button" class="primary" onClick={() => ask("new_case")}>
          {t("case_new")}
        </button>
      ) : (
        <button type="button" class="primary" onClick={() => void addParties(number, [party])}>
          {t("case_add_party", { n: number })}
        </button>
      )}
      {number !== null && score !== null && (
        <button type="button" onClick={() => void addAnswerEvidence(number, score)}>
          {t("keep_answer")}
        </button>
      )}
      {!work.value.places.has(party) && (
        <button type="button" onClick={() => void openParty(party)}>
          {t("path_draw")}
        </button>
      )}
      {score !== null && (
        <button type="button" title={score.receipt} onClick={() => showReceipt(score.receipt)}>
          {t("receipt")} <code>{score.receipt.slice(0, 10)}</code>
        </button>
      )}
      {score !== null && (
        <p class="muted small">
          {[
            `${t("stands_revision")} ${score.revision}`,
            `${t("stands_as_of")} ${score.as_of === null ? t("stands_everything") : day(score.as_of)}`,
            `${t("stands_model")} ${score.model.slice(0, 10)}`,
          ].join(" · ")}
        </p>
      )}
    </footer>
  );
}

/** While the picture shows the past, the dossier shows today: it says so, and what the score was then. */
function PastScore({ party }: { readonly party: string }) {
  const then = past.value;
  const one = then?.scores.find((each) => each.party === party);
  if (until.value === null) return null;
  return (
    <p class="small muted">
      {t("past_dossier")}{" "}
      {then !== null && one !== undefined && (
        <>
          {t("past_score", { when: day(then.as_of) })}{" "}
          {one.known ? <strong>{one.score ?? ""}</strong> : t("past_unknown_one")}{" "}
          {one.known && <LevelText level={one.level} />}
        </>
      )}
    </p>
  );
}

export const endPair = () => run(pair(null));
