"""What models predict for test parties: the material of every figure in a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.special import expit

from gnn.arrays import F32, F64
from gnn.features.featurizer import LabelFreeFeatures, compute_rows
from gnn.features.label_features import LabelVector
from gnn.features.label_state import label_state
from gnn.features.network_state import network_state
from gnn.features.spec import SELF, masked
from gnn.metrics import RESAMPLES, Estimate, auroc_difference, equal_mass_bins
from gnn.models.calibration import Calibration
from gnn.models.intervals import CONFIDENCE
from gnn.models.model import BASE_LEARNERS, Model
from gnn.training.splits import Split
from gnn.training.train import TrainingResult
from graph.snapshots.snapshot import Snapshot

MAX_COVERAGE_BINS: Final = 15
MIN_BIN_SIZE: Final = 50  # parties; the observed rate of fewer is too noisy


@dataclass(frozen=True)
class TestPredictions:
    """The test parties of one split, k of them, in the order of `split.test`.

    y float64[k] holds observed outcomes, values float32[k, w] the model's features. probability float64[k] by model;
    `model` is Kith's, with its interval from low to high. ablated float64[k] by category: the same model's
    probability where that category is masked.
    """

    split: Split
    y: F64
    trained: TrainingResult
    values: F32
    low: F64
    high: F64
    ablated: Mapping[str, F64]
    probability: Mapping[str, F64] = field(default_factory=dict)

    @property
    def model(self) -> Model:
        return self.trained.model

    @property
    def calibration(self) -> Calibration:
        return self.model.calibration

    def train_rate(self, y: F32) -> float:
        """The bad rate of the parties trained on; point in time that of the late observations."""
        of_train = y[self.split.fit_rows] if self.model.horizon_days is None else self.trained.y
        return float(of_train.mean())


def predict(
    trained: TrainingResult,
    snapshot: Snapshot,
    y: F32,
    split: Split,
    label_free: LabelFreeFeatures | None,
    labels: LabelVector | None = None,
) -> TestPredictions:
    """Predictions of a trained model for the test parties of a split.

    label_free: of the test parties, and possibly of others, where they were computed before. labels: the outcomes that
    features read; those the model was fitted on, where none are given.
    """
    model, labels = trained.model, LabelVector.of(y, split.fit_rows) if labels is None else labels
    state = network_state(model.spec, snapshot) if label_free is None else label_free.state
    of_test = None if label_free is None else label_free.of(split.test)
    values = compute_rows(model.spec, label_state(state, labels), split.test, of_test)
    raw = model.log_odds(values)
    log_odds, p = model.calibration.log_odds(raw), model.calibration.probability(raw)
    intervals = model.calibration.intervals
    low, high = (p, p) if intervals is None else intervals.around(log_odds)
    outcomes = np.asarray(y[split.test], np.float64)
    probability = {"model": p, **_base_learners(model, values)}
    return TestPredictions(split, outcomes, trained, values, low, high, _ablated(model, values), probability)


def _base_learners(model: Model, values: F32) -> dict[str, F64]:
    """Uncalibrated probabilities of the base learners that read the graph, each by itself."""
    graph_learners = [name for name in BASE_LEARNERS if name in model.base_learners and name != SELF]
    names = graph_learners if model.spec.categories else ()
    return {name: np.asarray(expit(model.learner_log_odds(name, values)), np.float64) for name in names}


def _ablated(model: Model, values: F32) -> dict[str, F64]:
    every = frozenset(model.spec.categories)
    return {
        category: model.calibration.probability(model.log_odds(masked(values, model.spec, every - {category})))
        for category in model.spec.categories
    }


def mean_auroc_difference(
    predictions: Sequence[TestPredictions], a: Sequence[F64], b: Sequence[F64], seed: int
) -> Estimate:
    """AUROC(a) - AUROC(b) with its paired 95 % interval, each averaged over the splits."""
    of_splits = zip(a, b, predictions, strict=True)
    differences = [auroc_difference(p, q, split.y, seed) for p, q, split in of_splits]
    return Estimate(*(float(x) for x in np.mean(differences, axis=0)))


def ablation(predictions: Sequence[TestPredictions], seed: int) -> dict[str, Estimate]:
    """AUROC that the served model loses with one category masked, by category."""
    complete = [split.probability["model"] for split in predictions]
    return {
        category: mean_auroc_difference(predictions, complete, [split.ablated[category] for split in predictions], seed)
        for category in sorted(predictions[0].ablated)
    }


@dataclass(frozen=True, slots=True)
class IntervalCoverage:
    """Coverage of the intervals on test parties, in `bins` of equal mass by score.

    observed: share of the bins whose observed bad rate lies between the mean ends of their parties' intervals. An
    observed rate is itself a sample: were every probability exactly right, `chance_mean` of the bins would be covered
    on average, and at least `chance_p5` in 95 samples of 100.
    """

    nominal: float
    bins: int
    observed: float
    chance_mean: float
    chance_p5: float
    mean_width: float


def interval_coverage(predictions: Sequence[TestPredictions], seed: int) -> IntervalCoverage:
    """Coverage of the intervals, averaged over the splits."""
    means = np.mean([_coverage(split, seed) for split in predictions], axis=0).tolist()
    return IntervalCoverage(CONFIDENCE, _n_bins(predictions[0]), *means)


def _n_bins(predictions: TestPredictions) -> int:
    return int(np.clip(len(predictions.y) // MIN_BIN_SIZE, 3, MAX_COVERAGE_BINS))


def _coverage(predictions: TestPredictions, seed: int) -> tuple[float, float, float, float]:
    """(observed, chance_mean, chance_p5, mean_width) of one split."""
    p, random = predictions.probability["model"], np.random.default_rng(seed)
    bins = equal_mass_bins(p, _n_bins(predictions))
    low, high = (np.array([ends[part].mean() for part in bins]) for ends in (predictions.low, predictions.high))

    def covered(y: F64) -> float:
        rate = np.array([y[part].mean() for part in bins])
        return float(((low <= rate) & (rate <= high)).mean())

    by_chance = [covered((random.random(len(p)) < p).astype(np.float64)) for _ in range(RESAMPLES)]
    width = float((predictions.high - predictions.low).mean())
    return covered(predictions.y), float(np.mean(by_chance)), float(np.quantile(by_chance, 0.05)), width
