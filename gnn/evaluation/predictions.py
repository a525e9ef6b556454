"""What models said of parties whose outcome they had not seen: the material of every figure in a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.special import expit

from gnn.arrays import F32 as Floats
from gnn.features.featurizer import LabelFreeFeatures, compute
from gnn.features.label_features import LabelVector
from gnn.features.spec import FeatureSpec, masked
from gnn.metrics import DRAWS, Doubles, auroc_difference, equal_mass
from gnn.models.calibration import Calibration
from gnn.models.intervals import CONFIDENCE
from gnn.models.model import Model
from gnn.training.splits import Split
from gnn.training.train import TrainingResult
from graph.snapshots.snapshot import Snapshot


@dataclass(frozen=True)
class TestPredictions:
    """One split's test parties, k of them, in the order of `split.test`.

    y float64[k] is what happened; probability by model (`model` is Kith's); low and high the model's interval;
    barred the model's probability with one category masked. values float32[k, w] are the model's features.
    """

    split: Split
    y: Doubles
    trained: TrainingResult
    values: Floats
    low: Doubles
    high: Doubles
    barred: Mapping[str, Doubles]
    probability: Mapping[str, Doubles] = field(default_factory=dict)

    @property
    def model(self) -> Model:
        return self.trained.model

    @property
    def calibration(self) -> Calibration:
        return self.model.calibration


def predict(
    trained: TrainingResult, snapshot: Snapshot, y: Floats, split: Split, static: LabelFreeFeatures | None
) -> TestPredictions:
    """Ask a trained model about the test parties; they see the outcomes of those that taught."""
    model, known = trained.model, LabelVector.of(y, split.fit_rows)
    values = compute(model.spec, snapshot, known, static).values[split.test]
    raw = model.log_odds(values)
    log_odds, p = model.calibration.log_odds(raw), model.calibration.probability(raw)
    intervals = model.calibration.intervals
    low, high = (p, p) if intervals is None else intervals.around(log_odds)
    target = np.asarray(y[split.test], np.float64)
    said = {"model": p, **_heads_alone(model, values)}
    return TestPredictions(split, target, trained, values, low, high, _barred(model, model.spec, values), said)


def _heads_alone(model: Model, values: Floats) -> dict[str, Doubles]:
    """What each of the heads that read the network would say by itself, uncalibrated."""
    heads = ("trees", "network") if model.spec.categories else ()
    return {head: np.asarray(expit(model.learner_log_odds(head, values)), np.float64) for head in heads}


def _barred(model: Model, spec: FeatureSpec, values: Floats) -> dict[str, Doubles]:
    every = frozenset(spec.categories)
    return {
        category: model.calibration.probability(model.log_odds(masked(values, spec, every - {category})))
        for category in spec.categories
    }


Difference = tuple[float, float, float]


def difference(
    judged: Sequence[TestPredictions], ours: Sequence[Doubles], theirs: Sequence[Doubles], seed: int
) -> Difference:
    """AUROC of ours less theirs with its paired 95 % interval, each averaged over the splits."""
    found = [auroc_difference(a, b, one.y, seed) for one, a, b in zip(judged, ours, theirs, strict=True)]
    return tuple(float(x) for x in np.mean(found, axis=0))  # type: ignore[return-value]


def ablation(judged: Sequence[TestPredictions], seed: int) -> dict[str, Difference]:
    """What each category adds to the model that is served: its AUROC less that with the category barred."""
    whole = [one.probability["model"] for one in judged]
    return {
        category: difference(judged, whole, [one.barred[category] for one in judged], seed)
        for category in sorted(judged[0].barred)
    }


MOST_BINS: Final = 15
LEAST_IN_BIN: Final = 50  # parties; the rate of fewer says little


@dataclass(frozen=True, slots=True)
class Coverage:
    """How the intervals did on judged parties.

    The parties are put into `bins` of equal mass by score; `held` is the share of bins whose observed bad rate lies
    between the means of its parties' ends. The rate of a bin is itself a sample: were every probability exactly
    right, `chance_mean` of the bins would be held on average, and at least `chance_p5` in 95 samples of 100.
    """

    nominal: float
    bins: int
    held: float
    chance_mean: float
    chance_p5: float
    width: float


def coverage(judged: Sequence[TestPredictions], seed: int) -> Coverage:
    """Coverage averaged over the splits."""
    found = np.mean([_covered(one, seed) for one in judged], axis=0).tolist()
    return Coverage(CONFIDENCE, _bins(judged[0]), *found)


def _bins(one: TestPredictions) -> int:
    return int(np.clip(len(one.y) // LEAST_IN_BIN, 3, MOST_BINS))


def _covered(one: TestPredictions, seed: int) -> tuple[float, float, float, float]:
    p, random = one.probability["model"], np.random.default_rng(seed)
    bins = equal_mass(p, _bins(one))
    low, high = (np.array([ends[part].mean() for part in bins]) for ends in (one.low, one.high))

    def held(y: Doubles) -> float:
        rate = np.array([y[part].mean() for part in bins])
        return float(((low <= rate) & (rate <= high)).mean())

    by_chance = [held((random.random(len(p)) < p).astype(np.float64)) for _ in range(DRAWS)]
    width = float((one.high - one.low).mean())
    return held(one.y), float(np.mean(by_chance)), float(np.quantile(by_chance, 0.05)), width
