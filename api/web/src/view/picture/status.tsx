// What is drawn and what is not, in words; and the line that was chosen, with its evidence.

import type { DrawnLink } from "../../api/types";
import { showHidden, supposeWithout } from "../../picture/actions";
import { active, asked, chosenEdge, graph, nodes, picture, scenario } from "../../picture/data";
import { amount, day, whole, words } from "../../words/format";
import { t } from "../../words/language";
import { called } from "../../words/names";
import { forget, highlight, suppose } from "../../work/commands";
import { run, work } from "../../work/store";
import { isNothing, NOTHING, type Supposed, type SupposedLink } from "../../work/work";
import { addLinkEvidence } from "../left/case_acts";
import { Name } from "../marks";
import { Wait } from "../wait";

export function Status() {
  const { places, hidden, path, supposed } = work.value;
  const node = nodes.value.get(active.value ?? "");
  const drawn = nodes.value.size;
  const missing = (picture.value?.missing ?? []).filter((id) => places.has(id));
  return (
    <div class="status" role="status">
      {places.size > 0 && <p class="muted">{node === undefined ? t("drawn_of", { n: drawn }) : around(drawn, node)}</p>}
      {hidden.length > 0 && (
        <p class="muted">
          {t("hidden_by_you", { n: hidden.length })}{" "}
          <button type="button" class="link" onClick={() => void showHidden()}>
            {t("show_again")}
          </button>
        </p>
      )}
      {missing.length > 0 && (
        <p class="problem">
          {t("missing", { n: whole(missing.length), ids: some(missing) })}{" "}
          <button type="button" class="link" onClick={() => run(forget(missing))}>
            {t("missing_forget")}
          </button>
        </p>
      )}
      {path.length > 0 && (
        <p>
          {path.map(called).join(" → ")}{" "}
          <button type="button" class="link" onClick={() => run(highlight([]))}>
            {t("path_end")}
          </button>
        </p>
      )}
      {!isNothing(supposed) && <WhatIf supposed={supposed} />}
      {asked.value?.is === "failed" && <Wait state={asked.value}>{() => null}</Wait>}
      {asked.value?.is === "waiting" && picture.value === null && (
        <Wait state={asked.value} lines={1}>
          {() => null}
        </Wait>
      )}
    </div>
  );
}

const NAMED = 5;

/** The first few of some ids, and how many more there are. */
function some(ids: readonly string[]): string {
  const rest = ids.length - NAMED;
  return ids.slice(0, NAMED).join(", ") + (rest > 0 ? ` ${t("and_more", { n: whole(rest) })}` : "");
}

function around(
  n: number,
  node: { id: string; notDrawn: number; notDrawnByKind: ReadonlyMap<string, number> },
): string {
  if (node.notDrawn === 0) return t("drawn_all", { n, name: called(node.id) });
  const kinds = [...node.notDrawnByKind].slice(0, 4).map(([kind, count]) => `${whole(count)} ${words(kind)}`);
  const rest = node.notDrawnByKind.size > 4 ? ", …" : "";
  return t("drawn_hidden", { n, hidden: whole(node.notDrawn), name: called(node.id), kinds: kinds.join(", ") + rest });
}

function WhatIf({ supposed }: { readonly supposed: Supposed }) {
  return (
    <div class="supposed">
      <span>{t("what_if_on", { what: inWords(supposed) })}</span>{" "}
      {scenario.value !== null && (
        <Wait state={scenario.value} lines={1}>
          {({ raised, lowered, parties, more_defaults, already_bad, nothing_to_cure }) => (
            <span>
              {already_bad.length > 0 && `${t("what_if_known", { names: already_bad.map(called).join(", ") })} `}
              {nothing_to_cure.length > 0 &&
                `${t("what_if_no_cure", { names: nothing_to_cure.map(called).join(", ") })} `}
              {t("what_if_moves", {
                raised: whole(raised),
                lowered: whole(lowered),
                n: whole(parties),
                more: `${more_defaults >= 0 ? "+" : "−"}${Math.abs(more_defaults).toFixed(1)}`,
              })}{" "}
              {t("what_if_stored")}
            </span>
          )}
        </Wait>
      )}{" "}
      <button type="button" class="link" onClick={() => run(suppose(NOTHING))}>
        {t("what_if_end")}
      </button>
    </div>
  );
}

function inWords({ defaults, cures, removed, added }: Supposed): string {
  const of = ({ kind, source, target }: SupposedLink) => ({ kind: words(kind), a: called(source), b: called(target) });
  return [
    ...defaults.map((id) => t("what_if_add", { name: called(id) })),
    ...cures.map((id) => t("what_if_cure", { name: called(id) })),
    ...removed.map((link) => t("what_if_removed", of(link))),
    ...added.map((link) => t("what_if_added", of(link))),
  ].join("; ");
}

/** The evidence of the chosen line: every kind of link that it stands for. */
export function LineEvidence() {
  const edge = graph.value.edges.find(({ id }) => id === chosenEdge.value);
  if (edge === undefined) return null;
  return (
    <section class="evidence" aria-label={t("case_evidence")}>
      <header class="row">
        <h3>
          <Name party={edge.a} /> – <Name party={edge.b} />
        </h3>
        <span class="space" />
        <button
          type="button"
          class="plain"
          onClick={() => {
            chosenEdge.value = null;
          }}
        >
          {t("close")}
        </button>
      </header>
      <ul>
        {edge.links.map((link) => (
          <li key={`${link.source} ${link.kind}`}>
            <strong>{words(link.kind)}</strong> <bdi>{called(link.source)}</bdi> → <bdi>{called(link.target)}</bdi>
            <span class="muted"> {facts(link)}</span>{" "}
            <button type="button" class="link" onClick={() => supposeWithout(link)}>
              {t("what_if_without")}
            </button>
            {work.value.case !== null && (
              <button type="button" class="link" onClick={() => void addLinkEvidence(link)}>
                {t("case_add_party", { n: work.value.case })}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What is known of some links, in a few words. */
export function facts({
  count,
  amount: sum,
  first,
  last,
  via,
  weight,
}: Pick<DrawnLink, "count" | "amount" | "first" | "last" | "via" | "weight">): string {
  return [
    count > 1 ? `× ${whole(count)}` : "",
    sum === null ? "" : amount(sum),
    weight === null ? "" : `${weight > 0 ? "+" : ""}${weight.toFixed(2)}`,
    first === null ? "" : last === null || last - first < 86_400 ? day(first) : `${day(first)} – ${day(last)}`,
    via.length === 0 ? "" : t("via", { ids: via.join(", ") }),
  ]
    .filter((part) => part !== "")
    .join(" · ");
}
