// The mark of a level and the shape of a kind beside texts, with words for those who do not see them.

import type { Level } from "../api/types";
import { markOf, type Outline, shapeOf } from "../picture/shapes";
import { shortened } from "../words/format";
import { coded, t } from "../words/language";
import { called } from "../words/names";

export function LevelMark({ level, size = 14 }: { readonly level: Level | null; readonly size?: number }) {
  const mark = markOf(level, size / 2.8);
  if (mark === null) return null;
  return (
    <svg
      class={`mark level-${level}`}
      width={size}
      height={size}
      viewBox={`${-size / 2} ${-size / 2} ${size} ${size}`}
      aria-hidden="true"
    >
      <Shape outline={mark.outline} filled={mark.filled} dotted={mark.dotted} />
    </svg>
  );
}

/** The cross of a known bad outcome, as in the picture. */
export function BadMark({ size = 14 }: { readonly size?: number }) {
  return (
    <svg class="mark level-very_high" width={size} height={size} viewBox="-7 -7 14 14" aria-hidden="true">
      <circle r={6} fill="currentColor" />
      <path d="M-2.4 -2.4 L2.4 2.4 M2.4 -2.4 L-2.4 2.4" stroke="var(--panel)" stroke-width={1.8} />
    </svg>
  );
}

export function KindMark({ kind, size = 14 }: { readonly kind: string; readonly size?: number }) {
  const box = `-24 -24 48 48`;
  return (
    <svg class="mark kind" width={size} height={size} viewBox={box} aria-hidden="true">
      <Shape outline={shapeOf(kind)} filled={false} dotted={false} width={4} />
    </svg>
  );
}

interface ShapeProperties {
  readonly outline: Outline;
  readonly filled: boolean;
  readonly dotted: boolean;
  readonly width?: number;
}

function Shape({ outline, filled, dotted, width = 1.8 }: ShapeProperties) {
  const style = {
    fill: filled ? "currentColor" : "none",
    stroke: "currentColor",
    "stroke-width": width,
    ...(dotted ? { "stroke-dasharray": "1.8 1.8" } : {}),
  };
  if (outline.is === "circle") return <circle r={outline.r} {...style} />;
  return <polygon points={outline.points.map((point) => point.join(",")).join(" ")} {...style} />;
}

/** A level as its mark and words. */
export function LevelText({ level }: { readonly level: Level | null }) {
  if (level === null) return <span class="muted">{t("unknown")}</span>;
  return (
    <span class={`level level-${level}`}>
      <LevelMark level={level} /> {coded("level", level)}
    </span>
  );
}

const LONGEST_NAME = 120;

/** What a party is called; names of any direction of writing stay whole beside other text. */
export function Name({ party }: { readonly party: string }) {
  return <bdi class="name">{shortened(called(party), LONGEST_NAME)}</bdi>;
}
