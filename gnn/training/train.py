"""Training: from a snapshot and outcomes to a calibrated model. The same inputs and seed give the same bytes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gnn.arrays import F32, F64, I64
from gnn.features.featurizer import LabelFreeFeatures, compute_for_training, compute_label_free
from gnn.features.label_features import LabelVector
from gnn.features.spec import FeatureSpec, feature_subsets, fit_spec
from gnn.metrics import metrics
from gnn.models.model import Model
from gnn.models.onnx_learner import OnnxLearner
from gnn.training import export_network, export_trees
from gnn.training.cross_fitting import N_FOLDS, canonical_order, training_set
from gnn.training.ensemble_weights import ensemble_weights, weighted_sum
from gnn.training.fit_calibration import fit_calibration
from gnn.training.gated_network import fit_network
from gnn.training.splits import minority_count
from gnn.training.trees import EXTRA_TREES, PLAIN_TREES, SMALL_TREES, Progress, TreeConfig, fit_trees
from graph.errors import TrainingError
from graph.snapshots.snapshot import Snapshot

AT_ONCE: Final = 2  # heads or members of heads that are fitted side by side; each has a copy of what teaches it


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """What a model may read; the default is what serves. categories: those whose blocks may be used, None for all."""

    categories: frozenset[str] | None = None


@dataclass(frozen=True)
class TrainingResult:
    """A model and what its members said of the parties that taught the others.

    rows int64[k] of the snapshot, in an order of content; values float32[k, width] the features that taught; raw
    float64[k] the log-odds, before calibration, by members that have not seen the party's outcome.
    """

    model: Model
    rows: I64
    values: F32
    raw: F64


def train(
    snapshot: Snapshot,
    y: F32,
    rows: I64,
    seed: int,
    progress: Progress | None = None,
    recipe: TrainingConfig | None = None,
    static: LabelFreeFeatures | None = None,
    spec: FeatureSpec | None = None,
) -> TrainingResult:
    """Train on the parties `rows`, all of which teach, stop, choose and calibrate in turn (`cross_fitting`).

    y float32[n] is 1 for a bad outcome, 0 for none, NaN for unknown. Raises TrainingError where `rows` have fewer than
    MEMBERS of either outcome.
    """
    if minority_count(rows, y) < N_FOLDS:
        raise TrainingError(f"parties of both outcomes are needed to learn from, at least {N_FOLDS} of each")
    recipe = recipe or TrainingConfig()
    spec = fit_spec(snapshot) if spec is None else spec
    base_rate = float(np.mean(np.sort(y[rows]), dtype=np.float64))
    spec = replace(_restricted(spec, recipe.categories), base_rate=base_rate)
    static = compute_label_free(spec, snapshot) if static is None else static
    values = compute_for_training(spec, snapshot, LabelVector.of(y, rows), static).values[rows]
    order = canonical_order(values, y[rows])
    rows, values = rows[order], values[order]
    heads, said = _fitted(spec, values, y[rows], seed, progress)
    counted = ensemble_weights(list(said.values()), y[rows])
    raw = weighted_sum(list(said.values()), counted)
    calibration = fit_calibration(raw, y[rows])
    told = metrics(np.clip(calibration.probability(raw), 1e-9, 1 - 1e-9), y[rows])
    model = Model(spec, heads, dict(zip(said, counted, strict=True)), calibration, base_rate, seed, snapshot.id, told)
    return TrainingResult(model, rows, values, raw)


def _restricted(spec: FeatureSpec, categories: frozenset[str] | None) -> FeatureSpec:
    if categories is None:
        return spec
    kinds = {category: kinds for category, kinds in spec.kinds.items() if category in categories}
    return replace(spec, kinds=kinds, blocks=tuple(block for block in spec.blocks if block.needs <= categories))


def _fitted(
    spec: FeatureSpec, values: F32, y: F32, seed: int, progress: Progress | None
) -> tuple[dict[str, OnnxLearner], dict[str, F64]]:
    """Each of HEADS, and its raw log-odds float64[k] of every party by the members that have not seen it."""
    taught = training_set(spec, values, y, seed)
    own = np.arange(spec.width)[spec.slice("own")]
    with ThreadPoolExecutor(AT_ONCE) as pool:  # each on one thread, so that the same seed gives the same bytes
        network = pool.submit(fit_network, spec, taught, seed, progress)
        trees = fit_trees("trees", _kinds_of_trees(spec), taught, seed, pool, progress)
        alone = fit_trees("own record", [(SMALL_TREES, own)], taught, seed, pool, progress)
        gated, encoding, said_by_network = network.result()
    said_by_trees = [kind.said for kind in trees]
    counted = ensemble_weights(said_by_trees, y)
    heads = {
        "trees": OnnxLearner(export_trees.to_onnx(trees, counted, spec.width)),
        "network": OnnxLearner(export_network.to_onnx(gated, encoding)),
        "own": OnnxLearner(export_trees.to_onnx(alone, (1.0,), spec.width)),
    }
    return heads, {"trees": weighted_sum(said_by_trees, counted), "network": said_by_network, "own": alone[0].said}


def _kinds_of_trees(spec: FeatureSpec) -> list[TreeConfig]:
    """Those that read everything, and others that read less and less of what neighbours are like and err elsewhere."""
    every, plain, links = feature_subsets(spec)
    if not spec.categories:
        return [(PLAIN_TREES, every), (EXTRA_TREES, every)]
    return [(PLAIN_TREES, every), (EXTRA_TREES, plain), (PLAIN_TREES, links), (EXTRA_TREES, links)]
