"""The split by time: train on what was known at a cut, test on the outcomes that open within the horizon after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from gnn.arrays import F32, F64, Bools
from gnn.evaluation.evaluate_risk import Trial, static_trial
from gnn.evaluation.findings import Code, Finding
from gnn.evaluation.predictions import TestPredictions
from gnn.features.featurizer import compute_label_free
from gnn.features.targets import outcomes_as_labels
from gnn.metrics import auroc, auroc_error
from gnn.models.calibration import PriorCorrection
from gnn.training.observations import (
    MIN_DATED,
    MIN_PER_CLASS,
    ObservationTimes,
    dated_spec,
    enough_observations,
    known_labels,
    outcome_dates,
    targets_at,
)
from gnn.training.point_in_time import train_point_in_time
from gnn.training.splits import Split, minority_count
from gnn.training.train import TrainingConfig, TrainingResult
from gnn.training.trees import Progress
from graph.snapshots.snapshot import Snapshot

DAY: Final = 86_400.0
Z_95: Final = 1.96


@dataclass(frozen=True, slots=True)
class TemporalSplit:
    """AUROC on the outcomes within the horizon after `cut` (seconds since 1970), beside that of another split.

    standard_error and split_standard_error are those of the two AUROCs (Hanley and McNeil 1982). train_rate, test_rate:
    bad rates; mean_probability: of the parties tested on, before any correction to another bad rate. point_in_time:
    whether the model was trained so.
    """

    cut: float
    horizon_days: int
    point_in_time: bool
    n_train: int
    n_test: int
    auroc: float
    standard_error: float
    split: str
    split_auroc: float
    split_standard_error: float
    train_rate: float
    test_rate: float
    mean_probability: float

    def finding(self) -> Finding:
        """Whether the two AUROCs differ by more than their standard errors explain."""
        bound = Z_95 * float(np.hypot(self.split_standard_error, self.standard_error))
        differs = abs(self.auroc - self.split_auroc) > bound
        code = Code.TEMPORAL_SPLIT_DIFFERS if differs else Code.TEMPORAL_SPLIT_AGREES
        return Finding(code, asdict(self))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class LaterOutcomes:
    """A trial on the network as of `cut`, and its split: tested on the outcomes within the horizon after it."""

    trial: Trial
    split: Split
    cut: float
    horizon_days: int
    point_in_time: bool

    def beside(self, later: TestPredictions, other: TestPredictions) -> TemporalSplit:
        """What was found on later outcomes, beside what was found on another split."""
        p, reference = later.probability["model"], (other.probability["model"], other.y)
        return TemporalSplit(
            cut=self.cut,
            horizon_days=self.horizon_days,
            point_in_time=self.point_in_time,
            n_train=len(self.split.fit_rows),
            n_test=len(self.split.test),
            auroc=auroc(p, later.y),
            standard_error=auroc_error(p, later.y),
            split=other.split.name,
            split_auroc=auroc(*reference),
            split_standard_error=auroc_error(*reference),
            train_rate=later.train_rate(self.trial.y),
            test_rate=float(later.y.mean()),
            mean_probability=float(_uncorrected(later).mean()),
        )


def _uncorrected(predictions: TestPredictions) -> F64:
    """The probabilities of the model at the bad rate of its sample."""
    p, prior = predictions.probability["model"], predictions.calibration.prior
    return p if prior is None else PriorCorrection(prior.population_rate, prior.sample_rate).probability(p)


def later_outcomes(
    past: Snapshot,
    outcomes: Snapshot,
    horizon_days: int,
    history: tuple[ObservationTimes, Sequence[Snapshot]] | None,
    seed: int,
    max_train_labels: int | None = None,
    config: TrainingConfig | None = None,
) -> LaterOutcomes | None:
    """The test on later outcomes of what is trained on `past`; None where either side has too few of either class.

    outcomes: a later snapshot of the same network. history: the times of observation before `past`, with the snapshots
    as of them. Where it is None, or has too few outcomes, training is on `past` alone, as `kith train` would do.
    """
    cut = past.as_of
    assert cut is not None
    config = config or TrainingConfig()
    known = outcomes_as_labels(past, config.bad)
    later = targets_at(past, outcomes, horizon_days * DAY, bad=config.bad)
    train_rows, test_rows = np.flatnonzero(~np.isnan(known) & np.isnan(later)), np.flatnonzero(~np.isnan(later))
    y = np.where(np.isnan(later), known, later).astype(np.float32)
    if min(minority_count(train_rows, y), minority_count(test_rows, y)) < MIN_PER_CLASS:
        return None
    day = datetime.fromtimestamp(cut, UTC).date()
    split = Split(f"by time: the {horizon_days} days after {day}", train_rows, train_rows[:0], test_rows)
    split = split.limited(max_train_labels, y, seed)
    if minority_count(split.fit_rows, y) < MIN_PER_CLASS:
        return None
    parties = None if max_train_labels is None else np.isin(np.arange(past.n_parties), split.fit_rows)
    split = split.with_val(y, seed)
    if history is None or not enough_observations(*history, past, parties, config.bad):
        return LaterOutcomes(static_trial(past, y, seed, config), split, cut, horizon_days, False)
    trial = _point_in_time_trial(past, y, *history, parties, seed, config)
    return LaterOutcomes(trial, split, cut, horizon_days, True)


def _point_in_time_trial(
    past: Snapshot,
    y: F32,
    times: ObservationTimes,
    snapshots: Sequence[Snapshot],
    parties: Bools | None,
    seed: int,
    config: TrainingConfig,
) -> Trial:
    def trained(split: Split, of_split: TrainingConfig, progress: Progress | None) -> TrainingResult:
        return train_point_in_time(past, times, snapshots, seed, progress, of_split, parties)

    spec = dated_spec(snapshots[-1], config.bad)
    label_free = compute_label_free(spec, past, np.flatnonzero(~np.isnan(y)))
    return Trial(past, y, seed, spec, label_free, trained, known_labels(past, past, parties, config.bad), config)


def why_no_temporal_split(snapshot: Snapshot) -> Finding:
    """What is missing for a split by time: dates, or outcomes of both classes on either side."""
    opened = outcome_dates(snapshot)
    dated = int((~np.isnan(opened)).sum())
    if not dated:
        return Finding(Code.OUTCOMES_UNDATED)
    if dated < MIN_DATED * len(opened):
        return Finding(Code.OUTCOMES_PARTLY_DATED, {"dated": dated, "outcomes": len(opened), "min_dated": MIN_DATED})
    return Finding(Code.OUTCOMES_TOO_FEW_BY_TIME, {"min_per_class": MIN_PER_CLASS})
