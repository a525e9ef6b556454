"""Evaluation of the risk model: it is trained and tested on each split, beside the baselines."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from gnn.arrays import F32, F64
from gnn.evaluation.baselines.label_propagation import label_propagation
from gnn.evaluation.baselines.link_counts import link_counts
from gnn.evaluation.curves import Bin, by_decile, by_level, falls_beyond_chance, monotone
from gnn.evaluation.findings import Finding
from gnn.evaluation.network_reliance import NetworkReliance, network_reliance
from gnn.evaluation.population import TestedCorrection, tested_correction
from gnn.evaluation.predictions import (
    IntervalCoverage,
    TestPredictions,
    ablation,
    interval_coverage,
    mean_auroc_difference,
    predict,
)
from gnn.evaluation.ranking import TOP_PARTIES, Ranking, ranking
from gnn.evaluation.risk_findings import risk_findings
from gnn.features.featurizer import LabelFreeFeatures, compute, compute_label_free, with_positions
from gnn.features.label_features import LabelVector
from gnn.features.spec import FeatureSpec, fit_spec
from gnn.metrics import Estimate, mean_metrics, metrics
from gnn.models.calibration import PriorCorrection
from gnn.training.splits import Split
from gnn.training.train import TrainingConfig, train
from gnn.training.trees import Progress
from graph.errors import UsageError
from graph.snapshots.snapshot import Snapshot

NO_GRAPH: Final = TrainingConfig(categories=frozenset())


@dataclass(frozen=True)
class Report:
    """Evaluation of the risk model; figures are means over the splits, with `std` where there are several.

    differences: AUROC of the model less that of each other model. ablation: AUROC that it loses with one category
    masked. base_rate: the correction to a population, where one was asked for. seconds is the model's own time,
    features included; that of the baselines is apart. predictions, from which the figures come, stay out of the JSON.
    """

    task: str
    dataset: str
    splits: tuple[str, ...]
    seed: int
    n_train: int
    n_test: int
    model: Mapping[str, Any]
    baselines: Mapping[str, Mapping[str, Any]]
    seconds: float
    seconds_baselines: float
    findings: tuple[Finding, ...]
    differences: Mapping[str, Estimate]
    ablation: Mapping[str, Estimate]
    coverage: IntervalCoverage
    network_reliance: NetworkReliance
    ranking: Ranking
    predictions: tuple[TestPredictions, ...]
    base_rate: TestedCorrection | None = None

    def to_json(self, peak_mb: float) -> dict[str, Any]:
        """The figures as one JSON object; levels and deciles are those of the first split."""
        first = self.predictions[0]
        p, y = first.probability["model"], first.y
        levels, deciles = by_level(p, y), by_decile(p, y)
        return {
            "task": self.task,
            "dataset": self.dataset,
            "splits": list(self.splits),
            "seed": self.seed,
            "n_train": self.n_train,
            "n_test": self.n_test,
            "model": dict(self.model),
            "baselines": {name: dict(values) for name, values in self.baselines.items()},
            "auroc_difference": {name: list(values) for name, values in self.differences.items()},
            "ablation": {name: list(values) for name, values in self.ablation.items()},
            "calibration": [split.calibration.family for split in self.predictions],
            "levels": [_bin_json(level) for level in levels],
            "deciles": [_bin_json(decile) for decile in deciles],
            "levels_monotone": monotone(levels),
            "deciles_monotone": monotone(deciles),
            "fall_beyond_chance": [*falls_beyond_chance(levels), *falls_beyond_chance(deciles)],
            "interval": asdict(self.coverage),
            "network_reliance": asdict(self.network_reliance),
            "ranking": self.ranking.to_json(),
            "base_rate": None if self.base_rate is None else asdict(self.base_rate),
            "seconds": round(self.seconds, 2),
            "seconds_baselines": round(self.seconds_baselines, 2),
            "peak_mb": round(peak_mb, 1),
        }


def _bin_json(bin: Bin) -> dict[str, Any]:
    return asdict(bin) | {"rate": bin.rate}


def evaluate_risk(
    snapshot: Snapshot,
    y: F32,
    splits: Sequence[Split],
    seed: int,
    dataset: str,
    baselines: Collection[str] = (),
    progress: Progress | None = None,
    top: int = TOP_PARTIES,
    config: TrainingConfig | None = None,
) -> Report:
    """The report of training and testing once for each split, with those of BASELINES that are named.

    y float32[n] is 1 for a bad outcome, 0 for a good one, NaN for unknown. Features of test parties read the labels of
    the rows that are fitted on, never their own. top: of how many of the riskiest parties there are
    precision and recall, beside the riskiest 1 % and 5 %. config: with a population rate, probabilities are tested at
    the bad rate of the test parties, to which they are corrected as they would be to that of the population.
    """
    config = config or TrainingConfig()
    if not splits:
        raise UsageError("there is no split to evaluate")
    started = time.perf_counter()
    spec = with_positions(fit_spec(snapshot), snapshot)
    label_free = compute_label_free(spec, snapshot)
    predictions = []
    for i, split in enumerate(splits):
        step = _split_progress(progress, i, len(splits))
        selection = split.selection_rows
        at_test = _at_test_rate(config, y, split)
        trained = train(snapshot, y, split.fit_rows, seed, step, at_test, label_free, spec, selection)
        predictions.append(predict(trained, snapshot, y, split, label_free))
    seconds = time.perf_counter() - started
    reliance = _network_reliance(snapshot, y, predictions[0], label_free, seed)
    started = time.perf_counter()
    for name in (name for name in BASELINES if name in baselines):
        inputs = [
            _BaselineInputs(snapshot, y, split, seed, spec, label_free, _at_test_rate(config, y, split))
            for split in splits
        ]
        predictions = [
            replace(split, probability={**split.probability, name: _baseline(name, of_split)})
            for split, of_split in zip(predictions, inputs, strict=True)
        ]
        if progress is not None:
            progress(name, 1.0)
    found = ranking(predictions, top)
    seconds_baselines = time.perf_counter() - started
    return _report(y, predictions, reliance, found, seed, dataset, seconds, seconds_baselines, config.population_rate)


def _report(
    y: F32,
    predictions: Sequence[TestPredictions],
    reliance: NetworkReliance,
    found: Ranking,
    seed: int,
    dataset: str,
    seconds: float,
    seconds_baselines: float,
    population_rate: float | None,
) -> Report:
    models = list(predictions[0].probability)
    by_model = {name: [split.probability[name] for split in predictions] for name in models}
    figures = {
        name: mean_metrics([metrics(p, split.y, seed) for p, split in zip(by_model[name], predictions, strict=True)])
        for name in models
    }
    differences = {
        name: mean_auroc_difference(predictions, by_model["model"], by_model[name], seed) for name in models[1:]
    }
    ablated, coverage = ablation(predictions, seed), interval_coverage(predictions, seed)
    splits = [split.split for split in predictions]
    correction = None if population_rate is None else tested_correction(predictions, population_rate)
    train_rate = float(np.mean([y[split.fit_rows].mean() for split in splits]))
    return Report(
        task="risk",
        dataset=dataset,
        splits=tuple(split.name for split in splits),
        seed=seed,
        n_train=round(float(np.mean([len(split.fit_rows) for split in splits]))),
        n_test=round(float(np.mean([len(split.test) for split in splits]))),
        model=figures["model"],
        baselines={name: figures[name] for name in models[1:]},
        seconds=seconds,
        seconds_baselines=seconds_baselines,
        findings=risk_findings(predictions, figures, differences, ablated, coverage, reliance, train_rate, correction),
        differences=differences,
        ablation=ablated,
        coverage=coverage,
        network_reliance=reliance,
        ranking=found,
        predictions=tuple(predictions),
        base_rate=correction,
    )


def _at_test_rate(config: TrainingConfig, y: F32, split: Split) -> TrainingConfig:
    """The configuration whose probabilities are those of the test parties, where they are corrected at all."""
    if config.population_rate is None:
        return config
    return replace(config, population_rate=float(np.mean(y[split.test], dtype=np.float64)))


def _network_reliance(
    snapshot: Snapshot, y: F32, predictions: TestPredictions, label_free: LabelFreeFeatures, seed: int
) -> NetworkReliance:
    no_labels = LabelVector.of(y, np.empty(0, np.int64))
    without_outcomes = compute(predictions.model.spec, snapshot, no_labels, label_free).values[predictions.split.test]
    return network_reliance(predictions.model, predictions.values, without_outcomes, seed)


@dataclass(frozen=True)
class _BaselineInputs:
    """What a baseline may read of one split: the same as the model."""

    snapshot: Snapshot
    y: F32
    split: Split
    seed: int
    spec: FeatureSpec
    label_free: LabelFreeFeatures
    config: TrainingConfig


def _baseline(name: str, inputs: _BaselineInputs) -> F64:
    """The probabilities of a baseline, corrected to the rate of the test parties where those of the model are."""
    p, rate = _BASELINES[name](inputs), inputs.config.population_rate
    if rate is None or name == "no_graph":  # which is trained at that rate
        return p
    sample_rate = float(np.mean(inputs.y[inputs.split.fit_rows], dtype=np.float64))
    return PriorCorrection(sample_rate, rate).probability(p)


def _no_graph(inputs: _BaselineInputs) -> F64:
    snapshot, y, split, label_free = inputs.snapshot, inputs.y, inputs.split, inputs.label_free
    rows, selection = split.fit_rows, split.selection_rows
    config = replace(inputs.config, categories=NO_GRAPH.categories)
    trained = train(snapshot, y, rows, inputs.seed, None, config, label_free, inputs.spec, selection)
    return predict(trained, snapshot, y, split, label_free).probability["model"]


def _link_counts(inputs: _BaselineInputs) -> F64:
    return link_counts(inputs.snapshot, inputs.y, inputs.split, inputs.seed, inputs.spec)


def _label_propagation(inputs: _BaselineInputs) -> F64:
    return label_propagation(inputs.snapshot, inputs.y, inputs.split.fit_rows, inputs.split.test)


def _graph_sage(inputs: _BaselineInputs) -> F64:
    from gnn.evaluation.baselines.gnn_baselines import graph_sage

    return graph_sage(inputs.snapshot, inputs.y, inputs.split, inputs.seed)


def _gpr(inputs: _BaselineInputs) -> F64:
    from gnn.evaluation.baselines.gnn_baselines import gpr

    return gpr(inputs.snapshot, inputs.y, inputs.split, inputs.seed)


_BASELINES: Final[Mapping[str, Callable[[_BaselineInputs], F64]]] = {
    "no_graph": _no_graph,
    "link_counts": _link_counts,
    "label_propagation": _label_propagation,
    "graph_sage": _graph_sage,
    "gpr": _gpr,
}
BASELINES: Final = tuple(_BASELINES)


def _split_progress(progress: Progress | None, i: int, n: int) -> Progress | None:
    if progress is None:
        return None
    return lambda step, share: progress(f"{step}, split {i + 1} of {n}", share)
