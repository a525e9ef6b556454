"""Training: from a snapshot and outcomes to a calibrated model. The same inputs and seed give the same bytes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from gnn.features.featurizer import Static, compute_for_training, compute_static
from gnn.features.label_features import KnownOutcomes
from gnn.features.spec import FeatureSpec, fit_spec, views
from gnn.metrics import metrics
from gnn.models.model import Model
from gnn.models.onnx_learner import Doubles, Head
from gnn.training import export_network, export_trees
from gnn.training.cross_fitting import MEMBERS, by_content, taught_by
from gnn.training.ensemble_weights import mixed, shares
from gnn.training.fit_calibration import fit_calibration
from gnn.training.gated_network import fit_network
from gnn.training.splits import Rows, fewest
from gnn.training.trees import FEW_COLUMNS, ORDINARY, RANDOM, Kind, Progress, fit_trees
from graph.errors import TrainingError
from graph.snapshots.snapshot import Snapshot

AT_ONCE: Final = 2  # heads or members of heads that are fitted side by side; each has a copy of what teaches it

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a model may read; the default is what serves. categories: those whose blocks may be used, None for all."""

    categories: frozenset[str] | None = None


@dataclass(frozen=True)
class Trained:
    """A model and what its members said of the parties that taught the others.

    rows int64[k] of the snapshot, in an order of content; values float32[k, width] the features that taught; raw
    float64[k] the log-odds, before calibration, by members that have not seen the party's outcome.
    """

    model: Model
    rows: Rows
    values: Floats
    raw: Doubles


def train(
    snapshot: Snapshot,
    y: Floats,
    rows: Rows,
    seed: int,
    progress: Progress | None = None,
    recipe: Recipe | None = None,
    static: Static | None = None,
    spec: FeatureSpec | None = None,
) -> Trained:
    """Train on the parties `rows`, all of which teach, stop, choose and calibrate in turn (`cross_fitting`).

    y float32[n] is 1 for a bad outcome, 0 for none, NaN for unknown. Raises TrainingError where `rows` have fewer than
    MEMBERS of either outcome.
    """
    if fewest(rows, y) < MEMBERS:
        raise TrainingError(f"parties of both outcomes are needed to learn from, at least {MEMBERS} of each")
    recipe = recipe or Recipe()
    spec = fit_spec(snapshot) if spec is None else spec
    base_rate = float(np.mean(np.sort(y[rows]), dtype=np.float64))
    spec = replace(_restricted(spec, recipe.categories), base_rate=base_rate)
    static = compute_static(spec, snapshot) if static is None else static
    values = compute_for_training(spec, snapshot, KnownOutcomes.of(y, rows), static).values[rows]
    order = by_content(values, y[rows])
    rows, values = rows[order], values[order]
    heads, said = _fitted(spec, values, y[rows], seed, progress)
    counted = shares(list(said.values()), y[rows])
    raw = mixed(list(said.values()), counted)
    calibration = fit_calibration(raw, y[rows])
    told = metrics(np.clip(calibration.probability(raw), 1e-9, 1 - 1e-9), y[rows])
    model = Model(spec, heads, dict(zip(said, counted, strict=True)), calibration, base_rate, seed, snapshot.id, told)
    return Trained(model, rows, values, raw)


def _restricted(spec: FeatureSpec, categories: frozenset[str] | None) -> FeatureSpec:
    if categories is None:
        return spec
    kinds = {category: kinds for category, kinds in spec.kinds.items() if category in categories}
    return replace(spec, kinds=kinds, blocks=tuple(block for block in spec.blocks if block.needs <= categories))


def _fitted(
    spec: FeatureSpec, values: Floats, y: Floats, seed: int, progress: Progress | None
) -> tuple[dict[str, Head], dict[str, Doubles]]:
    """Each of HEADS, and its raw log-odds float64[k] of every party by the members that have not seen it."""
    taught = taught_by(spec, values, y, seed)
    own = np.arange(spec.width)[spec.slice("own")]
    with ThreadPoolExecutor(AT_ONCE) as pool:  # each on one thread, so that the same seed gives the same bytes
        network = pool.submit(fit_network, spec, taught, seed, progress)
        trees = fit_trees("trees", _kinds_of_trees(spec), taught, seed, pool, progress)
        alone = fit_trees("own record", [(FEW_COLUMNS, own)], taught, seed, pool, progress)
        gated, encoding, said_by_network = network.result()
    said_by_trees = [kind.said for kind in trees]
    counted = shares(said_by_trees, y)
    heads = {
        "trees": Head(export_trees.to_onnx(trees, counted, spec.width)),
        "network": Head(export_network.to_onnx(gated, encoding)),
        "own": Head(export_trees.to_onnx(alone, (1.0,), spec.width)),
    }
    return heads, {"trees": mixed(said_by_trees, counted), "network": said_by_network, "own": alone[0].said}


def _kinds_of_trees(spec: FeatureSpec) -> list[Kind]:
    """Those that read everything, and others that read less and less of what neighbours are like and err elsewhere."""
    every, plain, links = views(spec)
    if not spec.categories:
        return [(ORDINARY, every), (RANDOM, every)]
    return [(ORDINARY, every), (RANDOM, plain), (ORDINARY, links), (RANDOM, links)]
