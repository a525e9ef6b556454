"""Training: from a snapshot and outcomes to a calibrated model. The same inputs and seed give the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt

from gnn.calibration import SURE, Calibration, fit, fit_family, log_loss
from gnn.feature_spec import FeatureSpec, fit_spec
from gnn.features import Static, compute_for_training, compute_static
from gnn.heads import Doubles, Network, Trees
from gnn.labels import KnownOutcomes
from gnn.metrics import metrics
from gnn.model import HEADS, Model
from gnn.network import fit_network
from gnn.network_onnx import to_onnx
from gnn.splits import Rows
from graph.errors import TrainingError
from graph.snapshot import Snapshot

Floats = npt.NDArray[np.float32]
Progress = Callable[[str, float], None]

MASKED_COPIES: Final = 1  # of each training row, with categories left out at random
MASKED_WEIGHT: Final = 0.5
DROP_RATE: Final = (0.15, 0.8)
SHARES: Final = tuple((a / 4, b / 4, (4 - a - b) / 4) for a in range(5) for b in range(5 - a))  # of HEADS, in quarters
HALVES: Final = (0.5, 0.5, 0.0)  # trees and network alike, unless others are clearly better
BAG: Final = 5  # boosters that differ in their seeds
ROUNDS: Final = 1500
STOP_AFTER: Final = 60
TREES: Final = {
    "objective": "binary",
    "metric": "binary_logloss",
    "learning_rate": 0.03,
    "num_leaves": 20,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 127,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
OWN: Final = {"feature_fraction": 0.7, "num_leaves": 8}  # of the trees that read the own record alone: few columns


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a model may read; the default is what serves. categories: those whose blocks may be used, None for all."""

    categories: frozenset[str] | None = None


def train(
    snapshot: Snapshot,
    y: Floats,
    train_rows: Rows,
    val_rows: Rows,
    seed: int,
    progress: Progress | None = None,
    recipe: Recipe | None = None,
    static: Static | None = None,
    spec: FeatureSpec | None = None,
) -> Model:
    """Train on `train_rows`; `val_rows` stop the training, choose the heads' shares and calibrate.

    y float32[n] is 1 for a bad outcome, 0 for none, NaN for unknown. The outcomes of `val_rows` are not read by any
    feature here. Raises TrainingError when one of the two sets has only one class.
    """
    recipe = recipe or Recipe()
    for name, rows in (("train", train_rows), ("held-out", val_rows)):
        if len(np.unique(y[rows])) < 2:
            raise TrainingError(f"the {name} parties have only one kind of outcome; both are needed")
    spec = fit_spec(snapshot) if spec is None else spec
    base_rate = float(np.mean(np.sort(y[train_rows]), dtype=np.float64))
    spec = replace(_restricted(spec, recipe.categories), base_rate=base_rate)
    static = compute_static(spec, snapshot) if static is None else static
    values = compute_for_training(spec, snapshot, KnownOutcomes.of(y, train_rows), static).values
    x, target = _canonical(values[train_rows], y[train_rows])
    held_out = _canonical(values[val_rows], y[val_rows])
    taught = _with_masked_copies(spec, x, target, seed)
    with ThreadPoolExecutor(1) as beside:  # each on one thread, so that the same seed gives the same bytes
        network = beside.submit(fit_network, spec, taught, held_out, seed, progress)
        trees = _fit_bag("trees", TREES, taught, held_out, seed, progress)
        own = _fit_bag("own record", TREES | OWN, _of_own(spec, taught), _of_own(spec, held_out), seed, progress)
        shares = dict.fromkeys(HEADS, 0.0)
        net = Network(to_onnx(*network.result()))
    model = Model(spec, trees, net, own, shares, Calibration(1, 1, 0), base_rate, seed, snapshot.id, {})
    return _blended(model, held_out)


def _restricted(spec: FeatureSpec, categories: frozenset[str] | None) -> FeatureSpec:
    if categories is None:
        return spec
    kinds = {category: kinds for category, kinds in spec.kinds.items() if category in categories}
    return replace(spec, kinds=kinds, blocks=tuple(block for block in spec.blocks if block.needs <= categories))


