"""Fitting the pair model.

A fifth of the ratings is set aside first. The features of the others read only the others, and those of the fifth
too, so that it can choose the number of trees, the calibration and the threshold without having been read. Then the
final trees are fitted on all ratings.
"""

from __future__ import annotations

from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import train_test_split

from gnn.arrays import F32, F64
from gnn.features import pair_links
from gnn.features.pair_features import features_of
from gnn.features.statements.ratings import Ratings, index_ratings
from gnn.models.onnx_learner import OnnxLearner
from gnn.models.trust_model import COLUMNS, SignModel, TrustModel, WeightModel
from gnn.training.export_trees import booster_to_onnx
from gnn.training.fit_calibration import fit_calibration
from gnn.training.trees import BOOSTED, Progress
from graph.errors import TrainingError

HELD_OUT: Final = 0.2
INNER: Final = 5  # folds of the training ratings: the features of each read the other folds only
FEWEST: Final = 40  # ratings of each sign, below which nothing is fitted
ROUNDS: Final = 800
STOP_AFTER: Final = 40
DROP_RATE: Final = 0.5  # of each category beside trust, in the copies without it
MANY_ROWS: Final = 50_000  # below this more threads cost more than they bring
TREES: Final = {**BOOSTED, "learning_rate": 0.06, "num_leaves": 31, "feature_fraction": 0.3}


def fit_trust(ratings: Ratings, seed: int, progress: Progress | None = None) -> TrustModel | None:
    """The pair model, None where the ratings are too few or of one sign."""
    if not can_fit(ratings):
        return None
    undated = canonical_ratings(ratings).without_times()
    return TrustModel(fit_sign(undated, seed, progress), fit_weight(undated, seed, progress), len(ratings))


def can_fit(ratings: Ratings) -> bool:
    """Whether there are enough ratings of both signs."""
    return bool(min(np.sum(ratings.value > 0), np.sum(ratings.value < 0)) >= FEWEST)


def canonical_ratings(ratings: Ratings) -> Ratings:
    """The ratings in an order of their values and features, not of ids or of a file."""
    values = features_of(index_ratings(ratings), ratings)
    keys = [np.nan_to_num(column, nan=-99.0) for column in (*values.T, ratings.value, ratings.time)]
    return ratings.only(np.lexsort(keys))


def fit_sign(ratings: Ratings, seed: int, progress: Progress | None = None) -> SignModel:
    """The model of the sign of ratings, 0 left out. Raises TrainingError where there are too few of either sign."""
    signed = ratings.only(ratings.value != 0)
    if not can_fit(signed):
        raise TrainingError(f"too few ratings of both signs to train the pair model on: {FEWEST} of each are needed")
    y = signed.value > 0
    held = _held_out(len(signed), seed, y)
    values, held_out_values = _split_features(signed, held, seed)
    trees = _grow(
        "binary", _with_dropped_categories(values, y[~held], seed), (held_out_values, y[held]), seed, progress
    )
    raw = _predict(trees, held_out_values)
    calibration = fit_calibration(raw, y[held])
    p = calibration.probability(raw)
    metrics = {"auroc": float(roc_auc_score(y[held], p))}
    final = _regrow("binary", signed, y, trees.best_iteration, seed)
    return SignModel(final, calibration, best_threshold(p, y[held]), metrics)


def fit_weight(ratings: Ratings, seed: int, progress: Progress | None = None) -> WeightModel:
    """The model of the weight of ratings. Raises TrainingError where there are too few."""
    if len(ratings) < 2 * FEWEST:
        raise TrainingError(f"{len(ratings)} ratings are too few to train the pair model on: {2 * FEWEST} are needed")
    held = _held_out(len(ratings), seed)
    values, held_out_values = _split_features(ratings, held, seed)
    y = ratings.value
    trees = _grow(
        "regression", _with_dropped_categories(values, y[~held], seed), (held_out_values, y[held]), seed, progress
    )
    metrics = {"rmse": float(np.sqrt(np.mean((_predict(trees, held_out_values) - y[held]) ** 2)))}
    return WeightModel(_regrow("regression", ratings, y, trees.best_iteration, seed), metrics)


