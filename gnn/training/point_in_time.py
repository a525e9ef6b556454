"""Point-in-time training: the model foretells outcomes that open within a horizon of the time of what it reads.

Base learners are cross-fitted on observations (`gnn.training.observations`) in folds of parties. Their weights and the
calibration are chosen out of time: on the late times, by learners fitted on parties of other folds at early times. The
learners that serve are then fitted on all times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from gnn.arrays import F32, F64, Bools
from gnn.features.featurizer import in_blocks, own_records_and_links
from gnn.features.network_state import network_state
from gnn.features.spec import FeatureSpec
from gnn.models.calibration import Calibration
from gnn.models.intervals import fit_intervals
from gnn.models.model import Model
from gnn.models.support import TrainingSupport
from gnn.training.cross_fitting import training_set
from gnn.training.fit_calibration import fit_calibration
from gnn.training.fit_support import fit_support
from gnn.training.observations import (
    Observations,
    ObservationTimes,
    dated_spec,
    enough_observations,
    observe,
    outcome_dates,
)
from gnn.training.train import (
    TrainingConfig,
    TrainingResult,
    calibrated_metrics,
    fit_learners,
    for_population,
    others_of,
    restricted_spec,
)
from gnn.training.trees import Progress
from graph.errors import TrainingError
from graph.snapshots.snapshot import Snapshot


class TooFewObservations(TrainingError):
    """Too few outcomes of either class open within the horizon of the early or of the late times."""


def train_point_in_time(
    outcomes: Snapshot,
    times: ObservationTimes,
    snapshots: Sequence[Snapshot],
    seed: int,
    progress: Progress | None = None,
    config: TrainingConfig | None = None,
    parties: Bools | None = None,
) -> TrainingResult:
    """A model of the outcomes that open within the horizon, trained on the snapshots as of the times of observation.

    outcomes: the snapshot of everything known, from which the targets are read. parties Bools[n of outcomes]: those
    that may be trained on and whose outcomes may be read, None for all. The result has the late observations, with the
    predictions that selected; its rows are of `outcomes`.

    Raises TooFewObservations.
    """
    config = config or TrainingConfig()
    if not enough_observations(times, snapshots, outcomes, parties, config.bad):
        raise TooFewObservations(
            f"too few outcomes of either class open within {times.horizon_days} days of the times of observation"
        )
    spec = restricted_spec(dated_spec(snapshots[-1], config.bad), config.categories)
    seen = observe(spec, snapshots, outcomes, times.horizon, parties)
    late, early = times.late[seen.time], times.early[seen.time]
    before = fit_learners(spec, training_set(spec, seen.values, seen.y, seen.fold, seed, early, late), seed, progress)
    shares = before.shares(late, seen.y[late])
    raw = before.log_odds(late, shares)
    calibration = _with_intervals_of_parties(fit_calibration(raw, seen.y[late]), raw, seen.y[late], seen.last(late))
    fitted = fit_learners(spec, training_set(spec, seen.values, seen.y, seen.fold, seed), seed, progress)
    model = Model(
        _as_of(spec, outcomes),
        fitted.exported(spec.width, shares),
        shares.of_learners,
        calibration,
        float(np.mean(np.sort(seen.y), dtype=np.float64)),
        seed,
        outcomes.id,
        calibrated_metrics(calibration, raw, seen.y[late]),
        support=_support(spec, seen, outcomes),
        horizon_days=times.horizon_days,
        observed_at=times.times,
    )
    model = for_population(model, seen.y[late], config.population_rate)
    return TrainingResult(model, seen.party[late], seen.values[late], seen.y[late], raw, len(seen.y))


def _support(spec: FeatureSpec, seen: Observations, snapshot: Snapshot) -> TrainingSupport:
    """The support of the parties that were observed, with the last target of each, among all of the snapshot.

    Parties are compared as they are now, as questions are answered: as they were, all of them had fewer links.
    """
    last = np.flatnonzero(seen.last(np.ones(len(seen.y), np.bool_)))
    parties, place = np.unique(seen.party[last], return_index=True)
    state = network_state(spec, snapshot)
    values = np.concatenate(list(in_blocks(parties, partial(own_records_and_links, spec, state))))
    return fit_support(spec, values, seen.y[last][place], others_of(spec, state, parties))


def _with_intervals_of_parties(calibration: Calibration, raw: F64, y: F32, once: Bools) -> Calibration:
    """The calibration with intervals from one row of each party: rows of one party are no independent evidence."""
    return replace(calibration, intervals=fit_intervals(calibration.log_odds(raw[once]), y[once]))


def _as_of(spec: FeatureSpec, snapshot: Snapshot) -> FeatureSpec:
    """The feature list with recency counted from the time of a snapshot, for those that have no time of their own."""
    now = time_of(snapshot)
    return replace(
        spec,
        kinds={name: tuple(replace(kind, newest=now) for kind in kinds) for name, kinds in spec.kinds.items()},
    )


def time_of(snapshot: Snapshot) -> float:
    """The time of a snapshot in seconds since 1970: the newest beginning of anything in it where it has none."""
    if snapshot.as_of is not None:
        return snapshot.as_of
    begun = [outcome_dates(snapshot)]
    for kind in snapshot.kinds:
        links = snapshot.links(kind)
        begun.append(np.where(np.isnan(links.first), links.last, links.first))
    return float(np.nanmax(np.concatenate(begun)))
