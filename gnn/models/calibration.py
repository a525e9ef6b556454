"""The calibration of a model: a map from raw log-odds to calibrated probabilities.

The map is strictly monotone, so that calibration never changes the order of parties. `gnn.training.fit_calibration`
chooses and fits it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, log_expit

from gnn.arrays import F64
from gnn.models.intervals import Intervals


@dataclass(frozen=True, slots=True)
class Calibration:
    """logit(p) = bend(a log q - b log(1 - q) + c) with q = expit(raw); a, b > 0.

    bend is the identity, or runs through `knots` (from, to), both strictly ascending, with slope 1 outside them.
    `intervals` bound a probability by the held-out outcomes; none where it was made by hand.
    """

    a: float
    b: float
    c: float
    knots: tuple[tuple[float, float], ...] = ()
    family: str = "beta"
    intervals: Intervals | None = None

    def log_odds(self, raw: npt.NDArray[Any]) -> F64:
        """Calibrated log-odds float64[k] of raw log-odds."""
        x = np.asarray(raw, np.float64)
        z = np.asarray(self.a * log_expit(x) - self.b * log_expit(-x) + self.c, np.float64)
        if not self.knots:
            return z
        source, target = np.array(self.knots).T
        outside = np.minimum(z - source[0], 0) + np.maximum(z - source[-1], 0)
        return np.asarray(np.interp(z, source, target) + outside, np.float64)

    def probability(self, raw: npt.NDArray[Any]) -> F64:
        """Calibrated probability float64[k] of raw log-odds."""
        return np.asarray(expit(self.log_odds(raw)), np.float64)

    def to_json(self) -> dict[str, Any]:
        return {
            "family": self.family,
            "a": self.a,
            "b": self.b,
            "c": self.c,
            "knots": [list(knot) for knot in self.knots],
            "intervals": None if self.intervals is None else self.intervals.to_json(),
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Calibration:
        """The reverse of `to_json`. Raises KeyError, TypeError or ValueError for anything else."""
        intervals = value["intervals"]
        return Calibration(
            float(value["a"]),
            float(value["b"]),
            float(value["c"]),
            tuple((float(x), float(z)) for x, z in value["knots"]),
            str(value["family"]),
            None if intervals is None else Intervals.from_json(intervals),
        )
