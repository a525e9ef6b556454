// A pair: the risk for one in dealing with the other, trust both ways, contagion, and what lies between them.

import type { Level, RelationshipRisk } from "../../api/types";
import { drawPath } from "../../picture/actions";
import { graph } from "../../picture/data";
import { percent, words } from "../../words/format";
import { t } from "../../words/language";
import { called, told } from "../../words/names";
import { all, open, pair } from "../../work/commands";
import { run, work } from "../../work/store";
import { LevelText, Name } from "../marks";
import { facts } from "../picture/status";
import { Wait } from "../wait";
import { pathsBetween, riskBetween } from "./answers";

export function Pair({ a, b }: { readonly a: string; readonly b: string }) {
  return (
    <section class="dossier" aria-label={t("pair")}>
      <div class="row">
        <button type="button" class="plain" onClick={() => run(pair(null))}>
          ← {t("pair_close", { name: called(a) })}
        </button>
        <span class="space" />
        <button type="button" onClick={() => run(all("pair", a, [open(b), pair(a)]))}>
          {t("pair_swap")}
        </button>
      </div>
      <h2>
        <Name party={a} /> – <Name party={b} />
      </h2>
      <Wait state={riskBetween(a, b, work.value.purpose)} lines={8}>
        {(risk) => <Risk risk={risk} />}
      </Wait>
      <h3>{t("pair_between")}</h3>
      <Between a={a} b={b} />
    </section>
  );
}

function Risk({ risk }: { readonly risk: RelationshipRisk }) {
  const names = { a: called(risk.source), b: called(risk.target) };
  return (
    <>
      <p>{t("pair_risk", names)}</p>
      <p class="verdict">
        <LevelText level={risk.level as Level} />
      </p>
      <dl class="pairs">
        {[
          [names.a, risk.source_probability],
          [names.b, risk.target_probability],
        ].map(([name, probability]) => (
          <div key={String(name)}>
            <dt>
              <bdi>{name}</bdi>, {t("probability_of")}
            </dt>
            <dd>{typeof probability === "number" ? percent(probability) : t("unknown")}</dd>
          </div>
        ))}
        <div>
          <dt>{t("pair_trust")}</dt>
          <dd>{trust(risk.trust)}</dd>
        </div>
        <div>
          <dt>{t("pair_trust_back")}</dt>
          <dd>{trust(risk.trust_back)}</dd>
        </div>
      </dl>
      {risk.contagion !== null && <p>{t("pair_contagion", { ...names, p: percent(risk.contagion) })}</p>}
      <ul class="plain-list">
        {risk.reasons.map((reason) => (
          <li key={reason.text} class="muted">
            {told(reason.text)}
          </li>
        ))}
      </ul>
      <details>
        <summary>{t("pair_trust")}</summary>
        <ul class="plain-list muted">
          {risk.trust_evidence.map((one) => (
            <li key={one.code}>
              {told(one.text)}
              {one.mean !== null && ` (${one.mean.toFixed(2)}; ${one.count})`}
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

const trust = (value: number | null): string =>
  value === null ? t("unknown") : `${value > 0 ? "+" : ""}${value.toFixed(2)}`;

function Between({ a, b }: { readonly a: string; readonly b: string }) {
  const links = graph.value.edges
    .filter((edge) => (edge.a === a && edge.b === b) || (edge.a === b && edge.b === a))
    .flatMap((edge) => edge.links);
  return (
    <>
      {links.length === 0 && <p class="muted">{t("pair_nothing")}</p>}
      <ul class="plain-list">
        {links.map((link) => (
          <li key={`${link.source} ${link.kind}`}>
            <strong>{words(link.kind)}</strong> <bdi>{called(link.source)}</bdi> → <bdi>{called(link.target)}</bdi>{" "}
            <span class="muted">{facts(link)}</span>
          </li>
        ))}
      </ul>
      <Wait state={pathsBetween(a, b)} lines={2}>
        {({ paths }) => (
          <ul class="plain-list">
            {paths.map((path) => (
              <li key={path.parties.join(" ")} class="row">
                <bdi>{path.parties.map(called).join(" – ")}</bdi>
                <span class="space" />
                <button type="button" class="link" onClick={() => void drawPath(path)}>
                  {t("path_draw")}
                </button>
              </li>
            ))}
          </ul>
        )}
      </Wait>
    </>
  );
}
