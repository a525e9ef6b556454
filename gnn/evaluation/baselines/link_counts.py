"""A model of how many links of each kind a party has, and nothing else about them.

Which links a party has may come from how the data was collected: who was looked up, which register was read. Where
this model does nearly as well as the whole one, the network itself has said little.
"""

from __future__ import annotations

from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt
from scipy.special import expit

from gnn.arrays import F32 as Floats
from gnn.features.featurizer import own_attributes
from gnn.features.spec import FeatureSpec
from gnn.metrics import Doubles
from gnn.training.splits import Split
from gnn.training.trees import BOOSTED, RISK
from graph.snapshots.snapshot import Snapshot

ROUNDS: Final = 400
STOP_AFTER: Final = 40
TREES: Final = {**BOOSTED, **RISK, "learning_rate": 0.05, "num_leaves": 15, "num_threads": 1}


def link_counts(snapshot: Snapshot, y: Floats, split: Split, seed: int, spec: FeatureSpec) -> Doubles:
    """Probability float64[len(split.test)] from the own record and the number of links by kind and direction."""
    x = np.column_stack([own_attributes(spec, snapshot), *counts(snapshot)])
    parameters = {**TREES, "seed": seed}
    taught = lightgbm.Dataset(x[split.train], y[split.train], params=parameters)
    held_out = lightgbm.Dataset(x[split.val], y[split.val], reference=taught, params=parameters)
    stop = lightgbm.early_stopping(STOP_AFTER, verbose=False)
    booster = lightgbm.train(parameters, taught, ROUNDS, valid_sets=[held_out], callbacks=[stop])
    return np.asarray(expit(booster.predict(x[split.test], raw_score=True, num_threads=1)), np.float64)


def counts(snapshot: Snapshot) -> list[npt.NDArray[Any]]:
    """float32[n] of each kind and direction, both directions together where a kind has none."""
    found = []
    for kind, info in snapshot.kinds.items():
        links = snapshot.links(kind)
        out, into = np.diff(links.out_indptr), np.diff(links.in_indptr)
        found += [out + into] if info.symmetric else [out, into]
    return [one.astype(np.float32) for one in found]
