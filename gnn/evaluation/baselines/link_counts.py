"""The baseline of link counts: the own record and the number of links of each kind, and nothing else about them.

Which links a party has may be an artefact of how the data was collected: who was looked up, which register was read.
Where this baseline does nearly as well as the model, the structure of the network adds little.
"""

from __future__ import annotations

from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt
from scipy.special import expit

from gnn.arrays import F32, F64
from gnn.features.network_state import own_attributes
from gnn.features.spec import FeatureSpec
from gnn.training.splits import Split
from gnn.training.trees import BOOSTED, RISK
from graph.snapshots.snapshot import Snapshot

MAX_ROUNDS: Final = 400
STOP_AFTER: Final = 40  # rounds without a better loss on the validation rows
TREES: Final = {**BOOSTED, **RISK, "learning_rate": 0.05, "num_leaves": 15, "num_threads": 1}


def link_counts(snapshot: Snapshot, y: F32, split: Split, seed: int, spec: FeatureSpec) -> F64:
    """Probability of a bad outcome of each test row by boosted trees on link counts: float64[len(split.test)].

    The trees are fitted on `split.train` and stop by `split.val`.
    """
    x = np.column_stack([own_attributes(spec, snapshot, np.arange(snapshot.n_parties)), *counts_by_kind(snapshot)])
    parameters = {**TREES, "seed": seed}
    train = lightgbm.Dataset(x[split.train], y[split.train], params=parameters)
    val = lightgbm.Dataset(x[split.val], y[split.val], reference=train, params=parameters)
    stop = lightgbm.early_stopping(STOP_AFTER, verbose=False)
    booster = lightgbm.train(parameters, train, MAX_ROUNDS, valid_sets=[val], callbacks=[stop])
    return np.asarray(expit(booster.predict(x[split.test], raw_score=True, num_threads=1)), np.float64)


def counts_by_kind(snapshot: Snapshot) -> list[npt.NDArray[Any]]:
    """Number of links of each party, float32[n] for each kind and direction; one for a kind that has no direction."""
    counts: list[npt.NDArray[Any]] = []
    for kind, info in snapshot.kinds.items():
        links = snapshot.links(kind)
        out, into = links.facts_by_source(), links.facts_by_target()
        counts += [out + into] if info.symmetric else [out, into]
    return [count.astype(np.float32) for count in counts]
