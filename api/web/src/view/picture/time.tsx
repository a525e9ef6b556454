// When the drawn links began, and a slider that draws only those until a day, with the scores as of then; it plays.

import { useEffect } from "preact/hooks";
import { past, pastAsked, picture, playing, sliding, span, until } from "../../picture/data";
import type { Span } from "../../picture/moments";
import { day, whole } from "../../words/format";
import { t } from "../../words/language";
import { drawUntil } from "../../work/commands";
import { reason } from "../../work/messages";
import { run, work } from "../../work/store";
import { isNothing } from "../../work/work";

const BARS = 60;
const STEP = 2; // bars
const STEP_MS = 350;

export function Time() {
  if (picture.value === null) return null;
  if (span.value === null) return <section class="time muted small">{t("time_none")}</section>;
  return <Slider span={span.value} />;
}

function Slider({ span: { begin, end } }: { readonly span: Span }) {
  const width = (end - begin) / BARS;
  const at = until.value === null ? BARS : Math.max(0, Math.min(BARS, Math.round((until.value - begin) / width)));
  const time = (bar: number) => (bar >= BARS ? null : Math.round(begin + bar * width)); // an address holds whole seconds
  /** Where the slider rests is one step, however it came there. */
  const rest = (bar: number) => {
    playing.value = false;
    run(drawUntil(time(bar)));
    sliding.value = undefined;
  };
  const isWaiting = pastAsked.value?.is === "waiting"; // the next day waits until the scores of this one are there
  useEffect(() => {
    if (!playing.value || isWaiting) return;
    const next = setTimeout(() => {
      if (at + STEP >= BARS) rest(BARS);
      else sliding.value = time(at + STEP);
    }, STEP_MS);
    return () => clearTimeout(next);
  });
  useEffect(
    () => () => {
      playing.value = false;
      sliding.value = undefined;
    },
    [],
  );
  const undated = picture.value?.links.filter(({ first }) => first === null).length ?? 0;
  const shown = until.value === null ? t("time_all") : t("time_until", { when: day(until.value) });
  return (
    <section class="time" aria-label={t("time")}>
      <div class="row">
        <h2>{t("time")}</h2>
        {undated > 0 && <span class="muted small">{t("time_undated", { n: whole(undated) })}</span>}
        <span class="space" />
        <span class="muted small">{until.value === null ? `${day(begin)} – ${day(end)}` : shown}</span>
        <button
          type="button"
          class="plain"
          onClick={() => {
            if (playing.value) rest(at);
            else {
              sliding.value = time(at >= BARS ? 0 : at);
              playing.value = true;
            }
          }}
        >
          {playing.value ? `❚❚ ${t("time_pause")}` : `▶ ${t("time_play")}`}
        </button>
      </div>
      <Bars begin={begin} width={width} at={at} />
      <input
        type="range"
        min={0}
        max={BARS}
        value={at}
        aria-label={t("time")}
        aria-valuetext={shown}
        onInput={({ currentTarget }) => {
          playing.value = false;
          sliding.value = time(Number(currentTarget.value));
        }}
        onChange={({ currentTarget }) => rest(Number(currentTarget.value))}
      />
      <PastScoresText />
    </section>
  );
}

function Bars({ begin, width, at }: { readonly begin: number; readonly width: number; readonly at: number }) {
  const bars = Array.from({ length: BARS }, () => 0);
  for (const { first } of picture.value?.links ?? []) {
    if (first === null) continue;
    const bar = Math.min(BARS - 1, Math.floor((first - begin) / width));
    bars[bar] = (bars[bar] ?? 0) + 1;
  }
  const most = Math.max(...bars);
  return (
    <svg class="bars" viewBox={`0 0 ${BARS * 10} 40`} preserveAspectRatio="none" aria-hidden="true">
      {bars.map((n, i) => (
        <rect
          key={i}
          class={i < at ? "bar-in" : "bar-out"}
          x={i * 10 + 1}
          y={40 - (n / most) * 38}
          width={8}
          height={Math.max(1, (n / most) * 38)}
        />
      ))}
    </svg>
  );
}

/** Of when the scores in the picture are, by which model, and of how many of its parties. */
function PastScoresText() {
  const state = pastAsked.value;
  const then = past.value;
  const parts = [];
  if (!isNothing(work.value.supposed)) parts.push(t("past_supposed"));
  else if (state?.is === "failed") parts.push(t("past_failed", { why: reason(state.problem) }));
  else if (then === null) parts.push(t("past_none"));
  else {
    const unknown = then.scores.filter(({ known }) => !known).length;
    const scored = then.scores.filter(({ score }) => score !== null).length;
    parts.push(t("past_of", { when: day(then.as_of), n: whole(scored), all: whole(then.scores.length) }));
    if (unknown > 0) parts.push(t("past_unknown", { n: whole(unknown) }));
  }
  return (
    <p class="muted small past" aria-live="polite">
      {parts.join(" ")} {state?.is === "waiting" && <strong>{t("past_waiting")}</strong>}
    </p>
  );
}
