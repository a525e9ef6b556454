"""How good the model is on outcomes it has not seen, beside the same model without the graph and simpler ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from gnn.arrays import F32 as Floats
from gnn.evaluation.baselines.label_propagation import label_propagation
from gnn.evaluation.baselines.link_counts import link_counts
from gnn.evaluation.curves import Group, by_decile, by_level, falls_beyond_chance, monotone
from gnn.evaluation.findings import all_findings
from gnn.evaluation.network_reliance import NetworkReliance, network_reliance
from gnn.evaluation.predictions import Coverage, Difference, TestPredictions, ablation, coverage, difference, predict
from gnn.features.featurizer import LabelFreeFeatures, compute, compute_label_free
from gnn.features.label_features import LabelVector
from gnn.features.spec import FeatureSpec, fit_spec
from gnn.metrics import Doubles, metrics
from gnn.training.splits import Split
from gnn.training.train import TrainingConfig, train
from gnn.training.trees import Progress
from graph.errors import UsageError
from graph.snapshots.snapshot import Snapshot

NO_GRAPH: Final = TrainingConfig(categories=frozenset())


@dataclass(frozen=True)
class Report:
    """What `kith evaluate` answers; figures are means over the splits, `std` beside where there are several.

    differences: AUROC of the model less each baseline's, with its paired 95 % interval. ablation: the same against
    the model with one category barred. `judged` is what the figures were made of; it stays out of the JSON.
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
    words: tuple[str, ...]
    differences: Mapping[str, Difference]
    ablation: Mapping[str, Difference]
    coverage: Coverage
    network_reliance: NetworkReliance
    judged: tuple[TestPredictions, ...]

    def to_json(self, peak_mb: float) -> dict[str, Any]:
        """The JSON object of `kith evaluate`."""
        first = self.judged[0]
        p, y = first.probability["model"], first.y
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
            "calibration": [one.calibration.family for one in self.judged],
            "levels": [_group_json(group) for group in by_level(p, y)],
            "tenths": [_group_json(group) for group in by_decile(p, y)],
            "levels_monotone": monotone(by_level(p, y)),
            "tenths_monotone": monotone(by_decile(p, y)),
            "fall_beyond_chance": [*falls_beyond_chance(by_level(p, y)), *falls_beyond_chance(by_decile(p, y))],
            "interval": asdict(self.coverage),
            "others": asdict(self.network_reliance),
            "words": list(self.words),
            "seconds": round(self.seconds, 2),
            "seconds_baselines": round(self.seconds_baselines, 2),
            "peak_mb": round(peak_mb, 1),
        }


def _group_json(group: Group) -> dict[str, Any]:
    return asdict(group) | {"rate": group.rate}


def evaluate_risk(
    snapshot: Snapshot,
    y: Floats,
    splits: Sequence[Split],
    seed: int,
    dataset: str,
    baselines: Collection[str] = (),
    progress: Progress | None = None,
) -> Report:
    """Train and judge once for each split. Test parties see the outcomes of those that taught.

    `baselines`: which of BASELINES stand beside. `seconds` is the model's own time, features included; that of the
    baselines is apart.
    """
    if not splits:
        raise UsageError("there is no split to evaluate")
    started = time.perf_counter()
    spec = fit_spec(snapshot)
    static = compute_label_free(spec, snapshot)
    judged = []
    for i, split in enumerate(splits):
        step = _part(progress, i, len(splits))
        trained = train(snapshot, y, split.fit_rows, seed, step, TrainingConfig(), static, spec)
        judged.append(predict(trained, snapshot, y, split, static))
    seconds = time.perf_counter() - started
    others = _network_reliance(snapshot, y, judged[0], static, seed)
    started = time.perf_counter()
    for name in (name for name in BASELINES if name in baselines):
        answers = [_BASELINES[name](_Asked(snapshot, y, split, seed, spec, static)) for split in splits]
        judged = [
            replace(one, probability={**one.probability, name: p}) for one, p in zip(judged, answers, strict=True)
        ]
        if progress is not None:
            progress(name, 1.0)
    return _report(y, judged, others, seed, dataset, seconds, time.perf_counter() - started)


