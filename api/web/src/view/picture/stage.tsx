// The picture on its canvas, with one tab stop; arrows go along links.

import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { expand, openParty } from "../../picture/actions";
import { Canvas } from "../../picture/canvas";
import { active, chosenEdge, cursor, fitAsked, graph } from "../../picture/data";
import { t } from "../../words/language";
import { namesHidden } from "../../words/names";
import { move, pair } from "../../work/commands";
import { theme } from "../../work/preferences";
import { run, work } from "../../work/store";
import { pictureKey } from "../keys";
import { outlinedRings, shownParties } from "./highlights";

export function Stage() {
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<Canvas | null>(null);
  useEffect(() => {
    if (place.current === null) return;
    const made = new Canvas(place.current, {
      party: (id, more) => {
        cursor.value = id;
        if (more && id !== work.peek().focus) run(pair(id));
        else void openParty(id);
      },
      twice: (id) => void expand(id, null, "riskiest", 20),
      moved: (id, { x, y }) => run(move(id, { x: Math.round(x), y: Math.round(y) })),
      line: (id) => {
        chosenEdge.value = id;
      },
    });
    canvas.current = made;

    const ended = [
      effect(() => showGraph(made)),
      effect(() => recolour(made)),
      effect(() => followCursor(made)),
      effect(() => fitWhole(made)),
    ];
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const turned = () => made.recolour();
    dark.addEventListener("change", turned);
    return () => {
      for (const end of ended) end();
      dark.removeEventListener("change", turned);
      made.end();
    };
  }, []);
  const n = graph.value.nodes.length;
  return (
    <div class="stage-frame">
      <div
        ref={place}
        class="stage"
        role="application"
        tabIndex={0}
        aria-label={t("picture_label", { n })}
        onKeyDown={pictureKey}
        onFocus={() => {
          cursor.value ??= active.peek();
        }}
      />
      {n === 0 && (
        <div class="stage-empty">
          <p>{t("picture_empty")}</p>
          <p class="muted">{t("picture_empty_hint")}</p>
        </div>
      )}
      <div class="zoom row">
        <button type="button" aria-label={t("zoom_in")} title={t("zoom_in")} onClick={() => canvas.current?.zoom(1.25)}>
          +
        </button>
        <button
          type="button"
          aria-label={t("zoom_out")}
          title={t("zoom_out")}
          onClick={() => canvas.current?.zoom(0.8)}
        >
          −
        </button>
        <button type="button" onClick={() => canvas.current?.fit()}>
          {t("fit")}
        </button>
      </div>
    </div>
  );
}

let drawnBefore = 0;

function showGraph(canvas: Canvas): void {
  namesHidden.value;
  const { focus, other, path } = work.value;
  canvas.show(graph.value, {
    open: [focus, other].filter((id) => id !== null),
    cursor: cursor.value,
    line: chosenEdge.value,
    path,
    rings: outlinedRings.value,
    shown: shownParties.value,
  });
  const n = graph.value.nodes.length;
  if (n > drawnBefore && !canvas.inView) canvas.fit();
  else if (n > 0 && drawnBefore === 0) canvas.fit();
  drawnBefore = n;
}

function fitWhole(canvas: Canvas): void {
  if (fitAsked.value > 0) canvas.fit();
}

function recolour(canvas: Canvas): void {
  theme.value;
  requestAnimationFrame(() => canvas.recolour());
}

function followCursor(canvas: Canvas): void {
  const id = cursor.value ?? work.value.focus;
  if (id !== null) canvas.reveal(id);
}
