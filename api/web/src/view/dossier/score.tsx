// The score on its scale: where it is, the range that its probability allows, and what a purpose of yes and no says.

import type { ScoreAnswer } from "../../api/types";
import { percent } from "../../words/format";
import { coded, t } from "../../words/language";
import { LevelMark } from "../marks";
import { scoreOf } from "../picture/highlights";

const LOWEST = 350;
const HIGHEST = 950;
/** Where levels begin, from docs/scores.md. */
const BANDS = [
  ["very_high", 350, 500],
  ["high", 500, 600],
  ["medium", 600, 700],
  ["low", 700, 950],
] as const;

const share = (score: number): number => ((score - LOWEST) / (HIGHEST - LOWEST)) * 100;

export function ScoreBlock({ score }: { readonly score: ScoreAnswer }) {
  if (score.approved !== null) {
    return (
      <div class="score">
        <p class="verdict">{t(score.approved ? "approved" : "refused")}</p>
        <p class="muted">{t("yes_no_only")}</p>
      </div>
    );
  }
  if (score.score === null || score.level === "not_assessed") {
    return (
      <div class="score">
        <p class="score-line level-not_assessed">
          <LevelMark level="not_assessed" size={22} /> {t("level_not_assessed")}
        </p>
        <p class="muted">{t("not_assessed_why")}</p>
      </div>
    );
  }
  const { probability, interval, odds0, level, review, warnings } = score;
  const range = interval === null ? null : [scoreOf(interval[1], odds0), scoreOf(interval[0], odds0)];
  return (
    <div class="score">
      <div class="score-line">
        <LevelMark level={level} size={24} />
        <strong class="number-large">{score.score}</strong>
        <div>
          <p class={`level level-${level}`}>{level === null ? "" : coded("level", level)}</p>
          {probability !== null && interval !== null && (
            <p class="muted">
              {t("within", { p: percent(probability), low: percent(interval[0]), high: percent(interval[1]) })}{" "}
              {t("probability_of")}
            </p>
          )}
        </div>
      </div>
      <svg class="scale" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
        {BANDS.map(([band, from, to]) => (
          <rect
            key={band}
            class={`band level-${band}`}
            x={share(from)}
            y={5}
            width={share(to) - share(from) - 0.5}
            height={4}
          />
        ))}
        {range !== null && (
          <rect
            class="range"
            x={share(range[0] ?? LOWEST)}
            y={11}
            width={Math.max(0.6, share(range[1] ?? LOWEST) - share(range[0] ?? LOWEST))}
            height={1.6}
          />
        )}
        <polygon
          class="needle"
          points={`${share(score.score) - 1.2},0 ${share(score.score) + 1.2},0 ${share(score.score)},4.4`}
        />
      </svg>
      <p class="row small muted">
        <span>{LOWEST}</span>
        <span class="space" />
        <span>{HIGHEST}</span>
      </p>
      {review && <p class="muted small">{t("review")}</p>}
      {warnings.length > 0 && (
        <p class="warning">
          {t("warnings")}: {warnings.map((one) => one.replaceAll("_", " ")).join(", ")}
        </p>
      )}
    </div>
  );
}
