// The picture as tables: the same parties and links, sorted as one likes, for keyboards and screen readers.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { openParty, supposeWithout } from "../../picture/actions";
import { caseOfParty, cursor, graph } from "../../picture/data";
import type { Graph, Node } from "../../picture/graph";
import type { Key } from "../../words/en";
import { amount, day, whole, words } from "../../words/format";
import { t } from "../../words/language";
import { called } from "../../words/names";
import { work } from "../../work/store";
import { KindMark, LevelText, Name } from "../marks";
import { ask } from "../ui";
import { supposed } from "./highlights";

const ROWS = 200; // links shown at once; the rest when one asks for it, as thousands of rows take seconds

type Column = "party" | "kind" | "score" | "links" | "hidden";

const COLUMNS: readonly (readonly [Column, Key])[] = [
  ["party", "col_party"],
  ["kind", "col_kind"],
  ["score", "col_score"],
  ["links", "col_links"],
  ["hidden", "col_hidden"],
];

export function Tables() {
  const by = useSignal<{ readonly column: Column; readonly down: boolean }>({ column: "score", down: false });
  const shown = graph.value;
  const links = linksOf(shown);
  const sorted = [...shown.nodes].sort((a, b) => compare(by.value.column, a, b, links) * (by.value.down ? -1 : 1));
  return (
    <section class="tables" aria-label={t("table")}>
      <table>
        <caption>{t("table_parties")}</caption>
        <thead>
          <tr>
            {COLUMNS.map(([column, key]) => (
              <th
                scope="col"
                key={column}
                aria-sort={by.value.column !== column ? "none" : by.value.down ? "descending" : "ascending"}
                class={column === "party" || column === "kind" ? "" : "number"}
              >
                <button
                  type="button"
                  class="plain"
                  onClick={() => {
                    by.value = { column, down: by.value.column === column && !by.value.down };
                  }}
                >
                  {t(key)}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((node) => (
            <PartyRow key={node.id} node={node} links={links.get(node.id) ?? 0} />
          ))}
        </tbody>
      </table>
      <LinkTable shown={shown} />
    </section>
  );
}

function PartyRow({ node, links }: { readonly node: Node; readonly links: number }) {
  const open = work.value.focus === node.id;
  const next = supposed.value.get(node.id);
  return (
    <tr class={open ? "chosen" : ""} aria-current={open}>
      <th scope="row">
        <KindMark kind={node.kind} />{" "}
        <button type="button" class="link" onClick={() => void openParty(node.id)}>
          <Name party={node.id} />
        </button>{" "}
        <bdi class="muted small">{node.id}</bdi>
        {(caseOfParty.value.get(node.id) ?? []).map((one) => (
          <span class="tag" key={one.case}>
            {t("case_short", { n: one.case, who: one.assignee ?? t("case_nobody") })}
          </span>
        ))}
      </th>
      <td>{node.kind}</td>
      <td class="number">
        {node.score === null ? "" : next === undefined || next === node.score ? node.score : `${node.score} → ${next}`}{" "}
        <LevelText level={node.level} />
        {node.knownBad && <span class="tag">{t("known_bad")}</span>}
      </td>
      <td class="number">{whole(links)}</td>
      <td class="number">
        {node.notDrawn > 0 && (
          <button
            type="button"
            class="link"
            onClick={() => {
              cursor.value = node.id;
              ask("expand");
            }}
          >
            {whole(node.notDrawn)}
            <span class="unseen"> {t("expand")}</span>
          </button>
        )}
      </td>
    </tr>
  );
}

function LinkTable({ shown }: { readonly shown: Graph }) {
  const links = shown.edges.flatMap((edge) => edge.links);
  const rows = useSignal(ROWS);
  const heads: readonly Key[] = ["col_from", "col_to", "col_link", "col_count", "col_amount", "col_first", "col_last"];
  const cells = ({ first, last, count, amount: sum }: (typeof links)[number]): readonly ComponentChildren[] => [
    whole(count),
    sum === null ? "" : amount(sum),
    first === null ? "" : day(first),
    last === null ? "" : day(last),
  ];
  return (
    <table>
      <caption>{t("table_links")}</caption>
      <thead>
        <tr>
          {heads.map((key, i) => (
            <th scope="col" key={key} class={i > 2 ? "number" : ""}>
              {t(key)}
            </th>
          ))}
          <td />
        </tr>
      </thead>
      <tbody>
        {links.slice(0, rows.value).map((link) => (
          <tr key={JSON.stringify([link.source, link.target, link.kind])}>
            <td>
              <Name party={link.source} />
            </td>
            <td>
              <Name party={link.target} />
            </td>
            <td>{words(link.kind)}</td>
            {cells(link).map((cell, i) => (
              <td class="number" key={i}>
                {cell}
              </td>
            ))}
            <td>
              <button type="button" class="link" onClick={() => supposeWithout(link)}>
                {t("what_if_without")}
                <span class="unseen">
                  {" "}
                  {t("what_if_removed", { kind: words(link.kind), a: called(link.source), b: called(link.target) })}
                </span>
              </button>
            </td>
          </tr>
        ))}
      </tbody>
      {links.length > rows.value && (
        <tfoot>
          <tr>
            <td colSpan={heads.length + 1}>
              <button
                type="button"
                onClick={() => {
                  rows.value = links.length;
                }}
              >
                {t("table_more", { n: whole(rows.value), all: whole(links.length) })}
              </button>
            </td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}

function linksOf({ edges }: Graph): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { a, b, links } of edges) {
    for (const end of [a, b]) counts.set(end, (counts.get(end) ?? 0) + links.length);
  }
  return counts;
}

function compare(column: Column, a: Node, b: Node, links: ReadonlyMap<string, number>): number {
  switch (column) {
    case "party":
      return called(a.id).localeCompare(called(b.id));
    case "kind":
      return a.kind.localeCompare(b.kind);
    case "score":
      return (a.score ?? 1_000) - (b.score ?? 1_000);
    case "links":
      return (links.get(b.id) ?? 0) - (links.get(a.id) ?? 0);
    case "hidden":
      return b.notDrawn - a.notDrawn;
  }
}
