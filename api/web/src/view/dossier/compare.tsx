// The same party under another purpose, side by side, part by part.

import { useSignal } from "@preact/signals";
import type { State } from "../../api/resource";
import type { ExplanationAnswer } from "../../api/types";
import { percent, signed, words } from "../../words/format";
import { coded, t } from "../../words/language";
import { purposes, work } from "../../work/store";
import { LevelText } from "../marks";
import { Wait } from "../wait";
import { explanationOf } from "./answers";

export function Compare({ party }: { readonly party: string }) {
  const mine = work.value.purpose ?? "fraud_investigation";
  const others = purposes.value.filter((one) => one !== mine);
  const chosen = useSignal(others.find((one) => one === "lending") ?? others[0] ?? null);
  if (chosen.value === null) return <p class="empty">{t("compare_one")}</p>;
  return (
    <>
      <label>
        {t("compare_choose")}{" "}
        <select
          value={chosen.value}
          onChange={({ currentTarget }) => {
            chosen.value = currentTarget.value;
          }}
        >
          {others.map((one) => (
            <option key={one} value={one}>
              {words(one)}
            </option>
          ))}
        </select>
      </label>
      <Beside
        states={[explanationOf(party, work.value.purpose), explanationOf(party, chosen.value)]}
        names={[mine, chosen.value]}
      />
    </>
  );
}

interface BesideProperties {
  readonly states: readonly [State<ExplanationAnswer>, State<ExplanationAnswer>];
  readonly names: readonly [string, string];
}

function Beside({ states: [left, right], names }: BesideProperties) {
  return (
    <Wait state={left} lines={6}>
      {(one) => (
        <Wait state={right} lines={6}>
          {(two) => {
            const parts = [...new Set([...Object.keys(one.points), ...Object.keys(two.points)])];
            const both = [one, two] as const;
            return (
              <table class="compare">
                <thead>
                  <tr>
                    <th scope="col">{t("compare_part")}</th>
                    {names.map((name) => (
                      <th scope="col" class="number" key={name}>
                        {words(name)}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  <tr>
                    <th scope="row">{t("score_sum")}</th>
                    {both.map(({ score, purpose }) => (
                      <td class="number" key={purpose}>
                        <strong>
                          {score.score ?? (score.approved === null ? "" : t(score.approved ? "approved" : "refused"))}
                        </strong>
                        <br />
                        {score.level !== null && <LevelText level={score.level} />}
                        <br />
                        <span class="muted small">{score.probability === null ? "" : percent(score.probability)}</span>
                      </td>
                    ))}
                  </tr>
                  <tr>
                    <th scope="row">{t("base_rate")}</th>
                    {both.map(({ base_score, purpose }) => (
                      <td class="number" key={purpose}>
                        {base_score === null ? "–" : Math.round(base_score)}
                      </td>
                    ))}
                  </tr>
                  {parts.map((part) => (
                    <tr key={part}>
                      <th scope="row">{coded("part", part)}</th>
                      {both.map(({ points, purpose }) => (
                        <td class="number" key={purpose}>
                          {points[part] === undefined ? "–" : signed(points[part])}
                        </td>
                      ))}
                    </tr>
                  ))}
                  <tr>
                    <th scope="row">{t("part_capped")}</th>
                    {both.map(({ capped_points, purpose }) => (
                      <td class="number" key={purpose}>
                        {signed(capped_points)}
                      </td>
                    ))}
                  </tr>
                </tbody>
              </table>
            );
          }}
        </Wait>
      )}
    </Wait>
  );
}