def _canonical(values: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Rows in the order of their content, so that no result depends on ids or on the order of a file."""
    filled = np.nan_to_num(values, nan=-99.0)
    order = np.lexsort((*filled.T[:64], y)) if filled.shape[1] else np.argsort(y, kind="stable")
    return values[order], y[order]


def _with_masked_copies(
    spec: FeatureSpec, x: Floats, y: Floats, seed: int
) -> tuple[Floats, Floats, npt.NDArray[np.float32]]:
    """(values, y, weight) with copies of each row in which the own record or categories are missing at random.

    So a score with a category barred is one that the model has learnt to give.
    """
    random = np.random.default_rng(seed)
    players = ["own", *spec.categories]
    values, weight = [x], [np.ones(len(x), np.float32)]
    for _ in range(MASKED_COPIES if len(players) > 1 else 0):
        rate = random.uniform(*DROP_RATE, (len(x), 1))
        absent = random.random((len(x), len(players))) < rate
        copy = x.copy()
        for block in spec.blocks:
            needed = [players.index(name) for name in sorted(block.needs)] or [0]
            copy[np.ix_(absent[:, needed].any(axis=1), np.arange(spec.width)[spec.slice(block.name)])] = np.nan
        values.append(copy)
        weight.append(np.full(len(x), MASKED_WEIGHT, np.float32))
    return np.concatenate(values), np.tile(y, len(values)), np.concatenate(weight)


def _of_own(spec: FeatureSpec, rows: tuple[Floats, *tuple[Any, ...]]) -> tuple[Floats, *tuple[Any, ...]]:
    """The same rows with the own record alone."""
    return np.ascontiguousarray(rows[0][:, spec.slice("own")]), *rows[1:]


def _fit_bag(
    name: str,
    parameters: dict[str, Any],
    taught: tuple[Floats, *tuple[Any, ...]],
    held_out: tuple[Floats, *tuple[Any, ...]],
    seed: int,
    progress: Progress | None,
) -> Trees:
    """BAG boosters that differ in their seeds; each stops by the log-loss on the held-out parties."""
    texts = []
    for i in range(BAG):
        fitted = {**parameters, "seed": seed * BAG + i, "num_threads": 1}
        data = lightgbm.Dataset(taught[0], taught[1], weight=taught[2], params=fitted)
        checked = lightgbm.Dataset(held_out[0], held_out[1], reference=data, params=fitted)
        calls: list[Any] = [lightgbm.early_stopping(STOP_AFTER, verbose=False)]
        booster = lightgbm.train(fitted, data, ROUNDS, valid_sets=[checked], callbacks=calls)
        texts.append(str(booster.model_to_string(num_iteration=booster.best_iteration)))
        if progress is not None:
            progress(name, (i + 1) / BAG)
    return Trees(tuple(texts))


def _blended(model: Model, held_out: tuple[Floats, Floats]) -> Model:
    """Choose the heads' shares by log-loss on the held-out parties after Platt scaling, and calibrate on them."""
    values, y = held_out
    target = np.asarray(y, np.float64)
    raw = {head: model.head_logit(head, values) for head in HEADS}

    losses = {}
    for shares in SHARES:
        mixed = _mixed(raw, shares)
        losses[shares] = log_loss(fit_family("platt", mixed, target).log_odds(mixed), target)
    shares = min(SHARES, key=lambda one: (losses[one].mean(), one))
    gain = losses[HALVES] - losses[shares]
    if gain.mean() <= SURE * gain.std() / np.sqrt(len(gain)):
        shares = HALVES
    mixed = _mixed(raw, shares)
    calibration = fit(mixed, y)
    p = np.clip(calibration.probability(mixed), 1e-9, 1 - 1e-9)
    chosen = dict(zip(HEADS, shares, strict=True))
    return replace(model, shares=chosen, calibration=calibration, metrics=metrics(p, y))


def _mixed(raw: Mapping[str, Doubles], shares: tuple[float, ...]) -> Doubles:
    return np.asarray(sum(share * raw[head] for head, share in zip(HEADS, shares, strict=True)), np.float64)
