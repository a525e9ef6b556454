"""Training: from a snapshot and outcomes to a calibrated model; the same inputs and seed give the same bytes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gnn.arrays import F32, F64, I64
from gnn.features.featurizer import LabelFreeFeatures, compute_for_training, compute_label_free, with_positions
from gnn.features.label_features import LabelVector
from gnn.features.positions import restricted
from gnn.features.spec import SELF, FeatureSpec, feature_subsets, fit_spec, outcome_columns
from gnn.features.targets import DEFAULT_OR_FRAUD, BadOutcome
from gnn.metrics import metrics
from gnn.models.calibration import PriorCorrection
from gnn.models.model import BASE_LEARNERS, POSITIONS, Model
from gnn.models.onnx_learner import OnnxLearner
from gnn.training import export_network, export_trees
from gnn.training.cross_fitting import N_FOLDS, TrainingSet, canonical_order, folds, training_set
from gnn.training.ensemble_weights import ensemble_weights, shrunk_weights, weighted_sum
from gnn.training.fit_calibration import fit_calibration
from gnn.training.fit_support import fit_support
from gnn.training.gated_network import fit_network
from gnn.training.splits import minority_count
from gnn.training.trees import EXTRA_TREES, PLAIN_TREES, SMALL_TREES, FittedTrees, Progress, TreeConfig, fit_trees
from graph.errors import TrainingError
from graph.snapshots.snapshot import Snapshot

AT_ONCE: Final = 2  # learners, or folds of them, that are fitted side by side; each holds a copy of its rows


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """What a model may read and what it answers.

    categories: those whose blocks may be used, None for all. bad: which known outcomes count as bad when it answers.
    population_rate: the share of bad outcomes among those whom it will answer about, None for that of its sample.
    """

    categories: frozenset[str] | None = None
    bad: BadOutcome = DEFAULT_OR_FRAUD
    population_rate: float | None = None


@dataclass(frozen=True)
class TrainingResult:
    """A model and its predictions of the parties that selected it: those it was trained on, out of fold, or val.

    rows I64[k] of the snapshot, in canonical order; values F32[k, width] their features; oof_log_odds F64[k] their raw
    log-odds, before calibration, by learners that were fitted without the party.
    """

    model: Model
    rows: I64
    values: F32
    oof_log_odds: F64


def train(
    snapshot: Snapshot,
    y: F32,
    rows: I64,
    seed: int,
    progress: Progress | None = None,
    config: TrainingConfig | None = None,
    label_free: LabelFreeFeatures | None = None,
    spec: FeatureSpec | None = None,
    selection_rows: I64 | None = None,
) -> TrainingResult:
    """A model trained on the parties `rows`, each of which fits, stops, selects and calibrates by cross-fitting.

    y F32[n] is 1 for a bad outcome, 0 for none, NaN for unknown. See `gnn.training.cross_fitting`. With
    `selection_rows` these stop, select and calibrate instead, and their outcomes are read by nothing else.

    Raises:
        TrainingError: `rows`, or `selection_rows`, have fewer than N_FOLDS of either outcome.
    """
    selection = rows[:0] if selection_rows is None else selection_rows
    if min(minority_count(some, y) for some in (rows, selection) if len(some)) < N_FOLDS:
        raise TrainingError(f"parties of both outcomes are needed to train on, at least {N_FOLDS} of each")
    config = config or TrainingConfig()
    spec = with_positions(fit_spec(snapshot), snapshot) if spec is None else spec
    base_rate = float(np.mean(np.sort(y[rows]), dtype=np.float64))
    spec = replace(_restricted(spec, config.categories), base_rate=base_rate, bad=config.bad)
    label_free = compute_label_free(spec, snapshot) if label_free is None else label_free
    every = compute_for_training(spec, snapshot, LabelVector.of(y, rows), label_free).values
    support = fit_support(spec, every, rows, y[rows])
    rows, selection = (some[canonical_order(every[some], y[some])] for some in (rows, selection))
    parties = np.concatenate([rows, selection])
    data = training_set(spec, every[parties], y[parties], folds(len(rows), len(selection)), seed)
    learners, predictions = _fit_learners(spec, data, seed, progress)
    rows = parties[data.selection_mask]
    weights = ensemble_weights(list(predictions.values()), y[rows])
    raw = weighted_sum(list(predictions.values()), weights)
    calibration = fit_calibration(raw, y[rows])
    figures = metrics(np.clip(calibration.probability(raw), 1e-9, 1 - 1e-9), y[rows])
    by_name = dict(zip(predictions, weights, strict=True))
    model = Model(spec, learners, by_name, calibration, base_rate, seed, snapshot.id, figures, support=support)
    if config.population_rate is not None:
        model = model.corrected(PriorCorrection(float(np.mean(np.sort(y[rows]))), config.population_rate))
    return TrainingResult(model, rows, every[rows], raw)


def _restricted(spec: FeatureSpec, categories: frozenset[str] | None) -> FeatureSpec:
    if categories is None:
        return spec
    kinds = {category: kinds for category, kinds in spec.kinds.items() if category in categories}
    bases = restricted(spec.bases, categories)
    blocks = tuple(block for block in spec.blocks if block.needs <= categories)
    return replace(spec, kinds=kinds, blocks=blocks, bases=bases)


def _fit_learners(
    spec: FeatureSpec, data: TrainingSet, seed: int, progress: Progress | None
) -> tuple[dict[str, OnnxLearner], dict[str, F64]]:
    """The base learners, and their out-of-fold raw log-odds F64[k] of the parties that select, by BASE_LEARNERS."""
    self_columns, increasing = np.arange(spec.width)[spec.slice(SELF)], outcome_columns(spec)
    with ThreadPoolExecutor(AT_ONCE) as pool:  # each on one thread, so that the same seed gives the same bytes

        def fitted_trees(name: str, configs: list[TreeConfig]) -> list[FittedTrees]:
            return fit_trees(name, configs, data, increasing, seed, pool, progress)

        network = pool.submit(fit_network, spec, data, seed, progress)
        ensembles = {"trees": fitted_trees("trees", _tree_configs(spec))}
        if spec.bases:
            every = np.arange(spec.width)
            ensembles[POSITIONS] = fitted_trees(POSITIONS, [(PLAIN_TREES, every), (EXTRA_TREES, every)])
        ensembles[SELF] = fitted_trees("own record", [(SMALL_TREES, self_columns)])
        gated, encoding, network_log_odds = network.result()
    learners = {"network": OnnxLearner(export_network.to_onnx(gated, encoding))}
    predictions = {"network": network_log_odds[data.selection_mask]}
    y = data.y[: data.n_parties][data.selection_mask]
    for name, fitted in ensembles.items():
        log_odds = [one.oof_log_odds[data.selection_mask] for one in fitted]
        weights = shrunk_weights(log_odds, y)
        learners[name] = OnnxLearner(export_trees.to_onnx(fitted, weights, spec.width))
        predictions[name] = weighted_sum(log_odds, weights)
    return learners, {name: predictions[name] for name in BASE_LEARNERS if name in predictions}


def _tree_configs(spec: FeatureSpec) -> list[TreeConfig]:
    """Trees that read all but positions, and trees that read less, whose errors differ from theirs."""
    of = feature_subsets(spec)
    plain: list[TreeConfig] = [(PLAIN_TREES, of.plain), (EXTRA_TREES, of.plain)]
    return [*plain, (PLAIN_TREES, of.links), (EXTRA_TREES, of.links)] if spec.categories else plain
