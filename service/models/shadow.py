"""A model in shadow: what is asked of the one that serves is scored by it too, beside the answer, and compared.

The answer does not wait: questions go into a queue that holds at most MOST, further ones are not compared. A thread
scores them by both models and adds counts to the records every second. No id of a party is written.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import structlog
from sqlalchemy import Engine

from gnn.scoring.scorer import Assessment
from graph.purposes import Purpose
from service.context import ServingContext
from service.records.shadow import GRAIN, Assessed, ShadowBin, add
from service.threads import daemon

MOST: Final = 10_000  # questions that wait
EVERY: Final = 1.0  # seconds between two additions to the records


@dataclass(frozen=True, slots=True)
class _Asked:
    live: ServingContext
    row: int
    purpose: Purpose


class Shadow:
    """Compares one model with those that serve. model: of which it makes contexts."""

    def __init__(self, records: Engine, id: str, context_of: Callable[[ServingContext], ServingContext]) -> None:
        self.id = id
        self._records, self._context_of = records, context_of
        self._queue: queue.Queue[_Asked] = queue.Queue(MOST)
        self._ending, self._faults = threading.Event(), set[str]()
        self._contexts: dict[str, tuple[ServingContext, ServingContext]] = {}  # by snapshot: live, shadow
        self._thread = daemon(self._run, "kith-shadow")

    def start(self) -> None:
        """Begin to compare."""
        self._thread.start()

    def stop(self) -> None:
        """End once what waits is compared."""
        self._ending.set()

    def join(self) -> None:
        """Wait until it has ended."""
        self._thread.join()

    def note(self, context: ServingContext, party: str, purpose: Purpose) -> None:
        """Have a question compared that was answered from a context, if there is room."""
        with suppress(queue.Full):
            self._queue.put_nowait(_Asked(context, context.snapshot.row_of(party), purpose))

    def _run(self) -> None:
        bins: dict[tuple[str, str, str, Assessed, int], ShadowBin] = {}
        due, ended = time.monotonic() + EVERY, False
        while not ended:
            try:
                self._add(bins, self._queue.get(timeout=max(due - time.monotonic(), 0.0)))
            except queue.Empty:
                ended = self._ending.is_set()
            if ended or time.monotonic() >= due:
                due = time.monotonic() + EVERY
                self._write(bins)

    def _add(self, bins: dict[tuple[str, str, str, Assessed, int], ShadowBin], asked: _Asked) -> None:
        try:
            one = self._compared(asked)
        except Exception as error:  # such as a model that a newer snapshot does not allow; each fault is logged once
            if str(error) not in self._faults:
                self._faults.add(str(error))
                structlog.get_logger().exception("shadow")
            return
        key = (one.live, one.shadow, one.purpose, one.assessed, one.difference)
        was = bins.get(key)
        bins[key] = one if was is None else _sum(was, one)

    def _write(self, bins: dict[tuple[str, str, str, Assessed, int], ShadowBin]) -> None:
        try:
            add(self._records, bins.values())
        except Exception:  # the records may be away for a while; these counts are lost, the next ones may not be
            structlog.get_logger().exception("shadow")
        bins.clear()

    def _compared(self, asked: _Asked) -> ShadowBin:
        live, purpose = asked.live, asked.purpose
        terms = live.terms(purpose)
        ours = live.scorer(purpose).assess(asked.row, terms)
        theirs = self._of(live).scorer(purpose).assess(asked.row, terms)
        return compared(live.model_id, self.id, purpose, ours, theirs, time.time())

    def _of(self, live: ServingContext) -> ServingContext:
        """The context of the shadow beside a live one; the last few are kept."""
        kept = self._contexts.get(live.snapshot.id)
        if kept is None or kept[0] is not live:
            if len(self._contexts) > 8:
                self._contexts.clear()
            kept = self._contexts[live.snapshot.id] = (live, self._context_of(live))
        return kept[1]


def compared(live: str, shadow: str, purpose: Purpose, ours: Assessment, theirs: Assessment, now: float) -> ShadowBin:
    """The comparison of one score. now: seconds since 1970."""
    has = {(True, True): "both", (True, False): "live", (False, True): "shadow", (False, False): "neither"}
    assessed: Assessed = has[ours.score is not None, theirs.score is not None]  # type: ignore[assignment]
    points = 0.0 if ours.score is None or theirs.score is None else theirs.score - ours.score
    decisions = purpose.threshold is not None and ours.reaches(purpose.threshold) != theirs.reaches(purpose.threshold)
    return ShadowBin(
        live,
        shadow,
        purpose.name,
        assessed,
        GRAIN * round(points / GRAIN),
        1,
        int(ours.level != theirs.level),
        int(decisions),
        points,
        now,
        now,
    )


def _sum(a: ShadowBin, b: ShadowBin) -> ShadowBin:
    total, last = a.total + b.total, b.last
    return replace(
        a, n=a.n + b.n, levels=a.levels + b.levels, decisions=a.decisions + b.decisions, total=total, last=last
    )
