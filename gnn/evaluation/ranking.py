"""What the trade asks of a ranking: Gini, KS, the riskiest few, cumulative gains, and the shift of the population.

Throughout p float64[k] holds predicted probabilities of a bad outcome and y [k] observed outcomes, 1 bad and 0 good.
Parties of equal probability share what falls to them, so that no figure depends on their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from gnn.arrays import F64
from gnn.evaluation.predictions import TestPredictions
from gnn.metrics import auroc

TOP_SHARES: Final = (0.01, 0.05)
TOP_PARTIES: Final = 100
GAIN_SHARES: Final = tuple(round(0.1 * i, 1) for i in range(1, 11))
STABILITY_BINS: Final = 10
CHANCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Top:
    """The riskiest parties: how many, the share of them that are bad, and the share of all bad ones among them."""

    name: str
    parties: int
    precision: float
    recall: float


@dataclass(frozen=True)
class Ranking:
    """Figures of a ranking, means over the splits.

    gini: 2 AUROC - 1. ks: see `kolmogorov_smirnov`. top: the riskiest 1 %, 5 % and k parties. gains: the share of the
    bad ones among the riskiest tenth, two tenths, ... psi: the population stability index of the scores between the
    parties trained on and tested on, and psi_chance_p95 what chance explains of one.
    """

    gini: float
    ks: float
    top: tuple[Top, ...]
    gains: tuple[float, ...]
    psi: float
    psi_chance_p95: float

    def to_json(self) -> dict[str, Any]:
        captured = zip(GAIN_SHARES, self.gains, strict=True)
        return asdict(self) | {"gains": [{"share": share, "captured": value} for share, value in captured]}


def ranking(predictions: Sequence[TestPredictions], k: int = TOP_PARTIES) -> Ranking:
    """The figures of the model, averaged over the splits; `k` is at most the number of test parties."""
    found = [_ranking(split, k) for split in predictions]
    top = tuple(
        Top(
            parts[0].name,
            round(float(np.mean([part.parties for part in parts]))),
            float(np.mean([part.precision for part in parts])),
            float(np.mean([part.recall for part in parts])),
        )
        for parts in zip(*(one.top for one in found), strict=True)
    )
    means = {
        name: float(np.mean([getattr(one, name) for one in found])) for name in ("gini", "ks", "psi", "psi_chance_p95")
    }
    return Ranking(top=top, gains=tuple(np.mean([one.gains for one in found], axis=0).tolist()), **means)


def _ranking(split: TestPredictions, k: int) -> Ranking:
    p, y, n = split.probability["model"], split.y, len(split.y)
    trained_on = split.calibration.probability(split.trained.oof_log_odds)
    sizes = {f"{share:.0%}": max(round(share * n), 1) for share in TOP_SHARES} | {f"{k:,}": min(k, n)}
    return Ranking(
        gini=2 * auroc(p, y) - 1,
        ks=kolmogorov_smirnov(p, y),
        top=tuple(top(name, p, y, size) for name, size in sizes.items()),
        gains=tuple(captured(p, y, share * n) for share in GAIN_SHARES),
        psi=population_stability(trained_on, p),
        psi_chance_p95=population_stability_by_chance(len(trained_on), n),
    )


def kolmogorov_smirnov(p: F64, y: npt.NDArray[Any]) -> float:
    """The largest difference between the shares of bad and of good parties above a probability; 0 for one class alone.

    >>> round(kolmogorov_smirnov(np.array([0.9, 0.8, 0.3, 0.1]), np.array([1, 0, 1, 0])), 4)
    0.5
    """
    bad, parties = _by_probability(p, y)
    good = parties - bad
    if not bad.sum() or not good.sum():
        return 0.0
    return float(np.abs(np.cumsum(bad) / bad.sum() - np.cumsum(good) / good.sum()).max())


def captured(p: F64, y: npt.NDArray[Any], n: float) -> float:
    """The share of the bad parties among the riskiest n.

    The riskiest is bad, and of the two that follow, alike, one is:

    >>> p, y = np.array([0.9, 0.5, 0.5, 0.1]), np.array([1, 1, 0, 0])
    >>> [captured(p, y, n) for n in (1, 2, 3, 4)]
    [0.5, 0.75, 1.0, 1.0]
    """
    bad, parties = _by_probability(p, y)
    seen = np.interp(n, np.concatenate([[0.0], np.cumsum(parties)]), np.concatenate([[0.0], np.cumsum(bad)]))
    return float(seen / max(bad.sum(), 1))


def top(name: str, p: F64, y: npt.NDArray[Any], n: int) -> Top:
    """Precision and recall of the riskiest n parties."""
    recall = captured(p, y, n)
    return Top(name, n, recall * float(np.sum(y)) / n, recall)


def population_stability(expected: F64, actual: F64, bins: int = STABILITY_BINS) -> float:
    """Population stability index of two samples of scores: sum of (a - e) ln(a / e) over quantile bins of the expected.

    e and a are the shares of the samples in a bin, with half a party added to each bin, so that none is empty.

    >>> scores = np.arange(100.0)
    >>> population_stability(scores, scores)
    0.0

    Source: Siddiqi 2006, Credit Risk Scorecards.
    """
    edges = np.quantile(expected, np.linspace(0, 1, bins + 1)[1:-1])
    e, a = (_shares(np.searchsorted(edges, scores, side="right"), bins) for scores in (expected, actual))
    return float(np.sum((a - e) * np.log(a / e)))


def population_stability_by_chance(n: int, m: int, bins: int = STABILITY_BINS) -> float:
    """The 95th percentile of the index of two samples of n and m from one population.

    Source: Yurdakul and Naranjo 2020: (1 / n + 1 / m) times chi-squared with bins - 1 degrees of freedom.
    """
    return float((1 / n + 1 / m) * chi2.ppf(CHANCE, bins - 1))


def _shares(bin: npt.NDArray[np.int64], bins: int) -> F64:
    counted = np.bincount(bin, minlength=bins) + 0.5
    return np.asarray(counted / counted.sum(), np.float64)


def _by_probability(p: F64, y: npt.NDArray[Any]) -> tuple[F64, F64]:
    """Numbers of bad parties and of all parties at each distinct probability, the highest first."""
    _, place = np.unique(-p, return_inverse=True)
    bad = np.bincount(place, np.asarray(y, np.float64))
    return np.asarray(bad, np.float64), np.bincount(place).astype(np.float64)
