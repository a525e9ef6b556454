"""Training: from a snapshot and outcomes to a calibrated model; the same inputs and seed give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from gnn.arrays import F32, F64, I64, Bools
from gnn.features.featurizer import (
    LabelFreeFeatures,
    compute_for_training,
    compute_label_free,
    in_blocks,
    own_records_and_links,
    with_positions,
)
from gnn.features.label_features import LabelVector
from gnn.features.network_state import NetworkState
from gnn.features.positions import restricted
from gnn.features.spec import SELF, FeatureSpec, feature_subsets, fit_spec
from gnn.features.targets import DEFAULT_OR_FRAUD, BadOutcome
from gnn.metrics import metrics
from gnn.models.calibration import Calibration, PriorCorrection
from gnn.models.model import BASE_LEARNERS, NETWORK, POSITIONS, BaseLearner, Model, learner
from gnn.training import export_network, export_trees
from gnn.training.cross_fitting import N_FOLDS, TrainingSet, canonical_order, folds, training_set
from gnn.training.encoding import Encoding
from gnn.training.ensemble_weights import ensemble_weights, shrunk_weights, weighted_sum
from gnn.training.fit_calibration import fit_calibration
from gnn.training.fit_support import fit_support
from gnn.training.gated_network import GatedBlocks, fit_network
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

    rows I64[k] of the snapshot, in canonical order; values F32[k, width] their features; y F32[k] their outcomes;
    oof_log_odds F64[k] their raw log-odds, before calibration, by learners that were fitted without the party. n_train:
    rows that were fitted on.
    """

    model: Model
    rows: I64
    values: F32
    y: F32
    oof_log_odds: F64
    n_train: int


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
    spec = replace(restricted_spec(spec, config.categories), base_rate=base_rate, bad=config.bad)
    parties, n_train = np.concatenate([rows, selection]), len(rows)
    label_free = compute_label_free(spec, snapshot, np.sort(parties)) if label_free is None else label_free
    values = compute_for_training(spec, LabelVector.of(y, rows), parties, label_free)
    support = fit_support(spec, values[:n_train], y[rows], others_of(spec, label_free.state, rows))
    first, then = canonical_order(values[:n_train], y[rows]), canonical_order(values[n_train:], y[selection])
    order = np.concatenate([first, n_train + then])
    parties, values = parties[order], values[order]
    data = training_set(spec, values, y[parties], folds(len(rows), len(selection)), seed)
    fitted, selecting = fit_learners(spec, data, seed, progress), data.selection_mask
    rows, values = parties[selecting], values[selecting]
    shares = fitted.shares(selecting, y[rows])
    raw = fitted.log_odds(selecting, shares)
    calibration = fit_calibration(raw, y[rows])
    figures = calibrated_metrics(calibration, raw, y[rows])
    learners = fitted.exported(spec.width, shares)
    model = Model(spec, learners, shares.of_learners, calibration, base_rate, seed, snapshot.id, figures)
    model = for_population(replace(model, support=support), y[rows], config.population_rate)
    return TrainingResult(model, rows, values, y[rows], raw, n_train)


def others_of(spec: FeatureSpec, state: NetworkState, rows: I64) -> Iterator[F32]:
    """What `fit_support` reads of all parties but `rows`, block by block."""
    others = np.setdiff1d(np.arange(state.network.n_parties), rows)
    return in_blocks(others, partial(own_records_and_links, spec, state))


def for_population(model: Model, y: F32, population_rate: float | None) -> Model:
    """The model corrected to the bad rate of a population, where there is one. y F32[k]: on which it was calibrated."""
    if population_rate is None:
        return model
    return model.corrected(PriorCorrection(float(np.mean(np.sort(y))), population_rate))


def calibrated_metrics(calibration: Calibration, raw: F64, y: F32) -> dict[str, float]:
    """The metrics of calibrated probabilities of parties with these raw log-odds and outcomes."""
    return metrics(np.clip(calibration.probability(raw), 1e-9, 1 - 1e-9), y)


