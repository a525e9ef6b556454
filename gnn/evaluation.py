"""How good the model is on outcomes it has not seen, beside the same model without the graph and simpler ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gnn.features import FeatureSpec, KnownOutcomes, Static, compute, compute_static, fit_spec
from gnn.metrics import Doubles, auroc_difference, metrics
from gnn.neighbourhood import Floats
from gnn.splits import Split
from gnn.training import Progress, Recipe, train
from graph.errors import UsageError
from graph.schema import BAD_OUTCOMES, OUTCOME_STATES, OUTCOMES_KNOWN
from graph.snapshot import Snapshot

NO_GRAPH: Final = Recipe(categories=frozenset())
SURPRISING: Final = 0.02  # difference of bad rates between training and test that a calibration cannot survive


@dataclass(frozen=True)
class Report:
    """What `kith evaluate` answers; figures are means over the splits, `std` beside where there are several."""

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
    differences: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)

    def to_json(self, peak_mb: float) -> dict[str, Any]:
        """The JSON object of `kith evaluate`."""
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
            "words": list(self.words),
            "seconds": round(self.seconds, 2),
            "seconds_baselines": round(self.seconds_baselines, 2),
            "peak_mb": round(peak_mb, 1),
        }


def outcomes_as_labels(snapshot: Snapshot) -> Floats:
    """y float32[n] from the snapshot's active outcomes: 1 where any is bad, 0 where others are known, NaN unknown."""
    facts = snapshot.outcomes
    active = facts.state == OUTCOME_STATES.index("active")
    bad = np.isin(facts.outcome, [OUTCOMES_KNOWN.index(name) for name in sorted(BAD_OUTCOMES)])
    y = np.full(snapshot.n_parties, np.nan, np.float32)
    y[facts.party[active]] = 0
    y[facts.party[active & bad]] = 1
    return y


def evaluate_risk(
    snapshot: Snapshot,
    y: Floats,
    splits: Sequence[Split],
    seed: int,
    dataset: str,
    baselines: bool = True,
    progress: Progress | None = None,
) -> Report:
    """Train and judge once for each split. Test parties see the outcomes of the training and held-out ones.

    `seconds` is the model's own time, features included; the baselines' is apart.
    """
    if not splits:
        raise UsageError("there is no split to evaluate")
    started = time.perf_counter()
    spec = fit_spec(snapshot)
    static = compute_static(spec, snapshot)
    answers: dict[str, list[Doubles]] = {"model": []}
    for i, split in enumerate(splits):
        step = _part(progress, i, len(splits))
        answers["model"].append(_answers(snapshot, y, split, seed, Recipe(), spec, static, step))
    seconds = time.perf_counter() - started
    started = time.perf_counter()
    if baselines:
        for name, answer in _BASELINES.items():
            answers[name] = [answer(snapshot, y, split, seed, spec, static) for split in splits]
            if progress is not None:
                progress(name, 1.0)
    targets = [y[split.test] for split in splits]
    tables = {name: _mean([metrics(p, t) for p, t in zip(ps, targets, strict=True)]) for name, ps in answers.items()}
    differences = {
        name: _difference(answers["model"], ps, targets, seed) for name, ps in answers.items() if name != "model"
    }
    return Report(
        "risk",
        dataset,
        tuple(split.name for split in splits),
        seed,
        round(float(np.mean([len(split.train) for split in splits]))),
        round(float(np.mean([len(split.test) for split in splits]))),
        tables.pop("model"),
        tables,
        seconds,
        time.perf_counter() - started,
        _words(differences, y, splits),
        differences,
    )


def _answers(
    snapshot: Snapshot,
    y: Floats,
    split: Split,
    seed: int,
    recipe: Recipe,
    spec: FeatureSpec,
    static: Static,
    progress: Progress | None = None,
) -> Doubles:
    model = train(snapshot, y, split.train, split.val, seed, progress, recipe, static, spec)
    known = KnownOutcomes.of(y, np.concatenate([split.train, split.val]))
    values = compute(model.spec, snapshot, known, static).values[split.test]
    return model.calibration.probability(model.logit(values))


def _no_graph(snapshot: Snapshot, y: Floats, split: Split, seed: int, spec: FeatureSpec, static: Static) -> Doubles:
    return _answers(snapshot, y, split, seed, NO_GRAPH, spec, static)


def _label_spread(snapshot: Snapshot, y: Floats, split: Split, seed: int, spec: FeatureSpec, static: Static) -> Doubles:
    from gnn.baselines import label_spread

    return label_spread(snapshot, y, np.sort(np.concatenate([split.train, split.val])), split.test)


def _graph_sage(snapshot: Snapshot, y: Floats, split: Split, seed: int, spec: FeatureSpec, static: Static) -> Doubles:
    from gnn.baselines import graph_sage

    return graph_sage(snapshot, y, split.train, split.val, split.test, seed)


_Baseline = Callable[[Snapshot, Floats, Split, int, FeatureSpec, Static], Doubles]
_BASELINES: Final[Mapping[str, _Baseline]] = {
    "no_graph": _no_graph,
    "label_spread": _label_spread,
    "graph_sage": _graph_sage,
}


def _mean(tables: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    mean: dict[str, Any] = {name: float(np.mean([table[name] for table in tables])) for name in tables[0]}
    if len(tables) > 1:
        mean["std"] = {name: float(np.std([table[name] for table in tables], ddof=1)) for name in tables[0]}
    return mean


def _difference(
    ours: Sequence[Doubles], theirs: Sequence[Doubles], targets: Sequence[npt.NDArray[Any]], seed: int
) -> tuple[float, float, float]:
    """AUROC difference with its paired 95 % interval, each averaged over the splits."""
    found = [auroc_difference(a, b, t, seed) for a, b, t in zip(ours, theirs, targets, strict=True)]
    return tuple(float(x) for x in np.mean(found, axis=0))  # type: ignore[return-value]


def _words(
    differences: Mapping[str, tuple[float, float, float]], y: Floats, splits: Sequence[Split]
) -> tuple[str, ...]:
    said = []
    if "no_graph" in differences:
        difference, low, high = differences["no_graph"]
        interval = f"{difference:+.4f} AUROC, 95 % interval {low:+.4f} to {high:+.4f}"
        if low > 0:
            said.append(f"The graph adds {interval}, against the same model without it.")
        elif high < 0:
            said.append(f"The graph harms here: {interval}; use the model without it.")
        else:
            said.append(f"The graph adds nothing here that could be told from chance: {interval}.")
    train_rate = float(np.mean([y[split.train].mean() for split in splits]))
    test_rate = float(np.mean([y[split.test].mean() for split in splits]))
    if abs(train_rate - test_rate) > SURPRISING:
        said.append(
            f"Bad rate {train_rate:.3f} in training and {test_rate:.3f} in test: no calibration can hold across that."
        )
    return tuple(said)


def _part(progress: Progress | None, i: int, n: int) -> Progress | None:
    if progress is None:
        return None
    return lambda step, share: progress(f"{step}, split {i + 1} of {n}", share)
