"""The history of a snapshot: the same network as of the times at which a model is trained point in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gnn.features.link_features import DAY
from gnn.training.observations import ObservationTimes, dated_span, horizon_of, observation_times, outcome_dates
from graph.snapshots.series import build_series
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import FactReader

UNDATED: Final = "too few outcomes have a date, or their dates lie too close together"
TOO_SHORT: Final = "outcomes are dated over less than two horizons"


@dataclass(frozen=True)
class History:
    """A snapshot as of times of observation, and the snapshots as of these."""

    snapshot: Snapshot
    times: ObservationTimes
    snapshots: Sequence[Snapshot]


@dataclass(frozen=True, slots=True)
class NoHistory:
    """Why a model of a snapshot cannot be trained point in time."""

    reason: str


NO_STORE: Final = NoHistory("the store is not there")


def history_of(snapshot: Snapshot, facts: FactReader, horizon_days: int, scratch: Path) -> History | NoHistory:
    """The history of a snapshot from the store it was built from, in new folders in `scratch`, which has to stay.

    horizon_days: the longest that the horizon may be.
    """
    opened = outcome_dates(snapshot)
    horizon = horizon_of(opened, horizon_days)
    if horizon is None:
        return NoHistory(UNDATED)
    times = observation_times(opened, horizon)
    if times is None:
        return NoHistory(TOO_SHORT)
    if snapshot.revision > facts.revision():
        return NoHistory(f"the snapshot was not built from {facts.name}")
    *snapshots, same = build_series(facts, scratch, [*times.times, snapshot.as_of], snapshot.revision)
    if same.id != snapshot.id:
        return NoHistory(f"the snapshot was not built from {facts.name}")
    return History(snapshot, times, snapshots)


def history_at(
    snapshot: Snapshot, facts: FactReader, horizon_days: int, cut: float, scratch: Path
) -> tuple[Snapshot, History | None]:
    """The snapshot as of `cut` (seconds since 1970), and its history where that is long enough for this horizon.

    facts: the store that `snapshot`, which has the outcomes until later, was built from.
    """
    opened = outcome_dates(snapshot)
    times = observation_times(opened[~(opened > cut)], horizon_days)
    dates = () if times is None else times.times
    *snapshots, past = build_series(facts, scratch, [*dates, cut], snapshot.revision)
    return past, None if times is None else History(past, times, snapshots)


def last_horizon(snapshot: Snapshot, horizon_days: int) -> tuple[float, int] | None:
    """When the last horizon of the outcomes' dates begins (seconds since 1970), and its days; None without dates."""
    opened = outcome_dates(snapshot)
    horizon = horizon_of(opened, horizon_days)
    return None if horizon is None else (dated_span(opened)[1] - DAY * horizon, horizon)
