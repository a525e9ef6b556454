"""Boosted trees, fitted by LightGBM once for each fold; `gnn.trees_onnx` writes them down for serving."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt

from gnn.taught import MEMBERS, Taught

ROUNDS: Final = 1500
STOP_AFTER: Final = 60
BOOSTED: Final[Mapping[str, Any]] = {
    "min_data_in_leaf": 20,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 127,
    "deterministic": True,
    "force_col_wise": True,  # rows are few and a tree reads a part of the columns
    "verbosity": -1,
}
RISK: Final = {"objective": "binary", "metric": "binary_logloss", "learning_rate": 0.03}
ORDINARY: Final = {**BOOSTED, **RISK, "num_leaves": 20, "feature_fraction": 0.3}
RANDOM: Final = {  # thresholds drawn by chance (Geurts et al. 2006): they err elsewhere, so both together err less
    **ORDINARY, "extra_trees": True, "learning_rate": 0.05,
}  # fmt: skip
FEW_COLUMNS: Final = {**BOOSTED, **RISK, "num_leaves": 8, "feature_fraction": 0.7}

Doubles = npt.NDArray[np.float64]
Progress = Callable[[str, float], None]


def fit_trees(
    name: str,
    kinds: Sequence[Mapping[str, Any]],
    taught: Taught,
    seed: int,
    progress: Progress | None,
) -> tuple[list[lightgbm.Booster], Doubles]:
    """Boosters of every kind for every fold, and the raw log-odds float64[whole] of each party by those without it.

    Each stops by the log-loss on the fold that it does not see.
    """
    boosters: list[lightgbm.Booster] = []
    unseen = np.zeros(taught.whole)
    for member in range(MEMBERS):
        seen, left = taught.seen_by(member), np.flatnonzero(taught.unseen_by(member))
        rest = taught.values[left]
        for parameters in kinds:
            fitted = {**parameters, "seed": seed * MEMBERS + member, "num_threads": 1}
            data = lightgbm.Dataset(taught.values[seen], taught.y[seen], weight=taught.weight[seen], params=fitted)
            checked = lightgbm.Dataset(rest, taught.y[left], reference=data, params=fitted)
            calls: list[Any] = [lightgbm.early_stopping(STOP_AFTER, verbose=False)]
            booster = lightgbm.train(fitted, data, ROUNDS, valid_sets=[checked], callbacks=calls)
            unseen[left] += np.asarray(booster.predict(rest, raw_score=True, num_threads=1)) / len(kinds)
            boosters.append(booster)
        if progress is not None:
            progress(name, (member + 1) / MEMBERS)
    return boosters, unseen