def _report(
    y: Floats,
    judged: Sequence[TestPredictions],
    others: NetworkReliance,
    seed: int,
    dataset: str,
    seconds: float,
    seconds_baselines: float,
) -> Report:
    names = list(judged[0].probability)
    tables = {name: _mean([metrics(one.probability[name], one.y, seed) for one in judged]) for name in names}
    by_model = {name: [one.probability[name] for one in judged] for name in names}
    differences = {name: difference(judged, by_model["model"], by_model[name], seed) for name in names[1:]}
    added, covered = ablation(judged, seed), coverage(judged, seed)
    splits = [one.split for one in judged]
    rate = float(np.mean([y[split.fit_rows].mean() for split in splits]))
    words = all_findings(judged, tables, differences, added, covered, others, rate)
    figures = tables.pop("model")
    return Report(
        "risk",
        dataset,
        tuple(split.name for split in splits),
        seed,
        round(float(np.mean([len(split.fit_rows) for split in splits]))),
        round(float(np.mean([len(split.test) for split in splits]))),
        figures,
        tables,
        seconds,
        seconds_baselines,
        words,
        differences,
        added,
        covered,
        others,
        tuple(judged),
    )


def _network_reliance(
    snapshot: Snapshot, y: Floats, one: TestPredictions, static: LabelFreeFeatures, seed: int
) -> NetworkReliance:
    nothing = LabelVector.of(y, np.empty(0, np.int64))
    without = compute(one.model.spec, snapshot, nothing, static).values[one.split.test]
    return network_reliance(one.model, one.values, without, seed)


@dataclass(frozen=True)
class _Asked:
    """What stands before the model and its baselines alike."""

    snapshot: Snapshot
    y: Floats
    split: Split
    seed: int
    spec: FeatureSpec
    static: LabelFreeFeatures


def _no_graph(asked: _Asked) -> Doubles:
    trained = train(asked.snapshot, asked.y, asked.split.fit_rows, asked.seed, None, NO_GRAPH, asked.static, asked.spec)
    return predict(trained, asked.snapshot, asked.y, asked.split, asked.static).probability["model"]


def _link_counts(asked: _Asked) -> Doubles:
    return link_counts(asked.snapshot, asked.y, asked.split, asked.seed, asked.spec)


def _label_spread(asked: _Asked) -> Doubles:
    return label_propagation(asked.snapshot, asked.y, asked.split.fit_rows, asked.split.test)


def _graph_sage(asked: _Asked) -> Doubles:
    from gnn.evaluation.baselines.gnn_baselines import graph_sage

    return graph_sage(asked.snapshot, asked.y, asked.split, asked.seed)


def _gpr(asked: _Asked) -> Doubles:
    from gnn.evaluation.baselines.gnn_baselines import gpr

    return gpr(asked.snapshot, asked.y, asked.split, asked.seed)


_BASELINES: Final[Mapping[str, Callable[[_Asked], Doubles]]] = {
    "no_graph": _no_graph,
    "link_counts": _link_counts,
    "label_propagation": _label_spread,
    "graph_sage": _graph_sage,
    "gpr": _gpr,
}
BASELINES: Final = tuple(_BASELINES)


def _mean(tables: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    mean: dict[str, Any] = {name: float(np.mean([table[name] for table in tables])) for name in tables[0]}
    if len(tables) > 1:
        mean["std"] = {name: float(np.std([table[name] for table in tables], ddof=1)) for name in tables[0]}
    return mean


def _part(progress: Progress | None, i: int, n: int) -> Progress | None:
    if progress is None:
        return None
    return lambda step, share: progress(f"{step}, split {i + 1} of {n}", share)
