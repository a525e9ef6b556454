"""The temporal split: train on what was known at a moment, test on the outcomes that became known later."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from gnn.arrays import F32, F64
from gnn.evaluation.findings import Code, Finding
from gnn.evaluation.predictions import predict
from gnn.metrics import auroc, auroc_error
from gnn.training.splits import Split, minority_count
from gnn.training.train import train
from graph.schema import OUTCOME_STATES
from graph.snapshots.snapshot import Snapshot

MIN_DATED: Final = 0.9  # share of outcomes with a date, below which there is no temporal split
TRAIN_SHARE: Final = 0.75  # of the dated outcomes, the earliest
MIN_PER_CLASS: Final = 8  # good and bad outcomes on either side
Z_95: Final = 1.96


@dataclass(frozen=True, slots=True)
class TemporalSplit:
    """AUROC on the outcomes after `cut` (seconds since 1970), beside that on the test set of the report's split.

    standard_error and split_standard_error are those of the two AUROCs (Hanley and McNeil 1982).
    """

    cut: float
    n_train: int
    n_test: int
    auroc: float
    standard_error: float
    split_auroc: float
    split_standard_error: float
    train_rate: float
    test_rate: float

    def finding(self) -> Finding:
        """Whether the two AUROCs differ by more than their standard errors explain."""
        bound = Z_95 * float(np.hypot(self.split_standard_error, self.standard_error))
        differs = abs(self.auroc - self.split_auroc) > bound
        code = Code.TEMPORAL_SPLIT_DIFFERS if differs else Code.TEMPORAL_SPLIT_AGREES
        return Finding(code, {"auroc": self.auroc, "split_auroc": self.split_auroc})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def temporal_cut(snapshot: Snapshot) -> float | None:
    """The moment (seconds since 1970) up to which TRAIN_SHARE of the outcomes opened; None where too few are dated."""
    opened = _opened(snapshot)
    dated = np.sort(opened[~np.isnan(opened)])
    if not len(opened) or len(dated) < MIN_DATED * len(opened) or dated[0] == dated[-1]:
        return None
    return float(dated[int(TRAIN_SHARE * (len(dated) - 1))])


def why_no_temporal_split(snapshot: Snapshot) -> Finding:
    """What is missing for a temporal split: dates, or outcomes of both classes on either side."""
    opened = _opened(snapshot)
    dated = int((~np.isnan(opened)).sum())
    if not dated:
        return Finding(Code.OUTCOMES_UNDATED)
    if dated < MIN_DATED * len(opened):
        return Finding(Code.OUTCOMES_PARTLY_DATED, {"dated": dated, "outcomes": len(opened), "min_dated": MIN_DATED})
    return Finding(Code.OUTCOMES_TOO_FEW_BY_TIME, {"min_per_class": MIN_PER_CLASS})


def _opened(snapshot: Snapshot) -> F64:
    """When each active outcome opened, NaN where it has no date."""
    outcomes = snapshot.outcomes
    return np.asarray(outcomes.opened[outcomes.state == OUTCOME_STATES.index("active")], np.float64)


def evaluate_temporal_split(
    snapshot: Snapshot,
    y_at_cut: F32,
    y_final: F32,
    cut: float,
    reference: tuple[F64, F64],
    seed: int,
    max_train_labels: int | None = None,
) -> TemporalSplit | None:
    """Train on the network as of `cut`, test on the outcomes after it; None where either side has too few.

    snapshot is as of `cut`; y_at_cut and y_final float32[n] are the labels of its rows then and in the end. reference
    is (probability, outcome) of the test set to compare with.
    """
    train_rows = np.flatnonzero(~np.isnan(y_at_cut))
    test_rows = np.flatnonzero(np.isnan(y_at_cut) & ~np.isnan(y_final))
    y = np.where(np.isnan(y_at_cut), y_final, y_at_cut).astype(np.float32)
    if min(minority_count(train_rows, y), minority_count(test_rows, y)) < MIN_PER_CLASS:
        return None
    split = Split("by time", train_rows, train_rows[:0], test_rows).limited(max_train_labels, y, seed)
    if minority_count(split.fit_rows, y) < MIN_PER_CLASS:
        return None
    predictions = predict(train(snapshot, y, split.fit_rows, seed), snapshot, y, split, None)
    p, outcomes = predictions.probability["model"], predictions.y
    return TemporalSplit(
        cut=cut,
        n_train=len(split.fit_rows),
        n_test=len(test_rows),
        auroc=auroc(p, outcomes),
        standard_error=auroc_error(p, outcomes),
        split_auroc=auroc(*reference),
        split_standard_error=auroc_error(*reference),
        train_rate=float(y[split.fit_rows].mean()),
        test_rate=float(outcomes.mean()),
    )