def out_of_fold(ratings: Ratings, seed: int) -> F32:
    """Features of training ratings: those of each fold read the other folds only.

    Leaving out just its own rating r would give S - r in every row about a party, from which trees decode r.
    """
    fold = np.random.default_rng(seed).permutation(len(ratings)) % INNER
    values = np.empty((len(ratings), len(COLUMNS)), np.float32)
    for k in range(INNER):
        values[fold == k] = features_of(index_ratings(ratings.only(fold != k)), ratings.only(fold == k))
    return values


def best_threshold(score: F64, y: npt.NDArray[np.bool_]) -> float:
    """The score from which to call a rating positive, for the best macro-F1 on these ratings."""
    tried = np.unique(np.quantile(score, np.linspace(0, np.mean(~y) * 2, 201).clip(0, 1)))
    found = [float(f1_score(y, score >= threshold, average="macro")) for threshold in tried]
    return float(tried[int(np.argmax(found))])


def _held_out(m: int, seed: int, y: npt.NDArray[Any] | None = None) -> npt.NDArray[np.bool_]:
    chosen = train_test_split(np.arange(m), test_size=HELD_OUT, random_state=seed, stratify=y)[1]
    held = np.zeros(m, np.bool_)
    held[chosen] = True
    return held


def _split_features(ratings: Ratings, held: npt.NDArray[np.bool_], seed: int) -> tuple[F32, F32]:
    """Features of training ratings and of those held out; both read only training ratings."""
    train = ratings.only(~held)
    return out_of_fold(train, seed), features_of(index_ratings(train), ratings.only(held))


def _with_dropped_categories(values: F32, y: npt.NDArray[Any], seed: int) -> tuple[F32, npt.NDArray[Any]]:
    """The rows and a copy of each in which categories beside trust are dropped at random, where there are any."""
    beside = values[:, -len(pair_links.NAMES) :]
    if np.isnan(beside).all():
        return values, y
    random = np.random.default_rng(seed)
    copy = values.copy()
    width = len(pair_links.NAMES) // len(pair_links.CATEGORIES)
    absent = np.repeat(random.random((len(values), len(pair_links.CATEGORIES))) < DROP_RATE, width, axis=1)
    copy[:, -len(pair_links.NAMES) :][absent] = np.nan
    return np.concatenate([values, copy]), np.concatenate([y, y])


def _grow(
    objective: str,
    train: tuple[F32, npt.NDArray[Any]],
    held_out: tuple[F32, npt.NDArray[Any]],
    seed: int,
    progress: Progress | None,
) -> lightgbm.Booster:
    parameters = _parameters(objective, len(train[0]), seed)
    data = lightgbm.Dataset(*train, params=parameters)
    checked = lightgbm.Dataset(*held_out, reference=data, params=parameters)
    calls: list[Any] = [lightgbm.early_stopping(STOP_AFTER, verbose=False)]
    if progress is not None:
        calls.append(lambda at: progress("trust", (at.iteration + 1) / ROUNDS))
    booster = lightgbm.train(parameters, data, ROUNDS, valid_sets=[checked], callbacks=calls)
    if progress is not None:
        progress("trust", 1.0)  # it mostly stops early
    return booster


def _regrow(objective: str, ratings: Ratings, y: npt.NDArray[Any], rounds: int, seed: int) -> OnnxLearner:
    """As many trees, fitted on all ratings."""
    values, target = _with_dropped_categories(out_of_fold(ratings, seed), y, seed)
    parameters = _parameters(objective, len(values), seed)
    booster = lightgbm.train(parameters, lightgbm.Dataset(values, target, params=parameters), rounds)
    return OnnxLearner(booster_to_onnx(booster, len(COLUMNS)))


def _parameters(objective: str, rows: int, seed: int) -> dict[str, Any]:
    threads = 0 if rows > MANY_ROWS else 1  # 0: as many as OpenMP gives
    return {**TREES, "objective": objective, "seed": seed, "num_threads": threads}


def _predict(booster: lightgbm.Booster, values: F32) -> F64:
    """Raw scores F64[k] of features F32[k, w]."""
    return np.asarray(booster.predict(values, raw_score=True, num_threads=1), np.float64)
