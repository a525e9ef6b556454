// The edge between two columns: dragged, moved with arrows, and folded with Enter.

import { t } from "../words/language";
import { folded, widths } from "../work/preferences";

const NARROWEST = 200;
const WIDEST = 640;
const STEP = 24;

export function Divider({ side }: { readonly side: "left" | "right" }) {
  const set = (width: number) => {
    widths.value = { ...widths.peek(), [side]: Math.min(WIDEST, Math.max(NARROWEST, Math.round(width))) };
  };
  const fold = () => {
    folded.value = { ...folded.peek(), [side]: !folded.peek()[side] };
  };
  const grow = (by: number) => set(widths.peek()[side] + (side === "left" ? by : -by));
  return (
    <div
      class={`divider at-${side}`}
      role="separator"
      aria-orientation="vertical"
      aria-label={side === "left" ? t("work") : t("dossier")}
      aria-valuenow={widths.value[side]}
      aria-valuemin={NARROWEST}
      aria-valuemax={WIDEST}
      tabIndex={0}
      onDblClick={fold}
      onKeyDown={(event) => {
        if (event.key === "ArrowLeft") grow(-STEP);
        else if (event.key === "ArrowRight") grow(STEP);
        else if (event.key === "Enter") fold();
        else return;
        event.preventDefault();
      }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) grow(event.movementX);
      }}
    />
  );
}
