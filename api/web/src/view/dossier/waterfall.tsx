// How a score adds up, from the base rate part by part: bars that begin where the one before ends, and their sum.

import type { ExplanationAnswer } from "../../api/types";
import { signed } from "../../words/format";
import { coded, t } from "../../words/language";

export interface Part {
  readonly name: string;
  readonly points: number;
}

export interface Sum {
  readonly base: number;
  readonly parts: readonly Part[];
  readonly total: number;
}

const SHOWN_FROM = 0.5; // points; smaller parts are one bar

/** The parts of a score, which sum to it: own record first, then the largest first, the cap, and the hold at the end. */
export function sumOf({ base_score, points, capped_points, score }: ExplanationAnswer): Sum | null {
  if (base_score === null) return null;
  const own = points.own ?? 0;
  const others = Object.entries(points).filter(([name, value]) => name !== "own" && Math.abs(value) >= SHOWN_FROM);
  others.sort(([, a], [, b]) => Math.abs(b) - Math.abs(a));
  const shown: Part[] = [{ name: "own", points: own }, ...others.map(([name, value]) => ({ name, points: value }))];
  if (Math.abs(capped_points) >= SHOWN_FROM) shown.push({ name: "capped", points: capped_points });
  const sum = base_score + Object.values(points).reduce((all, one) => all + one, 0) + capped_points;
  const total = score.score ?? Math.round(sum);
  const rest = total - base_score - shown.reduce((all, part) => all + part.points, 0);
  if (Math.abs(rest) >= SHOWN_FROM) shown.push({ name: "rounding", points: rest });
  return { base: base_score, parts: shown, total };
}

/** Where the bar of each part begins and ends. */
function stepsOf({ base, parts }: Sum): readonly (Part & { readonly from: number; readonly to: number })[] {
  let at = base;
  return parts.map((part) => {
    const from = at;
    at += part.points;
    return { ...part, from, to: at };
  });
}

const ROW = 22;
const LABEL = 118;
const WIDTH = 380;
const ROOM = 46; // beside the bars, for the points

export function Waterfall({ sum }: { readonly sum: Sum }) {
  const steps = stepsOf(sum);
  const values = [sum.base, sum.total, ...steps.map(({ to }) => to)];
  const low = Math.min(350, ...values) - 10;
  const high = Math.max(...values) + 10;
  const x = (value: number) => LABEL + ((value - low) / (high - low)) * (WIDTH - LABEL - ROOM);
  const bar = (from: number, to: number) => ({
    x: Math.min(x(from), x(to)),
    width: Math.max(2, Math.abs(x(to) - x(from))),
  });
  const rows = steps.length + 2;
  return (
    <figure class="waterfall">
      <figcaption class="unseen">{t("waterfall")}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${rows * ROW}`} role="img" aria-label={spokenSum(sum)}>
        <Row
          y={0}
          name={t("base_rate")}
          value={String(Math.round(sum.base))}
          bar={bar(low, sum.base)}
          kind="total"
          strong
        />
        {steps.map((step, i) => (
          <Row
            key={step.name}
            y={(i + 1) * ROW}
            name={coded("part", step.name)}
            value={signed(step.points)}
            bar={bar(step.from, step.to)}
            kind={step.name === "rounding" ? "total" : step.points < 0 ? "worse" : "better"}
          />
        ))}
        <Row
          y={(rows - 1) * ROW}
          name={t(sum.parts.some(({ name }) => name === "rounding") ? "score_held" : "score_sum")}
          value={String(sum.total)}
          bar={bar(low, sum.total)}
          kind="total"
          strong
        />
      </svg>
    </figure>
  );
}

interface RowProperties {
  readonly y: number;
  readonly name: string;
  readonly value: string;
  readonly bar: { readonly x: number; readonly width: number };
  readonly kind: "total" | "worse" | "better";
  readonly strong?: boolean;
}

function Row({ y, name, value, bar, kind, strong = false }: RowProperties) {
  return (
    <g class={strong ? "strong" : ""}>
      <text x={0} y={y + 15}>
        {name}
      </text>
      <rect class={kind} x={bar.x} y={y + 4} width={bar.width} height={14} rx={2} />
      <text class={`points ${kind}`} x={bar.x + bar.width + 6} y={y + 15}>
        {value}
      </text>
    </g>
  );
}

const spokenSum = ({ base, parts, total }: Sum): string =>
  [
    `${t("base_rate")} ${Math.round(base)}`,
    ...parts.map(({ name, points }) => `${coded("part", name)} ${signed(points)}`),
    `${t("score_sum")} ${total}`,
  ].join(", ");
