"""How well the pair model tells ratings that it has not seen: their sign or their weight.

Two ways to ask. Apart: ratings are drawn into a training and a test side, and neither the model nor the features of a
test rating read anything of the test side. Leave-one-out: the features of a rating read every other rating, but the
model that predicts it was taught by the ratings of the other folds, whose features read only those folds. So no
teaching row ever holds a sum from which a rating under test could be told. (Were all features computed leave-one-out
over all ratings, (S - r) / (n - 1) would do just that: on shuffled ratings such a model still finds their signs.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from gnn.arrays import F64 as Doubles
from gnn.evaluation.baselines.trust_baselines import BASELINES, Baseline
from gnn.features.pair_features import features_of
from gnn.features.ratings import Ratings, index_ratings
from gnn.metrics import ece
from gnn.training.fit_trust import HELD_OUT, best_threshold, canonical_ratings, fit_sign, fit_weight
from gnn.training.trees import Progress
from graph.errors import UsageError

SIGN: Final = "trust-sign"
WEIGHT: Final = "trust-weight"
TASKS: Final = (SIGN, WEIGHT)
TEST_SHARE: Final = 0.2
FOLDS: Final = 5  # of a leave-one-out that names no number

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Parts:
    """Places of the ratings that teach and of those that judge; `alone`: each of these is read by the others."""

    train: Places
    test: Places
    alone: bool


@dataclass(frozen=True)
class TrustReport:
    """What `kith evaluate` answers on a trust task. Figures are means over the parts; leave-one-out pools them.

    `std` stands beside where there are several parts. seconds are the model's own, those of the baselines apart.
    """

    task: str
    dataset: str
    split: str
    seed: int
    n_train: int
    n_test: int
    model: Mapping[str, Any]
    baselines: Mapping[str, Mapping[str, Any]]
    words: tuple[str, ...]
    seconds: float
    seconds_baselines: float

    def to_json(self, peak_mb: float) -> dict[str, Any]:
        """The JSON object of `kith evaluate`."""
        times = {name: round(getattr(self, name), 2) for name in ("seconds", "seconds_baselines")}
        return asdict(self) | times | {"peak_mb": round(peak_mb, 1)}


@dataclass(frozen=True, slots=True)
class _Answer:
    """Predictions for the test ratings of one part: a score, for the sign also which are called positive."""

    score: Doubles
    positive: npt.NDArray[np.bool_] | None = None
    calibrated: bool = False


_Teach = Callable[[Ratings, Ratings, Ratings, int, Progress | None], _Answer]  # (taught, known, asked, seed, ...)


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
    """Judge the pair model on `task`, random 80/20 by the seed, K folds, or leave-one-out over K folds.

    Raises UsageError for a wrong task or number of folds, TrainingError where ratings of one sign are too few.
    """
    if task not in TASKS:
        raise UsageError(f"no trust task is called {task!r}; there are {', '.join(TASKS)}")
    ratings = canonical_ratings(ratings.only(ratings.value != 0) if task == SIGN else ratings)
    parts = _parts(ratings, task, seed, folds, leave_one_out)
    started = time.perf_counter()
    teach = _teach_sign if task == SIGN else _teach_weight
    model = _judge(ratings, parts, task, seed, teach, progress)
    seconds, started = time.perf_counter() - started, time.perf_counter()
    beside: dict[str, dict[str, Any]] = {}
    if baselines:
        beside["no_times"] = _judge(ratings.without_times(), parts, task, seed, teach, progress)
        if task == SIGN:
            beside["signs_only"] = _judge(ratings, parts, task, seed, _on_signs(teach), progress)
        for name, baseline in BASELINES.items():
            beside[name] = _judge(ratings, parts, task, seed, _simple(baseline, task), None)
    return TrustReport(
        task,
        dataset,
        _said(parts, folds, seed),
        seed,
        round(float(np.mean([len(part.train) for part in parts]))),
        len(ratings) if leave_one_out else round(float(np.mean([len(part.test) for part in parts]))),
        model,
        beside,
        _words(ratings, task, model, beside),
        seconds,
        time.perf_counter() - started,
    )


def _parts(ratings: Ratings, task: str, seed: int, folds: int | None, leave_one_out: bool) -> list[Parts]:
    places = np.arange(len(ratings))
    if len(ratings) < 10:
        raise UsageError(f"{len(ratings)} ratings are too few to evaluate; load a file of signed ratings")
    if folds is None and not leave_one_out:
        train, test = train_test_split(places, test_size=TEST_SHARE, random_state=seed)
        return [Parts(np.sort(train), np.sort(test), False)]
    k = folds or FOLDS
    if not 2 <= k <= len(ratings) // 5:
        raise UsageError(f"{k} folds of {len(ratings)} ratings are not possible: use 2 to {len(ratings) // 5}")
    drawn = (StratifiedKFold if task == SIGN else KFold)(k, shuffle=True, random_state=seed)
    found = drawn.split(places, ratings.value > 0)
    return [Parts(train, test, leave_one_out) for train, test in found]


def _judge(
    ratings: Ratings, parts: Sequence[Parts], task: str, seed: int, teach: _Teach, progress: Progress | None
) -> dict[str, Any]:
    answers, asked = [], []
    for i, part in enumerate(parts):
        taught, test = ratings.only(part.train), ratings.only(part.test)
        step = _step(progress, i, len(parts))
        answers.append(teach(taught, ratings if part.alone else taught, test, seed, step))
        asked.append(test.value)
    figures = _sign_figures if task == SIGN else _weight_figures
    if parts[0].alone:
        return figures(_pooled(answers), np.concatenate(asked))
    tables = [figures(answer, truth) for answer, truth in zip(answers, asked, strict=True)]
    mean: dict[str, Any] = {name: float(np.mean([table[name] for table in tables])) for name in tables[0]}
    if len(tables) > 1:
        mean["std"] = {name: float(np.std([table[name] for table in tables], ddof=1)) for name in tables[0]}
    return mean


def _pooled(answers: Sequence[_Answer]) -> _Answer:
    calls = [answer.positive for answer in answers if answer.positive is not None]
    score = np.concatenate([answer.score for answer in answers])
    return _Answer(score, np.concatenate(calls) if calls else None, all(answer.calibrated for answer in answers))


def _teach_sign(taught: Ratings, known: Ratings, asked: Ratings, seed: int, progress: Progress | None) -> _Answer:
    head = fit_sign(taught, seed, progress)
    p = head.probability(features_of(index_ratings(known), asked))
    return _Answer(p, p >= head.threshold, calibrated=True)


def _teach_weight(taught: Ratings, known: Ratings, asked: Ratings, seed: int, progress: Progress | None) -> _Answer:
    head = fit_weight(taught, seed, progress)
    return _Answer(head.weight(features_of(index_ratings(known), asked)))


def _on_signs(teach: _Teach) -> _Teach:
    """The same, from undated ratings that are known by their sign alone."""

    def signs(taught: Ratings, known: Ratings, asked: Ratings, seed: int, progress: Progress | None) -> _Answer:
        plain = [ratings.signs().without_times() for ratings in (taught, known, asked)]
        return teach(plain[0], plain[1], plain[2], seed, progress)

    return signs


def _simple(baseline: Baseline, task: str) -> _Teach:
    """A baseline reads the training side only, leave-one-out or not; its threshold is chosen on a part held out."""

    def answer(taught: Ratings, known: Ratings, asked: Ratings, seed: int, progress: Progress | None) -> _Answer:
        score = baseline(taught, asked)
        if task == WEIGHT:
            return _Answer(score)
        read, held = train_test_split(np.arange(len(taught)), test_size=HELD_OUT, random_state=seed)
        chosen = taught.only(np.sort(held))
        threshold = best_threshold(baseline(taught.only(np.sort(read)), chosen), chosen.value > 0)
        return _Answer(score, score >= threshold)

    return answer


def _sign_figures(answer: _Answer, value: Doubles) -> dict[str, float]:
    """auroc, macro_f1, ap of finding the negative ones; brier and ece where the score is a probability."""
    y = value > 0
    figures = {
        "auroc": float(roc_auc_score(y, answer.score)),
        "macro_f1": float(f1_score(y, answer.positive, average="macro")),
        "ap": float(average_precision_score(~y, -answer.score)),
    }
    if answer.calibrated:
        figures |= {"brier": float(brier_score_loss(y, answer.score)), "ece": ece(answer.score, y)}
    return figures


def _weight_figures(answer: _Answer, value: Doubles) -> dict[str, float]:
    error = answer.score - value
    pcc = float(np.corrcoef(answer.score, value)[0, 1]) if answer.score.std() and value.std() else 0.0
    return {"rmse": float(np.sqrt(np.mean(error**2))), "pcc": pcc, "mae": float(np.mean(np.abs(error)))}


def _said(parts: Sequence[Parts], folds: int | None, seed: int) -> str:
    if parts[0].alone:
        return f"leave-one-out, model from the other of {len(parts)} folds, seed {seed}"
    return f"{len(parts)} folds, seed {seed}" if folds else f"random 80/20 of the ratings, seed {seed}"


def _words(
    ratings: Ratings, task: str, model: Mapping[str, Any], beside: Mapping[str, Mapping[str, Any]]
) -> tuple[str, ...]:
    said = [
        f"{len(ratings):,} ratings, {np.mean(ratings.value < 0):.1%} negative; a rating's own time counts as known."
    ]
    metric, sign = ("auroc", 1) if task == SIGN else ("rmse", -1)
    if "no_times" in beside:
        gain = sign * (model[metric] - beside["no_times"][metric])
        said.append(f"Times bring {gain:+.4f} {metric}, against the same model without them.")
    simple = [name for name in BASELINES if name in beside]
    if simple:
        best = max(simple, key=lambda name: sign * beside[name][metric])
        gain = sign * (model[metric] - beside[best][metric])
        said.append(beside_the_simple(gain, metric, best))
    return tuple(said)


def beside_the_simple(gain: float, metric: str, best: str) -> str:
    """How the model does beside the best simple way; `gain` is positive where it is better."""
    than = "better" if gain >= 0 else "worse"
    return f"The model is {abs(gain):.4f} {metric} {than} than the best simple way, {best}."


def _step(progress: Progress | None, i: int, n: int) -> Progress | None:
    if progress is None or n == 1:
        return progress
    return lambda step, share: progress(f"{step}, fold {i + 1} of {n}", share)
