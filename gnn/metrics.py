"""How good probabilities are: ranking, calibration, and what a difference between two models is worth."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

Doubles = npt.NDArray[np.float64]


def metrics(p: Doubles, y: npt.NDArray[Any]) -> dict[str, float]:
    """auroc, ap, brier and ece of probabilities p against outcomes y (1 bad, 0 not)."""
    return {
        "auroc": float(roc_auc_score(y, p)),
        "ap": float(average_precision_score(y, p)),
        "brier": float(brier_score_loss(y, p)),
        "ece": ece(p, y),
    }


def ece(p: Doubles, y: npt.NDArray[Any], bins: int = 15) -> float:
    """Expected calibration error over bins of equal mass: sum of |mean p - observed rate| * share."""
    order = np.argsort(p, kind="stable")
    parts = np.array_split(order, min(bins, len(p)))
    return float(sum(abs(p[part].mean() - y[part].mean()) * len(part) for part in parts) / len(p))


def auroc_difference(
    a: Doubles, b: Doubles, y: npt.NDArray[Any], seed: int, draws: int = 400
) -> tuple[float, float, float]:
    """AUROC(a) - AUROC(b) on the same parties with its 95 % paired bootstrap interval: (difference, low, high)."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        rows = random.integers(0, len(y), len(y))
        if 0 < y[rows].sum() < len(y):
            found.append(_auroc(a[rows], y[rows]) - _auroc(b[rows], y[rows]))
    low, high = np.quantile(found, [0.025, 0.975])
    return _auroc(a, y) - _auroc(b, y), float(low), float(high)


def _auroc(p: Doubles, y: npt.NDArray[Any]) -> float:
    """Mann-Whitney statistic with ties counted half."""
    _, inverse, count = np.unique(p, return_inverse=True, return_counts=True)
    rank = np.cumsum(count) - (count - 1) / 2
    bad = int(y.sum())
    return float((rank[inverse][y == 1].sum() - bad * (bad + 1) / 2) / (bad * (len(y) - bad)))
