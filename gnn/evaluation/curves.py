"""The numbers behind the charts of a report: curves and bins, from predicted probabilities and observed outcomes.

Throughout p float64[k] holds predicted probabilities of a bad outcome and y [k] observed outcomes, 1 bad and 0 good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.stats import binom
from sklearn.metrics import precision_recall_curve, roc_curve

from gnn.arrays import F64
from gnn.metrics import equal_mass_bins
from gnn.models.intervals import clopper_pearson
from gnn.models.score_scale import HIGHEST, LEVELS, LOWEST, level, to_score

MAX_POINTS: Final = 160  # of a curve
SCORE_STEP: Final = 25.0  # width of a bin of the score distribution
DECILES: Final = 10
CHANCE_QUANTILES: Final = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Curve:
    """Points (x, y) of a line, x ascending."""

    x: F64
    y: F64


@dataclass(frozen=True, slots=True)
class Bin:
    """Some test parties: how many, how many of them bad, their mean predicted probability, and two bounds.

    low and high are, in `reliability`, the observed rates that chance allows where `predicted` is right (5th and 95th
    percentile); in levels and deciles the 90 % bounds of the true rate (Clopper and Pearson 1934).
    """

    name: str
    parties: int
    bad: int
    predicted: float
    low: float
    high: float

    @property
    def rate(self) -> float:
        """Observed bad rate."""
        return self.bad / self.parties


def roc(p: F64, y: npt.NDArray[Any]) -> Curve:
    """ROC curve: the true positive rate (y) at each false positive rate (x)."""
    false_positive, true_positive, _ = roc_curve(y, p)
    return _thinned(false_positive, true_positive)


def precision_recall(p: F64, y: npt.NDArray[Any]) -> Curve:
    """Precision-recall curve: precision (y) at each recall (x)."""
    precision, recall, _ = precision_recall_curve(y, p)
    return _thinned(recall[::-1], precision[::-1])


def gains(p: F64, y: npt.NDArray[Any]) -> Curve:
    """Cumulative gains: the share of the bad parties (y) among each share of all parties, riskiest first (x).

    >>> gains(np.array([0.9, 0.8, 0.3, 0.1]), np.array([1, 0, 1, 0])).y.tolist()
    [0.0, 0.5, 0.5, 1.0, 1.0]
    """
    captured = np.cumsum(np.asarray(y, np.float64)[np.argsort(-p, kind="stable")]) / y.sum()
    x = np.arange(len(y) + 1) / len(y)
    return _thinned(x, np.concatenate([[0.0], captured]))


def reliability(p: F64, y: npt.NDArray[Any]) -> list[Bin]:
    """Bins of equal mass, with the observed rates that chance allows in each."""
    bins = []
    for i, part in enumerate(equal_mass_bins(p)):
        predicted, n = float(p[part].mean()), len(part)
        low, high = binom.ppf(CHANCE_QUANTILES, n, predicted) / n
        bins.append(Bin(f"bin {i + 1}", n, int(y[part].sum()), predicted, float(low), float(high)))
    return bins


def by_level(p: F64, y: npt.NDArray[Any]) -> list[Bin]:
    """One bin for each level of risk that has parties, from low to very high."""
    levels = np.array([LEVELS.index(level(score)) for score in to_score(p).tolist()])
    return [_bin(name, np.flatnonzero(levels == i), p, y) for i, name in enumerate(LEVELS) if (levels == i).any()]


def by_decile(p: F64, y: npt.NDArray[Any]) -> list[Bin]:
    """Deciles of the parties, from the best scores to the worst."""
    return [_bin(f"decile {i + 1}", part, p, y) for i, part in enumerate(equal_mass_bins(p, DECILES))]


def monotone(bins: Sequence[Bin]) -> bool:
    """Whether observed bad rates never fall from one bin to the next."""
    return all(before.rate <= after.rate for before, after in pairwise(bins))


def falls_beyond_chance(bins: Sequence[Bin]) -> list[str]:
    """Names of the bins whose bad rate lies below that of the bin before, their bounds not overlapping."""
    return [after.name for before, after in pairwise(bins) if after.high < before.low]


def score_distribution(p: F64, y: npt.NDArray[Any]) -> tuple[F64, F64, F64]:
    """(edges, share of the good, share of the bad) of the scores, in bins of SCORE_STEP points."""
    edges = np.arange(LOWEST, HIGHEST + SCORE_STEP, SCORE_STEP)
    score = to_score(p)
    shares = [np.histogram(score[y == outcome], edges)[0] / max(int((y == outcome).sum()), 1) for outcome in (0, 1)]
    return edges, shares[0], shares[1]


def _bin(name: str, rows: npt.NDArray[np.int64], p: F64, y: npt.NDArray[Any]) -> Bin:
    bad = int(y[rows].sum())
    low, high = clopper_pearson(np.array([bad]), len(rows))
    return Bin(name, len(rows), bad, float(p[rows].mean()), float(low[0]), float(high[0]))


def _thinned(x: F64, y: F64) -> Curve:
    """The curve through at most MAX_POINTS of the points, the first and the last among them."""
    chosen = np.unique(np.linspace(0, len(x) - 1, min(MAX_POINTS, len(x))).astype(np.int64))
    return Curve(np.asarray(x, np.float64)[chosen], np.asarray(y, np.float64)[chosen])
