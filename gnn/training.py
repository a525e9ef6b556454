"""Training: from a snapshot and outcomes to a calibrated model. The same inputs and seed give the same bytes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt

from gnn.calibration import Calibration, fit
from gnn.feature_spec import FeatureSpec, fit_spec
from gnn.features import Static, compute_for_training, compute_static
from gnn.labels import KnownOutcomes
from gnn.metrics import metrics
from gnn.model import Model
from gnn.network import fit_network
from gnn.splits import Rows
from graph.errors import TrainingError
from graph.snapshot import Snapshot

Floats = npt.NDArray[np.float32]
Progress = Callable[[str, float], None]

MASKED_COPIES: Final = 1  # of each training row, with categories left out at random
MASKED_WEIGHT: Final = 0.5
DROP_RATE: Final = (0.15, 0.8)
BLENDS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
ROUNDS: Final = 1200
STOP_AFTER: Final = 60
MANY_ROWS: Final = 50_000  # below this more threads cost more than they bring
TREES: Final = {
    "objective": "binary",
    "metric": "binary_logloss",
    "learning_rate": 0.03,
    "num_leaves": 20,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.25,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 127,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a model is made of; the default is what serves, the others are baselines and ablations.

    categories: those whose blocks may be used, None for all. heads: `trees`, `network` or both.
    """

    categories: frozenset[str] | None = None
    heads: tuple[str, ...] = ("trees", "network")


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
    """Train on `train_rows`; `val_rows` stop the training, choose the blend and calibrate.

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
    trees = _fit_trees(taught, held_out, seed, progress)
    network = fit_network(spec, taught, held_out, seed, progress) if "network" in recipe.heads else b""
    model = Model(spec, trees, network, 0.0, Calibration(1, 1, 0), base_rate, seed, snapshot.id, {})
    return _blended(model, held_out, recipe)


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


def _fit_trees(
    taught: tuple[Floats, Floats, Any], held_out: tuple[Floats, Floats], seed: int, progress: Progress | None
) -> str:
    threads = (os.cpu_count() or 1) if len(taught[0]) > MANY_ROWS else 1
    parameters = {**TREES, "seed": seed, "num_threads": threads}
    data = lightgbm.Dataset(taught[0], taught[1], weight=taught[2], params=parameters)
    checked = lightgbm.Dataset(held_out[0], held_out[1], reference=data, params=parameters)
    calls: list[Any] = [lightgbm.early_stopping(STOP_AFTER, verbose=False)]
    if progress is not None:
        calls.append(lambda environment: progress("trees", (environment.iteration + 1) / ROUNDS))
    booster = lightgbm.train(parameters, data, ROUNDS, valid_sets=[checked], callbacks=calls)
    return str(booster.model_to_string(num_iteration=booster.best_iteration))


def _blended(model: Model, held_out: tuple[Floats, Floats], recipe: Recipe) -> Model:
    """Choose the blend by log-loss on the held-out parties, after calibration, and keep that calibration."""
    values, y = held_out
    raw = {"trees": model.trees_logit(values)}
    if "network" in recipe.heads:
        raw["network"] = model.network_logit(values)
    blends = BLENDS if len(recipe.heads) == 2 else (float("network" in recipe.heads),)
    found = []
    for blend in blends:
        mixed = sum(share * raw[head] for head, share in (("network", blend), ("trees", 1 - blend)) if share)
        calibration = fit(np.asarray(mixed), y)
        p = np.clip(calibration.probability(np.asarray(mixed)), 1e-9, 1 - 1e-9)
        found.append((float(-np.mean(np.log(np.where(y == 1, p, 1 - p)))), blend, calibration, p))
    _, blend, calibration, p = min(found, key=lambda one: one[:2])
    return replace(model, blend=blend, calibration=calibration, metrics=metrics(p, y))
