"""The figures of the work: how long it takes, what waits, and what it finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from service.casework.alert_changes import state_of as state_of_alert
from service.casework.alert_changes import work_of
from service.casework.cases import content_of, state_of
from service.casework.desk import Desk
from service.closed import Closed
from service.context import DAY
from service.records.casework import alerts as stored_alerts
from service.records.casework import cases as stored_cases

AGES: Final = (1.0, 7.0, 30.0)  # days: bounds of the backlog's ages


class Durations(Closed):
    """How long something took, in seconds, over so many cases; null where there are none."""

    cases: int
    median: float | None
    p90: float | None


class BacklogAge(Closed):
    """How many cases that are not closed were opened at most so many days ago, and more than the bound before."""

    up_to_days: float | None
    cases: int


class CaseFigures(Closed):
    """The figures of all cases and alerts. conversion: the share of the closed ones that were confirmed.

    Times to take run from opening to the first assignee, times to close from opening to the second person's word.
    """

    open: int
    closing: int
    closed: int
    reopened: int
    time_to_take: Durations
    time_to_close: Durations
    backlog: tuple[BacklogAge, ...]
    outcomes: dict[str, int]
    conversion: float | None
    false_positive_reasons: dict[str, int]
    alerts: dict[str, int]
    alert_outcomes: dict[str, int]
    alert_conversion: float | None
    alert_false_positive_reasons: dict[str, int]


def case_figures(desk: Desk) -> CaseFigures:
    """The figures as of the desk's time."""
    cases = stored_cases.every(desk.records)
    states = Counter(state_of(case) for case in cases)
    contents = [content_of(case) for case in cases]
    closings = [one.closing for one in contents if one.closing is not None and one.closed is not None]
    outcomes: Counter[str] = Counter(closing.outcome for closing in closings)
    pairs = list(zip(cases, contents, strict=True))
    waiting = [desk.now - case.opened for case in cases if state_of(case) != "closed"]
    alerts = stored_alerts.every(desk.records)
    works = [work_of(alert) for alert in alerts]
    alert_outcomes: Counter[str] = Counter(work.outcome for work in works if work.outcome is not None)
    return CaseFigures(
        open=states["open"],
        closing=states["closing"],
        closed=states["closed"],
        reopened=sum(one.reopened for one in contents),
        time_to_take=_durations([one.taken - case.opened for case, one in pairs if one.taken is not None]),
        time_to_close=_durations([one.closed - case.opened for case, one in pairs if one.closed is not None]),
        backlog=_backlog(waiting),
        outcomes=_sorted(outcomes),
        conversion=_conversion(outcomes),
        false_positive_reasons=_sorted(
            Counter(closing.reason for closing in closings if closing.outcome == "false_positive")
        ),
        alerts=_sorted(Counter(state_of_alert(alert, desk.now) for alert in alerts)),
        alert_outcomes=_sorted(alert_outcomes),
        alert_conversion=_conversion(alert_outcomes),
        alert_false_positive_reasons=_sorted(
            Counter(work.reason for work in works if work.outcome == "false_positive" and work.reason is not None)
        ),
    )


def _durations(seconds: Sequence[float]) -> Durations:
    if not seconds:
        return Durations(cases=0, median=None, p90=None)
    median, p90 = np.percentile(seconds, [50, 90]).tolist()
    return Durations(cases=len(seconds), median=median, p90=p90)


def _backlog(ages: Iterable[float]) -> tuple[BacklogAge, ...]:
    place = np.searchsorted(AGES, [age / DAY for age in ages])
    counts = np.bincount(place, minlength=len(AGES) + 1).tolist()
    return tuple(BacklogAge(up_to_days=days, cases=n) for days, n in zip((*AGES, None), counts, strict=True))


def _conversion(outcomes: Counter[str]) -> float | None:
    return outcomes["confirmed"] / outcomes.total() if outcomes else None


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))
