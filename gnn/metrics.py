"""Metrics of predicted probabilities: ranking, calibration, and the difference between two models.

Throughout p float64[k] holds predicted probabilities of a bad outcome and y [k] observed outcomes, 1 bad and 0 good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from gnn.arrays import F64

CALIBRATION_BINS: Final = 15
RESAMPLES: Final = 400  # bootstrap samples of an interval, and samples of outcomes under perfect calibration
INTERVAL_QUANTILES: Final = (0.025, 0.975)
Z_95: Final = 1.959964  # of the standard normal distribution


class Estimate(NamedTuple):
    """An estimate with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(count: int, of: int) -> Estimate | None:
    """The share `count / of` with its 95 % interval; None of nothing.

    One of ten; the interval is not symmetric and stays within 0..1:

    >>> [round(x, 4) for x in wilson(1, 10)]
    [0.1, 0.0179, 0.4042]

    Source: Wilson 1927.
    """
    if not of:
        return None
    share, squared = count / of, Z_95**2
    middle = (share + squared / (2 * of)) / (1 + squared / of)
    half = Z_95 / (1 + squared / of) * float(np.sqrt(share * (1 - share) / of + squared / (4 * of**2)))
    return Estimate(share, max(middle - half, 0.0), min(middle + half, 1.0))


def metrics(p: F64, y: npt.NDArray[Any], seed: int = 0) -> dict[str, float]:
    """AUROC, average precision, Brier score and ECE, with the ECE of a perfectly calibrated model beside it.

    Keys: auroc, ap, brier, ece, ece_chance_mean, ece_chance_p95.
    """
    mean, p95 = ece_by_chance(p, seed)
    return {
        "auroc": float(roc_auc_score(y, p)),
        "ap": float(average_precision_score(y, p)),
        "brier": float(brier_score_loss(y, p)),
        "ece": ece(p, y),
        "ece_chance_mean": mean,
        "ece_chance_p95": p95,
    }


def mean_metrics(tables: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """The mean of each metric over the splits, and where there are several its standard deviation in `std`.

    >>> means = mean_metrics([{"auroc": 0.7}, {"auroc": 0.8}])
    >>> means["auroc"], round(means["std"]["auroc"], 4)
    (0.75, 0.0707)
    """
    mean: dict[str, Any] = {name: float(np.mean([table[name] for table in tables])) for name in tables[0]}
    if len(tables) > 1:
        mean["std"] = {name: float(np.std([table[name] for table in tables], ddof=1)) for name in tables[0]}
    return mean


def equal_mass_bins(p: F64, bins: int = CALIBRATION_BINS) -> list[npt.NDArray[np.int64]]:
    """Positions of p in ascending order, cut into bins whose sizes differ by at most one.

    >>> [part.tolist() for part in equal_mass_bins(np.array([0.9, 0.1, 0.5]), bins=2)]
    [[1, 2], [0]]
    """
    return np.array_split(np.argsort(p, kind="stable"), min(bins, len(p)))


def ece(p: F64, y: npt.NDArray[Any], bins: int = CALIBRATION_BINS) -> float:
    """Expected calibration error over bins of equal mass: sum of |mean p - observed rate| times the bin's share.

    One bin of 0.2 and 0.4, in which half were bad, and one of 0.9, which was bad:

    >>> round(ece(np.array([0.2, 0.4, 0.9]), np.array([0, 1, 1]), bins=2), 4)  # (2 * 0.2 + 0.1) / 3
    0.1667

    Source: Naeini, Cooper and Hauskrecht 2015; bins of equal mass as in Nguyen and O'Connor 2015.
    """
    return float(sum(abs(p[part].mean() - y[part].mean()) * len(part) for part in equal_mass_bins(p, bins)) / len(p))


def ece_by_chance(p: F64, seed: int, draws: int = RESAMPLES, bins: int = CALIBRATION_BINS) -> tuple[float, float]:
    """Mean and 95th percentile of the ECE of a perfectly calibrated model, whose outcomes are drawn from p itself.

    A finite sample never shows an ECE of 0; this is how much of one the sample size explains.
    """
    random = np.random.default_rng(seed)
    ordered = np.sort(p)
    parts = np.array_split(np.arange(len(p)), min(bins, len(p)))
    starts = np.array([part[0] for part in parts])
    expected = np.add.reduceat(ordered, starts)
    errors = np.empty(draws)
    for i in range(draws):
        drawn = np.add.reduceat((random.random(len(p)) < ordered).astype(np.float64), starts)
        errors[i] = np.abs(expected - drawn).sum() / len(p)
    return float(errors.mean()), float(np.quantile(errors, 0.95))


def auroc_difference(a: F64, b: F64, y: npt.NDArray[Any], seed: int, draws: int = RESAMPLES) -> Estimate:
    """AUROC(a) - AUROC(b) on the same parties, with its 95 % paired bootstrap interval."""
    random = np.random.default_rng(seed)
    differences = []
    for _ in range(draws):
        rows = random.integers(0, len(y), len(y))
        if 0 < y[rows].sum() < len(y):
            differences.append(auroc(a[rows], y[rows]) - auroc(b[rows], y[rows]))
    low, high = np.quantile(differences, INTERVAL_QUANTILES)
    return Estimate(auroc(a, y) - auroc(b, y), float(low), float(high))


def auroc(p: F64, y: npt.NDArray[Any]) -> float:
    """Area under the ROC curve: the share of (bad, good) pairs in which p is higher for the bad one, ties half.

    0.5 where all outcomes are alike.

    >>> auroc(np.array([0.8, 0.5, 0.5, 0.2]), np.array([1, 1, 0, 0]))  # 3 pairs in order and a tie, of 4
    0.875
    """
    _, inverse, count = np.unique(p, return_inverse=True, return_counts=True)
    rank = np.cumsum(count) - (count - 1) / 2
    bad = int(y.sum())
    if not 0 < bad < len(y):
        return 0.5
    return float((rank[inverse][y == 1].sum() - bad * (bad + 1) / 2) / (bad * (len(y) - bad)))


def auroc_error(p: F64, y: npt.NDArray[Any]) -> float:
    """Standard error of the AUROC.

    >>> round(auroc_error(np.array([0.8, 0.5, 0.5, 0.2]), np.array([1, 1, 0, 0])), 4)
    0.2077

    Source: Hanley and McNeil 1982, equation 2.
    """
    area, bad = auroc(p, y), int(y.sum())
    good = len(y) - bad
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (bad - 1) * (q1 - area**2) + (good - 1) * (q2 - area**2)
    return float(np.sqrt(variance / (bad * good)))
