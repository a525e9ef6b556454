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
from gnn.features.featurizer import LabelFreeFeatures, compute_label_free, compute_rows, with_positions
from gnn.features.label_features import LabelVector
from gnn.features.label_state import label_state
from gnn.features.spec import FeatureSpec, fit_spec
from gnn.metrics import Estimate, mean_metrics, metrics
from gnn.models.calibration import PriorCorrection
from gnn.training.splits import Split
from gnn.training.train import TrainingConfig, TrainingResult, train
from gnn.training.trees import Progress
from graph.errors import UsageError
from graph.snapshots.snapshot import Snapshot

EVERYTHING: Final = TrainingConfig()


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


@dataclass(frozen=True)
class Trial:
    """What is tested: a way of training on splits of one network, with the features that its models read.

    y float32[n] is 1 for a bad outcome, 0 for a good one, NaN for unknown. train: of a split. labels: the outcomes that
    features of test parties read, None for those of the rows that are fitted on. config: what is asked for; with a
    population rate, probabilities are tested at the bad rate of the test parties, to which they are corrected as they
    would be to that of the population.
    """

    snapshot: Snapshot
    y: F32
    seed: int
    spec: FeatureSpec
    label_free: LabelFreeFeatures
    train: Callable[[Split, TrainingConfig, Progress | None], TrainingResult]
    labels: LabelVector | None = None
    config: TrainingConfig = EVERYTHING

    def tested_config(self, split: Split) -> TrainingConfig:
        """The configuration whose probabilities are those of the test parties, where they are corrected at all."""
        if self.config.population_rate is None:
            return self.config
        return replace(self.config, population_rate=float(np.mean(self.y[split.test], dtype=np.float64)))

    def predictions(
        self, split: Split, progress: Progress | None = None, categories: frozenset[str] | None = None
    ) -> TestPredictions:
        """Predictions for the test parties of a split, by what is trained on it with these categories (None: all)."""
        trained = self.train(split, replace(self.tested_config(split), categories=categories), progress)
        return predict(trained, self.snapshot, self.y, split, self.label_free, self.labels)


def static_trial(snapshot: Snapshot, y: F32, seed: int, config: TrainingConfig | None = None) -> Trial:
    """Training on one snapshot. Features of test parties read the labels of the rows that are fitted on alone."""
    spec = with_positions(fit_spec(snapshot), snapshot)
    label_free = compute_label_free(spec, snapshot, np.flatnonzero(~np.isnan(y)))

    def trained(split: Split, of_split: TrainingConfig, progress: Progress | None) -> TrainingResult:
        return train(snapshot, y, split.fit_rows, seed, progress, of_split, label_free, spec, split.selection_rows)

    return Trial(snapshot, y, seed, spec, label_free, trained, config=config or EVERYTHING)


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
    """The report of training on one snapshot and testing once for each split; see `evaluate_trial`."""
    if not splits:
        raise UsageError("there is no split to evaluate")
    started = time.perf_counter()
    trial = static_trial(snapshot, y, seed, config)
    return evaluate_trial(trial, splits, dataset, started, baselines, progress, top)


def evaluate_trial(
    trial: Trial,
    splits: Sequence[Split],
    dataset: str,
    started: float,
    baselines: Collection[str] = (),
    progress: Progress | None = None,
    top: int = TOP_PARTIES,
) -> Report:
    """The report of training and testing once for each split, with those of BASELINES that are named.

    started: `time.perf_counter()` when the model's time began. top: of how many of the riskiest parties there are
    precision and recall, beside the riskiest 1 % and 5 %.
    """
    y, seed = trial.y, trial.seed
    predictions = []
    for i, split in enumerate(splits):
        step = _split_progress(progress, i, len(splits))
        predictions.append(trial.predictions(split, step))
    seconds = time.perf_counter() - started
    reliance = _network_reliance(trial, predictions[0])
    started = time.perf_counter()
    for name in (name for name in BASELINES if name in baselines):
        predictions = [
            replace(one, probability={**one.probability, name: _baseline(name, _BaselineInputs(trial, split))})
            for one, split in zip(predictions, splits, strict=True)
        ]
        if progress is not None:
            progress(name, 1.0)
    found = ranking(predictions, top)
    seconds_baselines = time.perf_counter() - started
    population_rate = trial.config.population_rate
    return _report(y, predictions, reliance, found, seed, dataset, seconds, seconds_baselines, population_rate)


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
    train_rate = float(np.mean([split.train_rate(y) for split in predictions]))
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


def _network_reliance(trial: Trial, predictions: TestPredictions) -> NetworkReliance:
    no_labels = label_state(trial.label_free.state, LabelVector.of(trial.y, np.empty(0, np.int64)))
    test = predictions.split.test
    without_outcomes = compute_rows(predictions.model.spec, no_labels, test, trial.label_free.of(test))
    return network_reliance(predictions.model, predictions.values, without_outcomes, trial.seed)


@dataclass(frozen=True)
class _BaselineInputs:
    """What a baseline may read of one split: the same as the model."""

    trial: Trial
    split: Split


def _baseline(name: str, inputs: _BaselineInputs) -> F64:
    """The probabilities of a baseline, corrected to the rate of the test parties where those of the model are."""
    p, rate = _BASELINES[name](inputs), inputs.trial.tested_config(inputs.split).population_rate
    if rate is None or name == "no_graph":  # which is trained at that rate
        return p
    sample_rate = float(np.mean(inputs.trial.y[inputs.split.fit_rows], dtype=np.float64))
    return PriorCorrection(sample_rate, rate).probability(p)


def _no_graph(inputs: _BaselineInputs) -> F64:
    return inputs.trial.predictions(inputs.split, categories=frozenset()).probability["model"]


def _link_counts(inputs: _BaselineInputs) -> F64:
    trial = inputs.trial
    return link_counts(trial.snapshot, trial.y, inputs.split, trial.seed, trial.spec)


def _label_propagation(inputs: _BaselineInputs) -> F64:
    return label_propagation(inputs.trial.snapshot, inputs.trial.y, inputs.split.fit_rows, inputs.split.test)


def _graph_sage(inputs: _BaselineInputs) -> F64:
    from gnn.evaluation.baselines.gnn_baselines import graph_sage

    return graph_sage(inputs.trial.snapshot, inputs.trial.y, inputs.split, inputs.trial.seed)


def _gpr(inputs: _BaselineInputs) -> F64:
    from gnn.evaluation.baselines.gnn_baselines import gpr

    return gpr(inputs.trial.snapshot, inputs.trial.y, inputs.split, inputs.trial.seed)


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
