"""The calibration of a model: a map from raw log-odds to calibrated probabilities.

The map is strictly monotone, so that calibration never changes the order of parties. `gnn.training.fit_calibration`
chooses and fits it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, log_expit, logit

from gnn.arrays import F64
from gnn.models.intervals import Intervals


@dataclass(frozen=True, slots=True)
class PriorCorrection:
    """From the share of bad outcomes in a sample to that in a population whose parties differ in nothing else.

    Source: Saerens, Latinne and Decaestecker 2002, equation 2.4.
    """

    sample_rate: float
    population_rate: float

    @property
    def shift(self) -> float:
        """What is added to log-odds: logit(population_rate) - logit(sample_rate).

        >>> round(PriorCorrection(0.5, 0.1).shift, 4)  # odds become a ninth
        -2.1972
        """
        return float(logit(self.population_rate) - logit(self.sample_rate))

    def probability(self, p: npt.NDArray[Any]) -> F64:
        """Corrected probabilities float64[k].

        >>> PriorCorrection(0.5, 0.1).probability(np.array([0.0, 0.5, 0.9, 1.0])).round(4).tolist()
        [0.0, 0.1, 0.5, 1.0]
        """
        return np.asarray(expit(logit(np.asarray(p, np.float64)) + self.shift), np.float64)


@dataclass(frozen=True, slots=True)
class Calibration:
    """logit(p) = bend(a log q - b log(1 - q) + c) + shift with q = expit(raw); a, b > 0.

    bend is the identity, or runs through `knots` (from, to), both strictly ascending, with slope 1 outside them.
    `intervals` bound a probability by the held-out outcomes; none where it was made by hand. shift is that of the
    `prior` correction, 0 without one; the intervals have it in them.
    """

    a: float
    b: float
    c: float
    knots: tuple[tuple[float, float], ...] = ()
    family: str = "beta"
    intervals: Intervals | None = None
    prior: PriorCorrection | None = None

    def log_odds(self, raw: npt.NDArray[Any]) -> F64:
        """Calibrated log-odds float64[k] of raw log-odds."""
        x = np.asarray(raw, np.float64)
        z = np.asarray(self.a * log_expit(x) - self.b * log_expit(-x) + self.c, np.float64)
        if self.knots:
            source, target = np.array(self.knots).T
            outside = np.minimum(z - source[0], 0) + np.maximum(z - source[-1], 0)
            z = np.asarray(np.interp(z, source, target) + outside, np.float64)
        return z if self.prior is None else z + self.prior.shift

    def probability(self, raw: npt.NDArray[Any]) -> F64:
        """Calibrated probability float64[k] of raw log-odds."""
        return np.asarray(expit(self.log_odds(raw)), np.float64)

    def corrected(self, prior: PriorCorrection) -> Calibration:
        """The calibration with a prior correction, its intervals too."""
        intervals = None if self.intervals is None else self.intervals.shifted(prior.shift)
        return replace(self, prior=prior, intervals=intervals)

    def to_json(self) -> dict[str, Any]:
        return {
            "family": self.family,
            "a": self.a,
            "b": self.b,
            "c": self.c,
            "knots": [list(knot) for knot in self.knots],
            "intervals": None if self.intervals is None else self.intervals.to_json(),
            "prior": None if self.prior is None else asdict(self.prior),
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Calibration:
        """The reverse of `to_json`. Raises KeyError, TypeError or ValueError for anything else."""
        intervals, prior = value["intervals"], value["prior"]
        return Calibration(
            float(value["a"]),
            float(value["b"]),
            float(value["c"]),
            tuple((float(x), float(z)) for x, z in value["knots"]),
            str(value["family"]),
            None if intervals is None else Intervals.from_json(intervals),
            None if prior is None else PriorCorrection(float(prior["sample_rate"]), float(prior["population_rate"])),
        )