def restricted_spec(spec: FeatureSpec, categories: frozenset[str] | None) -> FeatureSpec:
    """The feature list with the blocks of these categories alone; None for all of them."""
    if categories is None:
        return spec
    kinds = {category: kinds for category, kinds in spec.kinds.items() if category in categories}
    bases = restricted(spec.bases, categories)
    blocks = tuple(block for block in spec.blocks if block.needs <= categories)
    read = {block.name: spec.read[block.name] for block in blocks if block.name in spec.read}
    return replace(spec, kinds=kinds, blocks=blocks, bases=bases, read=read)


@dataclass(frozen=True, slots=True)
class Shares:
    """Weights 0..1 of the base learners by name, and of the tree ensembles within each; together 1 each."""

    of_learners: Mapping[str, float]
    within: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class FittedLearners:
    """The base learners: the tree ensembles of each by name, and the network with its encoding.

    network_log_odds F64[n_parties]: out-of-fold.
    """

    trees: Mapping[str, Sequence[FittedTrees]]
    network: GatedBlocks
    encoding: Encoding
    network_log_odds: F64

    def shares(self, rows: Bools, y: F32) -> Shares:
        """The weights by which the parties `rows` Bools[n_parties] are told best out of fold; y F32[k] of these."""
        within = {
            name: shrunk_weights([one.oof_log_odds[rows] for one in fitted], y) for name, fitted in self.trees.items()
        }
        predictions = self._log_odds(rows, within)
        weights = ensemble_weights(list(predictions.values()), y)
        return Shares(dict(zip(predictions, weights, strict=True)), within)

    def log_odds(self, rows: Bools, shares: Shares) -> F64:
        """Out-of-fold raw log-odds F64[k] of the parties `rows` by the ensemble with these weights."""
        predictions = self._log_odds(rows, shares.within)
        return weighted_sum(list(predictions.values()), list(shares.of_learners.values()))

    def _log_odds(self, rows: Bools, within: Mapping[str, tuple[float, ...]]) -> dict[str, F64]:
        predictions = {NETWORK: self.network_log_odds[rows]}
        for name, fitted in self.trees.items():
            predictions[name] = weighted_sum([one.oof_log_odds[rows] for one in fitted], within[name])
        return {name: predictions[name] for name in BASE_LEARNERS if name in predictions}

    def exported(self, width: int, shares: Shares) -> dict[str, BaseLearner]:
        """The base learners for serving, by name. width: of the features."""
        found = {NETWORK: export_network.to_onnx(self.network, self.encoding)}
        for name, fitted in self.trees.items():
            found[name] = export_trees.to_onnx(fitted, shares.within[name], width)
        return {name: learner(name, onnx) for name, onnx in found.items()}


def fit_learners(spec: FeatureSpec, data: TrainingSet, seed: int, progress: Progress | None) -> FittedLearners:
    """The base learners, each fitted once for each fold."""
    self_columns, increasing = np.arange(spec.width)[spec.slice(SELF)], spec.reads_outcomes
    with ThreadPoolExecutor(AT_ONCE) as pool:  # each on one thread, so that the same seed gives the same bytes

        def fitted_trees(name: str, configs: list[TreeConfig]) -> list[FittedTrees]:
            return fit_trees(name, configs, data, increasing, seed, pool, progress)

        network = pool.submit(fit_network, spec, data, seed, progress)
        ensembles = {"trees": fitted_trees("trees", _tree_configs(spec))}
        if spec.bases:
            every = np.arange(spec.width)
            ensembles[POSITIONS] = fitted_trees(POSITIONS, [(PLAIN_TREES, every), (EXTRA_TREES, every)])
        ensembles[SELF] = fitted_trees("own record", [(SMALL_TREES, self_columns)])
        return FittedLearners(ensembles, *network.result())


def _tree_configs(spec: FeatureSpec) -> list[TreeConfig]:
    """Trees that read all but positions, and trees that read less, whose errors differ from theirs.

    Beside trees that read positions, half as many do as well.
    """
    of = feature_subsets(spec)
    if not spec.categories:
        return [(PLAIN_TREES, of.plain), (EXTRA_TREES, of.plain)]
    both: list[TreeConfig] = [(PLAIN_TREES, of.plain), (EXTRA_TREES, of.links)]
    return both if spec.bases else [*both, (EXTRA_TREES, of.plain), (PLAIN_TREES, of.links)]
