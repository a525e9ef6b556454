// Two rings side by side: who is in both and in which role, what each rests on, what ties them.

import { signal } from "@preact/signals";
import { rings as askRings, ringComparison } from "../../api/questions";
import { Answers } from "../../api/resource";
import type { RingAnswer, RingComparison } from "../../api/types";
import { drawRings, openParty } from "../../picture/actions";
import { amount, day, whole, words } from "../../words/format";
import { coded, language, t } from "../../words/language";
import { called, ringName, told } from "../../words/names";
import { epoch } from "../../work/freshness";
import { DialogBox } from "../dialog";
import { LevelText, Name } from "../marks";
import { ask, dialog } from "../ui";
import { Wait } from "../wait";

const answers = new Answers(40);
const first = signal<RingAnswer | null>(null);
const second = signal<string | null>(null);

export function compareRing(ring: RingAnswer): void {
  first.value = ring;
  second.value = null;
  ask("rings");
}

const key = (...parts: readonly unknown[]): string => JSON.stringify([epoch.value, language.value, ...parts]);

export function RingsDialog() {
  const one = first.value;
  if (one === null) return null;
  const list = answers.of(key("rings"), (options) => askRings(language.peek(), options)).value;
  return (
    <DialogBox title={t("rings_compare", { name: ringName(one.ring) })} wide>
      <Wait state={list} lines={3}>
        {({ rings, total }) => <Choice one={one} others={nearestFirst(one, rings)} left={total - rings.length} />}
      </Wait>
    </DialogBox>
  );
}

/** The other rings, those that share most members first. */
function nearestFirst(one: RingAnswer, rings: readonly RingAnswer[]): readonly RingAnswer[] {
  const mine = new Set(one.members.map(({ party }) => party));
  const shared = (ring: RingAnswer) => ring.members.filter(({ party }) => mine.has(party)).length;
  return rings.filter(({ ring }) => ring !== one.ring).sort((a, b) => shared(b) - shared(a) || b.strength - a.strength);
}

interface ChoiceProperties {
  readonly one: RingAnswer;
  readonly others: readonly RingAnswer[];
  readonly left: number;
}

function Choice({ one, others, left }: ChoiceProperties) {
  const other = second.value ?? others[0]?.ring;
  if (other === undefined) return <p class="empty">{t("rings_only_one")}</p>;
  const state = answers.of(key(one.ring, other), (options) =>
    ringComparison(one.ring, other, language.peek(), options),
  ).value;
  return (
    <>
      <label>
        {t("compare_choose")}{" "}
        <select
          value={other}
          onChange={({ currentTarget }) => {
            second.value = currentTarget.value;
          }}
        >
          {others.map((ring) => (
            <option key={ring.ring} value={ring.ring}>
              {`${ringName(ring.ring)} · ${t("ring_of", { n: ring.members.length, level: coded("level", ring.level) })}`}
            </option>
          ))}
        </select>
      </label>
      {left > 0 && <p class="muted small">{t("and_more", { n: whole(left) })}</p>}
      <Wait state={state} lines={8}>
        {(comparison) => <Compared comparison={comparison} />}
      </Wait>
    </>
  );
}

function Compared({ comparison }: { readonly comparison: RingComparison }) {
  const { ring, other, both, links, identifiers, identifiers_total, parties, parties_total } = comparison;
  const inBoth = new Set(both.map(({ party }) => party));
  return (
    <>
      <div class="scroll-x">
        <table class="compare">
          <thead>
            <tr>
              <td />
              {[ring, other].map((one) => (
                <th scope="col" key={one.ring}>
                  {t("ring")} {ringName(one.ring)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">{t("col_level")}</th>
              {[ring, other].map((one) => (
                <td key={one.ring}>
                  <LevelText level={one.level} />
                </td>
              ))}
            </tr>
            <tr>
              <th scope="row">{t("rings_rests_on")}</th>
              {[ring, other].map((one) => (
                <td key={one.ring}>
                  <ul class="plain-list">
                    {one.evidence.map(({ text }) => (
                      <li key={text}>{told(text)}</li>
                    ))}
                  </ul>
                </td>
              ))}
            </tr>
            <tr>
              <th scope="row">{t("rings_alone")}</th>
              {[ring, other].map((one) => (
                <td key={one.ring}>
                  <Members members={one.members.filter(({ party }) => !inBoth.has(party))} />
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
      <h3>{t("rings_both", { n: both.length })}</h3>
      {both.length === 0 && <p class="muted">{t("rings_both_none")}</p>}
      <ul class="plain-list">
        {both.map(({ party, role, role_in_other }) => (
          <li key={party}>
            <Party id={party} />{" "}
            <span class="muted">
              {coded("role", role)} · {coded("role", role_in_other)}
            </span>
          </li>
        ))}
      </ul>
      <h3>{t("rings_between")}</h3>
      {links.length === 0 && <p class="muted">{t("rings_between_none")}</p>}
      <ul class="plain-list">
        {links.map((one) => (
          <li key={one.kind}>
            <strong>{words(one.kind)}</strong>{" "}
            <span class="muted">
              {[
                t("rings_links", { links: whole(one.links), pairs: whole(one.pairs) }),
                one.amount === null ? "" : amount(one.amount),
                one.first === null || one.last === null ? "" : `${day(one.first)} – ${day(one.last)}`,
              ]
                .filter((part) => part !== "")
                .join(" · ")}
            </span>
          </li>
        ))}
      </ul>
      <Tied title="rings_identifiers" tied={identifiers} total={identifiers_total} />
      <Tied title="rings_tied" tied={parties} total={parties_total} />
      <p class="row">
        <button
          type="button"
          class="primary"
          onClick={() => {
            dialog.value = null;
            void drawRings([ring, other]);
          }}
        >
          {t("rings_draw")}
        </button>
      </p>
    </>
  );
}

interface TiedProperties {
  readonly title: "rings_identifiers" | "rings_tied";
  readonly tied: RingComparison["parties"];
  readonly total: number;
}

function Tied({ title, tied, total }: TiedProperties) {
  return (
    <>
      <h3>{t(title, { n: whole(total) })}</h3>
      {total === 0 && <p class="muted">{t("none")}</p>}
      <ul class="plain-list">
        {tied.map((one) => (
          <li key={one.party}>
            <Party id={one.party} />{" "}
            <span class="muted">
              {one.kind} · {t("rings_tied_to", { n: one.members, m: one.members_of_other })}
            </span>
          </li>
        ))}
      </ul>
      {total > tied.length && <p class="muted small">{t("and_more", { n: whole(total - tied.length) })}</p>}
    </>
  );
}

function Members({ members }: { readonly members: RingAnswer["members"] }) {
  if (members.length === 0) return <span class="muted">{t("none")}</span>;
  return (
    <ul class="plain-list">
      {members.map(({ party, role }) => (
        <li key={party}>
          <Party id={party} /> {role !== "member" && <span class="tag">{coded("role", role)}</span>}
        </li>
      ))}
    </ul>
  );
}

function Party({ id }: { readonly id: string }) {
  return (
    <button
      type="button"
      class="link"
      title={called(id)}
      onClick={() => {
        dialog.value = null;
        void openParty(id);
      }}
    >
      <Name party={id} />
    </button>
  );
}
