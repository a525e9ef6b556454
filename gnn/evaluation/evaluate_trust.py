"""Evaluation of the trust model: how well it predicts the sign or the weight of held-out ratings.

Train and test: ratings are drawn into a training and a test side, and neither the model nor the features of a test
rating read anything of the test side. Leave-one-out: the features of a rating read every other rating, but the model
that predicts it was trained on the ratings of the other folds, whose features read only those folds. So no training
row ever holds a sum that reveals a test rating. (Were all features computed leave-one-out over all ratings,
(S - r) / (n - 1) would do just that: on shuffled ratings such a model still predicts their signs.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from gnn.arrays import F64
from gnn.evaluation.baselines.trust_baselines import BASELINES, Baseline
from gnn.evaluation.findings import Code, Finding
from gnn.features.pair_features import features_of
from gnn.features.statements.ratings import Ratings, index_ratings
from gnn.metrics import ece, mean_metrics
from gnn.training.fit_trust import HELD_OUT, best_threshold, canonical_ratings, fit_sign, fit_weight
from gnn.training.trees import Progress
from graph.errors import UsageError

SIGN: Final = "trust-sign"
WEIGHT: Final = "trust-weight"
TASKS: Final = (SIGN, WEIGHT)
TEST_SHARE: Final = 0.2
DEFAULT_FOLDS: Final = 5  # of leave-one-out
MIN_RATINGS: Final = 10
MIN_PER_FOLD: Final = 5

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RatingSplit:
    """Positions of the ratings to train on and to test on; with `leave_one_out` test ratings read each other."""

    train: Positions
    test: Positions
    leave_one_out: bool


@dataclass(frozen=True)
class TrustReport:
    """Evaluation of the trust model; figures are means over the splits, with `std`, or pooled where leave-one-out.

    seconds is the model's own time; that of the baselines is apart.
    """

    task: str
    dataset: str
    split: str
    seed: int
    n_train: int
    n_test: int
    model: Mapping[str, Any]
    baselines: Mapping[str, Mapping[str, Any]]
    findings: tuple[Finding, ...]
    seconds: float
    seconds_baselines: float

    def to_json(self, peak_mb: float) -> dict[str, Any]:
        """The figures as one JSON object."""
        return {
            "task": self.task,
            "dataset": self.dataset,
            "split": self.split,
            "seed": self.seed,
            "n_train": self.n_train,
            "n_test": self.n_test,
            "model": dict(self.model),
            "baselines": {name: dict(values) for name, values in self.baselines.items()},
            "seconds": round(self.seconds, 2),
            "seconds_baselines": round(self.seconds_baselines, 2),
            "peak_mb": round(peak_mb, 1),
        }


@dataclass(frozen=True, slots=True)
class _Predictions:
    """Scores float64[k] of test ratings; for the sign also which are called positive; `calibrated`: probabilities."""

    score: F64
    positive: npt.NDArray[np.bool_] | None = None
    calibrated: bool = False


# (ratings to train on, ratings that features may read, test ratings, seed, progress) -> predictions
_Predictor = Callable[[Ratings, Ratings, Ratings, int, Progress | None], _Predictions]


def evaluate_trust(
    ratings: Ratings,
    task: str,
    seed: int,
    dataset: str,
    folds: int | None = None,
    leave_one_out: bool = False,
    baselines: bool = True,
    progress: Progress | None = None,
) -> TrustReport:
    """The report on a task of TASKS: a random 80/20 split by the seed, K folds, or leave-one-out over K folds.

    Raises UsageError for a wrong task or number of folds, TrainingError where ratings of one sign are too few.
    """
    if task not in TASKS:
        raise UsageError(f"no trust task is called {task!r}; there are {', '.join(TASKS)}")
    ratings = canonical_ratings(ratings.only(ratings.value != 0) if task == SIGN else ratings)
    splits = _splits(ratings, task, seed, folds, leave_one_out)
    started = time.perf_counter()
    predictor = _predict_sign if task == SIGN else _predict_weight
    model = _figures(ratings, splits, task, seed, predictor, progress)
    seconds, started = time.perf_counter() - started, time.perf_counter()
    others: dict[str, dict[str, Any]] = {}
    if baselines:
        if ratings.dated:
            others["no_times"] = _figures(ratings.without_times(), splits, task, seed, predictor, progress)
        if task == SIGN:
            others["signs_only"] = _figures(ratings, splits, task, seed, _on_signs(predictor), progress)
        for name, baseline in BASELINES.items():
            others[name] = _figures(ratings, splits, task, seed, _baseline_predictor(baseline, task), None)
    return TrustReport(
        task=task,
        dataset=dataset,
        split=_split_name(splits, folds, seed),
        seed=seed,
        n_train=round(float(np.mean([len(split.train) for split in splits]))),
        n_test=len(ratings) if leave_one_out else round(float(np.mean([len(split.test) for split in splits]))),
        model=model,
        baselines=others,
        findings=trust_findings(ratings, task, model, others),
        seconds=seconds,
        seconds_baselines=time.perf_counter() - started,
    )


def _splits(ratings: Ratings, task: str, seed: int, folds: int | None, leave_one_out: bool) -> list[RatingSplit]:
    positions = np.arange(len(ratings))
    if len(ratings) < MIN_RATINGS:
        raise UsageError(f"{len(ratings)} ratings are too few to evaluate; load a file of signed ratings")
    if folds is None and not leave_one_out:
        train, test = train_test_split(positions, test_size=TEST_SHARE, random_state=seed)
        return [RatingSplit(np.sort(train), np.sort(test), False)]
    k = folds or DEFAULT_FOLDS
    most = len(ratings) // MIN_PER_FOLD
    if not 2 <= k <= most:
        raise UsageError(f"{k} folds of {len(ratings)} ratings are not possible: use 2 to {most}")
    splitter = (StratifiedKFold if task == SIGN else KFold)(k, shuffle=True, random_state=seed)
    return [RatingSplit(train, test, leave_one_out) for train, test in splitter.split(positions, ratings.value > 0)]


def _split_name(splits: Sequence[RatingSplit], folds: int | None, seed: int) -> str:
    if splits[0].leave_one_out:
        return f"leave-one-out over {len(splits)} folds, seed {seed}"
    return f"{len(splits)} folds, seed {seed}" if folds else f"random 80/20 of the ratings, seed {seed}"


def _figures(
    ratings: Ratings,
    splits: Sequence[RatingSplit],
    task: str,
    seed: int,
    predictor: _Predictor,
    progress: Progress | None,
) -> dict[str, Any]:
    """Figures of one predictor on the test ratings of all splits."""
    predictions, truth = [], []
    for i, split in enumerate(splits):
        train, test = ratings.only(split.train), ratings.only(split.test)
        step = _fold_progress(progress, i, len(splits))
        predictions.append(predictor(train, ratings if split.leave_one_out else train, test, seed, step))
        truth.append(test.value)
    figures = _sign_figures if task == SIGN else _weight_figures
    if splits[0].leave_one_out:
        return figures(_pooled(predictions), np.concatenate(truth))
    return mean_metrics([figures(predicted, values) for predicted, values in zip(predictions, truth, strict=True)])


def _pooled(predictions: Sequence[_Predictions]) -> _Predictions:
    positive = [predicted.positive for predicted in predictions if predicted.positive is not None]
    score = np.concatenate([predicted.score for predicted in predictions])
    calibrated = all(predicted.calibrated for predicted in predictions)
    return _Predictions(score, np.concatenate(positive) if positive else None, calibrated)


def _predict_sign(train: Ratings, known: Ratings, test: Ratings, seed: int, progress: Progress | None) -> _Predictions:
    model = fit_sign(train, seed, progress)
    p = model.probability(features_of(index_ratings(known), test))
    return _Predictions(p, p >= model.threshold, calibrated=True)


def _predict_weight(
    train: Ratings, known: Ratings, test: Ratings, seed: int, progress: Progress | None
) -> _Predictions:
    model = fit_weight(train, seed, progress)
    return _Predictions(model.weight(features_of(index_ratings(known), test)))


def _on_signs(predictor: _Predictor) -> _Predictor:
    """The predictor, given undated ratings of which only the sign is known."""

    def predict_from_signs(
        train: Ratings, known: Ratings, test: Ratings, seed: int, progress: Progress | None
    ) -> _Predictions:
        signs = [ratings.signs().without_times() for ratings in (train, known, test)]
        return predictor(signs[0], signs[1], signs[2], seed, progress)

    return predict_from_signs


def _baseline_predictor(baseline: Baseline, task: str) -> _Predictor:
    """A baseline as a predictor: it reads the training side only; its threshold is chosen on a held-out part of it."""

    def predict(train: Ratings, known: Ratings, test: Ratings, seed: int, progress: Progress | None) -> _Predictions:
        score = baseline(train, test)
        if task == WEIGHT:
            return _Predictions(score)
        fitted, chosen = train_test_split(np.arange(len(train)), test_size=HELD_OUT, random_state=seed)
        held_out = train.only(np.sort(chosen))
        threshold = best_threshold(baseline(train.only(np.sort(fitted)), held_out), held_out.value > 0)
        return _Predictions(score, score >= threshold)

    return predict


def _sign_figures(predicted: _Predictions, value: F64) -> dict[str, float]:
    """auroc, macro_f1, ap of finding the negative ones; brier and ece where the score is a probability."""
    y = value > 0
    figures = {
        "auroc": float(roc_auc_score(y, predicted.score)),
        "macro_f1": float(f1_score(y, predicted.positive, average="macro")),
        "ap": float(average_precision_score(~y, -predicted.score)),
    }
    if predicted.calibrated:
        figures |= {"brier": float(brier_score_loss(y, predicted.score)), "ece": ece(predicted.score, y)}
    return figures


def _weight_figures(predicted: _Predictions, value: F64) -> dict[str, float]:
    """Root mean squared error, Pearson correlation and mean absolute error."""
    error = predicted.score - value
    pcc = float(np.corrcoef(predicted.score, value)[0, 1]) if predicted.score.std() and value.std() else 0.0
    return {"rmse": float(np.sqrt(np.mean(error**2))), "pcc": pcc, "mae": float(np.mean(np.abs(error)))}


def trust_findings(
    ratings: Ratings, task: str, model: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]
) -> tuple[Finding, ...]:
    """What the ratings are like, what their times add, and how the model does beside the best baseline."""
    metric, sign = ("auroc", 1) if task == SIGN else ("rmse", -1)
    negative = float(np.mean(ratings.value < 0))
    findings = [Finding(Code.RATINGS, {"ratings": len(ratings), "negative_share": negative})]
    if not negative:
        findings.append(Finding(Code.RATINGS_UNSIGNED))
    if not ratings.dated:
        findings.append(Finding(Code.RATINGS_UNDATED))
    if ratings.of_oneself:
        findings.append(Finding(Code.RATINGS_OF_ONESELF, {"ratings": ratings.of_oneself}))
    if "no_times" in others:
        gain = sign * (model[metric] - others["no_times"][metric])
        findings.append(Finding(Code.RATING_TIMES, {"metric": metric, "gain": gain}))
    if simple := [name for name in BASELINES if name in others]:
        best = max(simple, key=lambda name: sign * others[name][metric])
        gain = sign * (model[metric] - others[best][metric])
        findings.append(Finding(Code.BEST_BASELINE, {"metric": metric, "gain": gain, "baseline": best}))
    return tuple(findings)


def _fold_progress(progress: Progress | None, i: int, n: int) -> Progress | None:
    if progress is None or n == 1:
        return progress
    return lambda step, share: progress(f"{step}, fold {i + 1} of {n}", share)
