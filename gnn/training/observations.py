"""Observations for point-in-time training: a row for each party at each of several times.

A row has the features of a party as of a time t, from what was known at t alone, and as its target the outcomes of the
party that open in (t, t + horizon]: bad where any of them is bad. Parties in open default at t have no row, nor have
those without an outcome in that window, or with one of which nobody knows whether it is bad.

The feature list is that of the network at the last time: its scales, words and kinds are those of no later fact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa

from gnn.arrays import F32, F64, I64, Bools, row_hashes
from gnn.features.featurizer import compute_rows
from gnn.features.label_features import LabelVector
from gnn.features.label_state import label_state
from gnn.features.link_features import DAY, without_aggregates
from gnn.features.network_state import network_state
from gnn.features.spec import FeatureSpec, fit_spec, with_bases
from gnn.features.targets import (
    DEFAULT_OR_FRAUD,
    BadOutcome,
    in_open_default,
    is_active,
    outcome_flags,
    outcomes_between,
)
from gnn.training.cross_fitting import N_FOLDS, canonical_order
from graph.snapshots.snapshot import Snapshot

HORIZON_DAYS: Final = 365
STRAY: Final = 0.01  # share of the dates at either end that do not count: one mistake would else move every time
SPAN_SHARE: Final = 0.25  # of the time over which outcomes are dated: the longest horizon
MOST_TIMES: Final = 12
BEGINNING: Final = 1 / 3  # of the time in which could be observed: a network that has just begun shows little
MIN_DATED: Final = 0.9  # share of outcomes with a date, below which there are no observations
MIN_PER_CLASS: Final = 8  # parties with either outcome, at the early times and at the late ones
LATE: Final = 0.5  # horizons before the last time, from which on times are the late ones


@dataclass(frozen=True, slots=True)
class ObservationTimes:
    """The times of observation, ascending, in seconds since 1970, and the horizon of the target in days."""

    times: tuple[float, ...]
    horizon_days: int

    @property
    def horizon(self) -> float:
        """Seconds."""
        return self.horizon_days * DAY

    @property
    def late(self) -> Bools:
        """Bools[times]: the last ones, on which a model is selected and calibrated."""
        return np.asarray(np.array(self.times) >= self.times[-1] - LATE * self.horizon)

    @property
    def early(self) -> Bools:
        """Bools[times]: the others."""
        return ~self.late


def outcome_dates(snapshot: Snapshot) -> F64:
    """When each active outcome opened, NaN where it has no date."""
    return np.asarray(snapshot.outcomes.opened[is_active(snapshot.outcomes)], np.float64)


def dated_span(opened: F64) -> tuple[float, float]:
    """(first, last) of the dates, in seconds since 1970, without the STRAY first and the STRAY last of them."""
    dated = np.sort(opened[~np.isnan(opened)])
    left_out = int(STRAY * (len(dated) - 1))
    return float(dated[left_out]), float(dated[len(dated) - 1 - left_out])


def horizon_of(opened: F64, days: int = HORIZON_DAYS) -> int | None:
    """The horizon in days: `days`, or SPAN_SHARE of the time over which outcomes are dated where that is shorter.

    opened F64[k]: when outcomes opened, in seconds since 1970, NaN where that is not known. None where fewer than
    MIN_DATED of the outcomes have a date, or where all dates lie within a few days.
    """
    if not len(opened) or (~np.isnan(opened)).sum() < MIN_DATED * len(opened):
        return None
    first, last = dated_span(opened)
    found = min(days, int(SPAN_SHARE * (last - first) / DAY))
    return found if found > 0 else None


def observation_times(opened: F64, horizon_days: int) -> ObservationTimes | None:
    """MOST_TIMES times, up to the last one whose window is over when the last outcome opens.

    They begin after the BEGINNING of the time between the first outcome and that.
    opened F64[k]: when the outcomes opened that may be read. None where they are dated over less than two horizons.
    """
    first, last = dated_span(opened)
    latest = last - horizon_days * DAY
    if latest < first + horizon_days * DAY:
        return None
    times = np.linspace(first + BEGINNING * (latest - first), latest, MOST_TIMES)
    return ObservationTimes(tuple(times.tolist()), horizon_days)


@dataclass(frozen=True)
class Observations:
    """m rows in canonical order: values F32[m, w], y F32[m], time I64[m] (number), fold I64[m] of its party.

    party I64[m]: row of the party in the snapshot that has the outcomes. A party is in one fold at all times.
    """

    values: F32
    y: F32
    time: I64
    party: I64
    fold: I64

    def last(self, rows: Bools) -> Bools:
        """Of these rows Bools[m], which is the last one of its party: Bools[rows]."""
        party, time = self.party[rows], self.time[rows]
        newest = np.full(int(party.max(initial=0)) + 1, -1, np.int64)
        np.maximum.at(newest, party, time)
        return np.asarray(time == newest[party])


def targets_at(
    snapshot: Snapshot,
    outcomes: Snapshot,
    horizon: float,
    parties: Bools | None = None,
    bad: BadOutcome = DEFAULT_OR_FRAUD,
) -> F32:
    """The target F32[n] of each party of a snapshot as of a time; see `targets_and_parties`."""
    return targets_and_parties(snapshot, outcomes, horizon, parties, bad)[0]


def targets_and_parties(
    snapshot: Snapshot,
    outcomes: Snapshot,
    horizon: float,
    parties: Bools | None = None,
    bad: BadOutcome = DEFAULT_OR_FRAUD,
) -> tuple[F32, I64]:
    """For each party of a snapshot as of a time its target F32[n], NaN where it has none, and its row in `outcomes`.

    outcomes: a later snapshot of the same network. horizon: seconds. parties Bools[n of outcomes]: those that count.
    """
    assert snapshot.as_of is not None
    later = outcomes_between(outcomes, snapshot.as_of, snapshot.as_of + horizon, bad)
    if parties is not None:
        later[~parties] = np.nan
    who, row = _rows_of(outcomes, np.flatnonzero(~np.isnan(later)), snapshot)
    once = np.bincount(row, minlength=snapshot.n_parties) == 1  # two parties that were one then are nobody's row
    who, row = who[once[row]], row[once[row]]
    y, party = np.full(snapshot.n_parties, np.nan, np.float32), np.full(snapshot.n_parties, -1, np.int64)
    y[row], party[row] = later[who], who
    y[in_open_default(snapshot, bad)] = np.nan
    return y, party


def _rows_of(outcomes: Snapshot, parties: I64, snapshot: Snapshot) -> tuple[I64, I64]:
    """(parties, rows in `snapshot`): a party that was several then comes with each of their rows."""
    row = snapshot.find_rows(outcomes.id_array().take(pa.array(parties))).astype(np.int64)
    pairs = [np.stack([parties, row], axis=1)[row >= 0]]
    if outcomes.same_as["ids"]:
        for party in parties.tolist():
            found = [snapshot.row_of(id) for id in outcomes.ids_of(party) if snapshot.has(id)]
            pairs.append(np.array([(party, one) for one in found], np.int64).reshape(-1, 2))
    distinct = np.unique(np.concatenate(pairs), axis=0)
    return distinct[:, 0], distinct[:, 1]


def dated_spec(snapshot: Snapshot, bad: BadOutcome = DEFAULT_OR_FRAUD) -> FeatureSpec:
    """The feature list of a network at a time, without totals that are delivered as one aggregate.

    It has no positions either: landmarks are known by what they show and by their links, as these are at that time, so
    that hardly any would be found in the network as it was before.
    """
    spec = fit_spec(snapshot)
    kinds = {
        category: tuple(without_aggregates(kind, snapshot) for kind in kinds) for category, kinds in spec.kinds.items()
    }
    known = outcome_flags(snapshot, bad=bad).y
    rate = float(np.nanmean(known)) if (~np.isnan(known)).any() else spec.base_rate
    return with_bases(replace(spec, kinds=kinds, base_rate=rate, bad=bad))


def known_labels(
    snapshot: Snapshot,
    among: Snapshot | None = None,
    parties: Bools | None = None,
    bad: BadOutcome = DEFAULT_OR_FRAUD,
) -> LabelVector:
    """The outcomes that are known at the time of a snapshot, as questions are answered with them.

    parties Bools[n of among]: of those alone, where they are given.
    """
    y = outcome_flags(snapshot, bad=bad).y
    if parties is not None and among is not None:
        rows = among.find_rows(snapshot.id_array())
        y[~((rows >= 0) & parties[np.maximum(rows, 0)])] = np.nan
    return LabelVector.all(y)


def features_at(spec: FeatureSpec, snapshot: Snapshot, labels: LabelVector, rows: I64) -> F32:
    """The features F32[k, spec.width] of some parties at the time of a snapshot."""
    return compute_rows(spec, label_state(network_state(spec, snapshot), labels), rows)


def enough_observations(
    times: ObservationTimes,
    snapshots: Sequence[Snapshot],
    outcomes: Snapshot,
    parties: Bools | None = None,
    bad: BadOutcome = DEFAULT_OR_FRAUD,
) -> bool:
    """Whether at least MIN_PER_CLASS parties have a good target, and as many a bad one, at early and at late times."""
    targets = [targets_and_parties(snapshot, outcomes, times.horizon, parties, bad) for snapshot in snapshots]
    for chosen in (times.early, times.late):
        of_chosen = [one for one, is_chosen in zip(targets, chosen, strict=True) if is_chosen]
        for outcome in (0, 1):
            found = np.unique(np.concatenate([party[y == outcome] for y, party in of_chosen]))
            if len(found) < MIN_PER_CLASS:
                return False
    return True


def observe(
    spec: FeatureSpec, snapshots: Sequence[Snapshot], outcomes: Snapshot, horizon: float, parties: Bools | None = None
) -> Observations:
    """The observations at the times of the snapshots, of what the feature list calls bad.

    parties Bools[n of outcomes]: those that may have a row.
    """
    values, y, time, party = [], [], [], []
    for number, snapshot in enumerate(snapshots):
        target, who = targets_and_parties(snapshot, outcomes, horizon, parties, spec.bad)
        rows = np.flatnonzero(~np.isnan(target))
        values.append(features_at(spec, snapshot, known_labels(snapshot, outcomes, parties, spec.bad), rows))
        y.append(target[rows])
        time.append(np.full(len(rows), number, np.int64))
        party.append(who[rows])
    return _in_order(np.concatenate(values), np.concatenate(y), np.concatenate(time), np.concatenate(party))


def _in_order(values: F32, y: F32, time: I64, party: I64) -> Observations:
    fold = party_folds(values, y, time, party)
    content = np.concatenate([values, np.stack([time, fold], axis=1).astype(np.float32)], axis=1)
    order = canonical_order(content, y)
    return Observations(values[order], y[order], time[order], party[order], fold[order])


def party_folds(values: F32, y: F32, time: I64, party: I64) -> I64:
    """The fold of the party of each row, I64[m], from the content of all its rows and never from an id.

    Parties that were ever bad are dealt over the folds first, and parties of equal content one after another.
    """
    content = np.concatenate([values, np.stack([y, time.astype(np.float32)], axis=1)], axis=1)
    mixed = row_hashes(content)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    _, number = np.unique(party, return_inverse=True)
    n = int(number.max()) + 1 if len(number) else 0
    total, bad = np.zeros(n, np.uint64), np.zeros(n, np.bool_)
    np.add.at(total, number, mixed)
    bad[number[y == 1]] = True
    fold = np.empty(n, np.int64)
    fold[np.lexsort((total, ~bad))] = np.arange(n) % N_FOLDS
    return np.asarray(fold[number], np.int64)
