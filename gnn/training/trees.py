"""Boosted trees, fitted by LightGBM once for each fold; `gnn.training.export_trees` writes them down for serving."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final

import lightgbm
import numpy as np

from gnn.arrays import F64, I64
from gnn.training.cross_fitting import N_FOLDS, TrainingSet

ROUNDS: Final = 1500
STOP_AFTER: Final = 60
BOOSTED: Final[Mapping[str, Any]] = {
    "min_data_in_leaf": 20,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 127,
    "bin_construct_sample_cnt": 20_000,  # rows by which bins are cut; LightGBM holds them as float64
    "deterministic": True,
    "force_col_wise": True,  # rows are few and a tree reads a part of the columns
    "verbosity": -1,
}
RISK: Final = {"objective": "binary", "metric": "binary_logloss", "learning_rate": 0.03}
PLAIN_TREES: Final = {**BOOSTED, **RISK, "num_leaves": 20, "feature_fraction": 0.3}
EXTRA_TREES: Final = {  # thresholds drawn by chance (Geurts et al. 2006): they err elsewhere, so both together err less
    **PLAIN_TREES, "extra_trees": True, "learning_rate": 0.05,
}  # fmt: skip
SMALL_TREES: Final = {**BOOSTED, **RISK, "num_leaves": 8, "feature_fraction": 0.7}

Progress = Callable[[str, float], None]
TreeConfig = tuple[Mapping[str, Any], I64]  # parameters, and the columns that are read


@dataclass(frozen=True, slots=True)
class FittedTrees:
    """Boosters of one kind, one for each fold, and which columns of the features they read, int64 ascending.

    said float64[whole]: the raw log-odds of each party by the booster that has not seen it.
    """

    boosters: tuple[lightgbm.Booster, ...]
    columns: I64
    said: F64


def fit_trees(
    name: str, kinds: Sequence[TreeConfig], taught: TrainingSet, seed: int, pool: Executor, progress: Progress | None
) -> list[FittedTrees]:
    """Boosters of every kind for every fold. Each stops by the log-loss on the fold that it does not see.

    They are fitted side by side in `pool`, each on one thread, so that the same seed gives the same trees.
    """
    jobs = [[pool.submit(_fit, kind, taught, member, seed) for member in range(N_FOLDS)] for kind in kinds]
    fitted: list[FittedTrees] = []
    for i, (kind, members) in enumerate(zip(kinds, jobs, strict=True)):
        boosters, said = [], np.zeros(taught.whole)
        for member, job in enumerate(members):
            booster, left, told = job.result()
            boosters.append(booster)
            said[left] = told
            if progress is not None:
                progress(name, (i + (member + 1) / N_FOLDS) / len(kinds))
        fitted.append(FittedTrees(tuple(boosters), kind[1], said))
    return fitted


def _fit(kind: TreeConfig, taught: TrainingSet, member: int, seed: int) -> tuple[lightgbm.Booster, I64, F64]:
    """One booster, the parties that it has not seen, and its raw log-odds of them."""
    parameters, columns = kind
    seen, left = np.flatnonzero(taught.fit_mask(member)), np.flatnonzero(taught.held_out_mask(member))
    rest = taught.values[np.ix_(left, columns)]
    chosen = {**parameters, "seed": seed * N_FOLDS + member, "num_threads": 1}
    data = lightgbm.Dataset(
        taught.values[np.ix_(seen, columns)], taught.y[seen], weight=taught.weight[seen], params=chosen
    )
    checked = lightgbm.Dataset(rest, taught.y[left], reference=data, params=chosen)
    calls: list[Any] = [lightgbm.early_stopping(STOP_AFTER, verbose=False)]
    booster = lightgbm.train(chosen, data, ROUNDS, valid_sets=[checked], callbacks=calls)
    return booster, left, np.asarray(booster.predict(rest, raw_score=True, num_threads=1), np.float64)
