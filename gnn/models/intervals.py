"""Intervals around a probability that the held-out outcomes support, without assuming a distribution.

It is of the conformal family: only exchangeability with the held-out parties is assumed. Held-out parties are ordered
by their calibrated log-odds and looked at through windows of equal mass. In a window of m parties, k of them bad,
the Clopper-Pearson bounds hold the true rate of bad outcomes at such scores with probability CONFIDENCE (Gupta,
Podkopaev and Ramdas 2020, section 4: uniform-mass binning). Windows overlap, so that the interval moves smoothly with
the score; both ends are made monotone outwards, which can only widen them, and include the probability itself.

A Venn-Abers predictor (Vovk and Petej 2014) was considered: its two probabilities differ by what one more outcome
would change, about 1 / m, which is honest about the method and far too narrow for "how sure is this rate".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, expit, logit

from gnn.arrays import F64

CONFIDENCE: Final = 0.9
SMALLEST_WINDOW: Final = 40
WINDOWS: Final = 15  # how many windows the held-out parties would fill side by side
GRID_POINTS: Final = 33  # of the grid that the artifact keeps


@dataclass(frozen=True)
class Intervals:
    """Bounds of the probability on a grid of calibrated log-odds; all three ascend, and low <= high."""

    at: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def around(self, log_odds: npt.NDArray[Any]) -> tuple[F64, F64]:
        """(low, high) float64[k] in probability for calibrated log-odds; each holds its own probability."""
        z = np.asarray(log_odds, np.float64)
        p = expit(z)
        at, low, high = self._arrays
        return np.minimum(np.interp(z, at, low), p), np.maximum(np.interp(z, at, high), p)

    @cached_property
    def _arrays(self) -> tuple[F64, F64, F64]:
        return np.array(self.at), np.array(self.low), np.array(self.high)

    def shifted(self, shift: float) -> Intervals:
        """The intervals of log-odds to which `shift` was added, their ends moved alike."""
        low, high = (tuple(expit(logit(np.array(ends)) + shift).tolist()) for ends in (self.low, self.high))
        return Intervals(tuple((np.array(self.at) + shift).tolist()), low, high)

    def to_json(self) -> dict[str, Any]:
        return {"at": list(self.at), "low": list(self.low), "high": list(self.high)}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Intervals:
        """The reverse of `to_json`. Raises KeyError, TypeError or ValueError for anything else."""
        at, low, high = (tuple(float(x) for x in value[name]) for name in ("at", "low", "high"))
        if not len(at) == len(low) == len(high) > 0 or not np.isfinite([*at, *low, *high]).all():
            raise ValueError("the grid of the intervals is broken")
        return Intervals(at, low, high)


def fit_intervals(log_odds: npt.NDArray[Any], y: npt.NDArray[Any]) -> Intervals:
    """From held-out calibrated log-odds and outcomes (1 bad, 0 not), whatever their order."""
    order = np.lexsort((y, log_odds))
    z, bad = np.asarray(log_odds, np.float64)[order], np.asarray(y, np.float64)[order]
    m = min(len(z), max(SMALLEST_WINDOW, len(z) // WINDOWS))
    starts = np.unique(np.linspace(0, len(z) - m, GRID_POINTS).astype(np.int64))
    until = np.concatenate([[0.0], np.cumsum(bad)])
    k = until[starts + m] - until[starts]
    at = np.array([z[start : start + m].mean() for start in starts])
    low, high = clopper_pearson(k, m)
    low, high = np.minimum.accumulate(low[::-1])[::-1], np.maximum.accumulate(high)
    return Intervals(tuple(at.tolist()), tuple(low.tolist()), tuple(high.tolist()))


def clopper_pearson(k: npt.NDArray[Any], m: int, confidence: float = CONFIDENCE) -> tuple[F64, F64]:
    """Exact bounds of a rate of which k of m were seen (Clopper and Pearson 1934)."""
    tail = (1 - confidence) / 2
    low = np.where(k > 0, betaincinv(np.maximum(k, 1), m - k + 1, tail), 0.0)
    high = np.where(k < m, betaincinv(k + 1, np.maximum(m - k, 1), 1 - tail), 1.0)
    return low, high
