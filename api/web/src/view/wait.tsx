// Shows an answer when it is there; before, a skeleton after 150 ms, the seconds after 1 s and a button that stops it;
// of a failure, why, and a button that tries again.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { State } from "../api/resource";
import { t } from "../words/language";
import { reason } from "../work/messages";

const QUIET_MS = 150;

interface Properties<T> {
  readonly state: State<T>;
  readonly lines?: number;
  readonly children: (value: T) => ComponentChildren;
}

export function Wait<T>({ state, lines = 3, children }: Properties<T>) {
  if (state.is === "ready") return <>{children(state.value)}</>;
  if (state.is === "waiting") return <Waiting since={state.since} stop={state.stop} lines={lines} />;
  return (
    <div class="failed" role="alert">
      <p>{reason(state.problem)}</p>
      <button type="button" onClick={state.retry}>
        {t("retry")}
      </button>
    </div>
  );
}

function Waiting({
  since,
  stop,
  lines,
}: {
  readonly since: number;
  readonly stop: () => void;
  readonly lines: number;
}) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const soon = setTimeout(() => setNow(Date.now()), QUIET_MS);
    const ticking = setInterval(() => setNow(Date.now()), 500);
    return () => {
      clearTimeout(soon);
      clearInterval(ticking);
    };
  }, []);
  const waited = now - since;
  if (waited < QUIET_MS) return <div class="skeleton quiet" aria-busy="true" />;
  return (
    <div class="skeleton" aria-busy="true">
      {Array.from({ length: lines }, (_, i) => (
        <span class="bone" key={i} />
      ))}
      {waited > 1_000 && (
        <p class="muted">
          {t("loading_for", { s: Math.floor(waited / 1_000) })}{" "}
          <button type="button" onClick={stop}>
            {t("stop")}
          </button>
        </p>
      )}
    </div>
  );
}
