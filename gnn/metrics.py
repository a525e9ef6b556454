"""How good probabilities are: ranking, calibration, and what a difference between two models is worth."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

Doubles = npt.NDArray[np.float64]

BINS: Final = 15
DRAWS: Final = 400


def metrics(p: Doubles, y: npt.NDArray[Any], seed: int = 0) -> dict[str, float]:
    """auroc, ap, brier and ece of probabilities p against outcomes y (1 bad, 0 not), and the ece of pure chance."""
    mean, p95 = ece_by_chance(p, seed)
    return {
        "auroc": float(roc_auc_score(y, p)),
        "ap": float(average_precision_score(y, p)),
        "brier": float(brier_score_loss(y, p)),
        "ece": ece(p, y),
        "ece_chance_mean": mean,
        "ece_chance_p95": p95,
    }


def equal_mass(p: Doubles, bins: int = BINS) -> list[npt.NDArray[np.int64]]:
    """Positions of p in ascending order, cut into bins that differ by one party at most."""
    return np.array_split(np.argsort(p, kind="stable"), min(bins, len(p)))


def ece(p: Doubles, y: npt.NDArray[Any], bins: int = BINS) -> float:
    """Expected calibration error over bins of equal mass: sum of |mean p - observed rate| * share."""
    return float(sum(abs(p[part].mean() - y[part].mean()) * len(part) for part in equal_mass(p, bins)) / len(p))


def ece_by_chance(p: Doubles, seed: int, draws: int = DRAWS, bins: int = BINS) -> tuple[float, float]:
    """Mean and 95th percentile of the ece where every p is exactly right: outcomes are drawn from p itself.

    No sample of finite size shows 0; this says how much of an ece the size of the sample explains.
    """
    random = np.random.default_rng(seed)
    ordered = np.sort(p)
    parts = np.array_split(np.arange(len(p)), min(bins, len(p)))
    starts = np.array([part[0] for part in parts])
    expected = np.add.reduceat(ordered, starts)
    found = np.empty(draws)
    for i in range(draws):
        drawn = np.add.reduceat((random.random(len(p)) < ordered).astype(np.float64), starts)
        found[i] = np.abs(expected - drawn).sum() / len(p)
    return float(found.mean()), float(np.quantile(found, 0.95))


def auroc_difference(
    a: Doubles, b: Doubles, y: npt.NDArray[Any], seed: int, draws: int = DRAWS
) -> tuple[float, float, float]:
    """AUROC(a) - AUROC(b) on the same parties with its 95 % paired bootstrap interval: (difference, low, high)."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        rows = random.integers(0, len(y), len(y))
        if 0 < y[rows].sum() < len(y):
            found.append(auroc(a[rows], y[rows]) - auroc(b[rows], y[rows]))
    low, high = np.quantile(found, [0.025, 0.975])
    return auroc(a, y) - auroc(b, y), float(low), float(high)


def auroc(p: Doubles, y: npt.NDArray[Any]) -> float:
    """Mann-Whitney statistic with ties counted half; 0.5 where there is one outcome only."""
    _, inverse, count = np.unique(p, return_inverse=True, return_counts=True)
    rank = np.cumsum(count) - (count - 1) / 2
    bad = int(y.sum())
    if not 0 < bad < len(y):
        return 0.5
    return float((rank[inverse][y == 1].sum() - bad * (bad + 1) / 2) / (bad * (len(y) - bad)))


def auroc_error(p: Doubles, y: npt.NDArray[Any]) -> float:
    """Standard error of the AUROC (Hanley and McNeil 1982, eq. 2)."""
    area, bad = auroc(p, y), int(y.sum())
    good = len(y) - bad
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (bad - 1) * (first - area**2) + (good - 1) * (second - area**2)
    return float(np.sqrt(variance / (bad * good)))
