// When the drawn links began, and a slider that draws only those until a day; it plays.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { picture } from "../../picture/data";
import { day } from "../../words/format";
import { t } from "../../words/language";
import { drawUntil } from "../../work/commands";
import { run, work } from "../../work/store";

const BARS = 60;
const STEP_MS = 350;

export function Time() {
  const playing = useSignal(false);
  const dates = (picture.value?.links ?? [])
    .flatMap(({ first }) => (first === null ? [] : [first]))
    .sort((a, b) => a - b);
  const undated = (picture.value?.links.length ?? 0) - dates.length;
  const [begin, end] = [dates[0] ?? 0, dates.at(-1) ?? 0];
  const width = (end - begin) / BARS;
  const { until } = work.value;
  const at = until === null || width <= 0 ? BARS : Math.min(BARS, Math.round((until - begin) / width));
  const to = (bar: number) => run(drawUntil(bar >= BARS ? null : begin + bar * width));
  useEffect(() => {
    if (!playing.value) return;
    const next = setTimeout(() => {
      if (at >= BARS) playing.value = false;
      else to(at + 2);
    }, STEP_MS);
    return () => clearTimeout(next);
  });
  if (picture.value === null) return null;
  if (dates.length === 0 || width <= 0) return <section class="time muted small">{t("time_none")}</section>;
  const bars = Array.from({ length: BARS }, () => 0);
  for (const date of dates) {
    const bar = Math.min(BARS - 1, Math.floor((date - begin) / width));
    bars[bar] = (bars[bar] ?? 0) + 1;
  }
  const most = Math.max(...bars);
  return (
    <section class="time" aria-label={t("time")}>
      <div class="row">
        <h2>{t("time")}</h2>
        {undated > 0 && <span class="muted small">{t("time_undated", { n: undated })}</span>}
        <span class="space" />
        <span class="muted small">
          {until === null ? `${day(begin)} – ${day(end)}` : t("time_until", { when: day(until) })}
        </span>
        <button
          type="button"
          class="plain"
          onClick={() => {
            if (!playing.value && at >= BARS) to(0);
            playing.value = !playing.value;
          }}
        >
          {playing.value ? `❚❚ ${t("time_pause")}` : `▶ ${t("time_play")}`}
        </button>
      </div>
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
      <input
        type="range"
        min={0}
        max={BARS}
        value={at}
        aria-label={t("time")}
        aria-valuetext={until === null ? t("time_all") : t("time_until", { when: day(until) })}
        onChange={({ currentTarget }) => to(Number(currentTarget.value))}
      />
    </section>
  );
}
