"""Boosted trees, fitted by LightGBM once for each fold; `gnn.training.export_trees` exports them for serving."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final

import lightgbm
import numpy as np

from gnn.arrays import F64, I64, Bools
from gnn.training.cross_fitting import N_FOLDS, TrainingSet

ROUNDS: Final = 800
STOP_AFTER: Final = 25
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
RISK: Final = {"objective": "binary", "metric": "binary_logloss", "learning_rate": 0.08}
PLAIN_TREES: Final = {**BOOSTED, **RISK, "num_leaves": 20, "feature_fraction": 0.3}
EXTRA_TREES: Final = {  # random thresholds (Geurts et al. 2006): errors differ from those of plain trees
    **PLAIN_TREES, "extra_trees": True, "learning_rate": 0.12,
}  # fmt: skip
SMALL_TREES: Final = {**BOOSTED, **RISK, "num_leaves": 8, "feature_fraction": 0.7}

Progress = Callable[[str, float], None]
TreeConfig = tuple[Mapping[str, Any], I64]  # LightGBM's parameters, and the columns that are read


@dataclass(frozen=True, slots=True)
class FittedTrees:
    """Boosters of one configuration, one for each fold, and the columns of the features they read, I64 ascending.

    oof_log_odds F64[n_parties]: the raw log-odds of each party by the boosters that it was held out of, on average.
    """

    boosters: tuple[lightgbm.Booster, ...]
    columns: I64
    oof_log_odds: F64


def fit_trees(
    name: str,
    configs: Sequence[TreeConfig],
    rows: TrainingSet,
    increasing: Bools,
    seed: int,
    pool: Executor,
    progress: Progress | None,
) -> list[FittedTrees]:
    """Boosters of every configuration for every fold. Each stops by the log-loss on its held-out fold.

    increasing Bools[w]: the columns in which no booster ever falls (monotone constraints).

    They are fitted side by side in `pool`, each on one thread, so that the same seed gives the same trees.
    """
    jobs = [[pool.submit(_fit, config, rows, increasing, fold, seed) for fold in range(N_FOLDS)] for config in configs]
    fitted: list[FittedTrees] = []
    for i, (config, of_folds) in enumerate(zip(configs, jobs, strict=True)):
        boosters, total, times = [], np.zeros(rows.n_parties), np.zeros(rows.n_parties)
        for fold, job in enumerate(of_folds):
            booster, held_out, log_odds = job.result()
            boosters.append(booster)
            total[held_out] += log_odds
            times[held_out] += 1
            if progress is not None:
                progress(name, (i + (fold + 1) / N_FOLDS) / len(configs))
        fitted.append(FittedTrees(tuple(boosters), config[1], total / np.maximum(times, 1)))
    return fitted


def _fit(
    config: TreeConfig, rows: TrainingSet, increasing: Bools, fold: int, seed: int
) -> tuple[lightgbm.Booster, I64, F64]:
    """One booster, its held-out parties, and its raw log-odds of them."""
    parameters, columns = config
    fit, held_out = np.flatnonzero(rows.fit_mask(fold)), np.flatnonzero(rows.held_out_mask(fold))
    held_out_values = rows.values[np.ix_(held_out, columns)]
    chosen = {**parameters, "seed": seed * N_FOLDS + fold, "num_threads": 1}
    if increasing[columns].any():
        chosen["monotone_constraints"] = increasing[columns].astype(int).tolist()
    data = lightgbm.Dataset(rows.values[np.ix_(fit, columns)], rows.y[fit], params=chosen)
    validation = lightgbm.Dataset(held_out_values, rows.y[held_out], reference=data, params=chosen)
    calls: list[Any] = [lightgbm.early_stopping(STOP_AFTER, verbose=False)]
    booster = lightgbm.train(chosen, data, ROUNDS, valid_sets=[validation], callbacks=calls)
    log_odds = booster.predict(held_out_values, raw_score=True, num_threads=1)
    return booster, held_out, np.asarray(log_odds, np.float64)
