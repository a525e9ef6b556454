"""From raw log-odds to a probability that means what it says, and from there to the score people know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logit

from graph.errors import TrainingError

ODDS0: Final = 0.05 / 0.95  # odds of a bad outcome at which the score is CENTRE; a setting of the installation
CENTRE: Final = 650.0
POINTS: Final = 50 / float(np.log(2))  # fifty points double the odds
LOWEST: Final = 350.0
HIGHEST: Final = 950.0
LEVELS: Final = ((700.0, "low"), (600.0, "medium"), (500.0, "high"))  # from this score on; below: very_high
SMALLEST_SLOPE: Final = 1e-3

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Beta calibration (Kull et al. 2017, eq. 4): logit(p) = a log q - b log(1 - q) + c with q = expit(raw).

    a, b > 0, so it is strictly monotone; a = b is Platt scaling.
    """

    a: float
    b: float
    c: float

    def log_odds(self, raw: npt.NDArray[Any]) -> Doubles:
        """Calibrated log-odds float64[k] of raw log-odds."""
        x = np.asarray(raw, np.float64)
        return np.asarray(self.a * log_expit(x) - self.b * log_expit(-x) + self.c, np.float64)

    def probability(self, raw: npt.NDArray[Any]) -> Doubles:
        """Calibrated probability float64[k] of raw log-odds."""
        return np.asarray(expit(self.log_odds(raw)), np.float64)


def fit(raw: npt.NDArray[Any], y: npt.NDArray[Any]) -> Calibration:
    """Fit by penalised likelihood on held-out raw log-odds and outcomes (1 bad, 0 not).

    The penalty pulls a and b to each other and to 1, which keeps small samples near Platt scaling. Raises
    TrainingError where only one class is present.
    """
    x, target = np.asarray(raw, np.float64), np.asarray(y, np.float64)
    if len(np.unique(target)) < 2:
        raise TrainingError("calibration needs held-out parties of both outcomes; give more labelled parties")
    order = np.lexsort((target, x))  # sums do not depend on the order of parties
    x, target = x[order], target[order]

    def loss(parameters: Doubles) -> float:
        a, b = np.exp(parameters[:2])
        z = a * log_expit(x) - b * log_expit(-x) + parameters[2]
        likelihood = float(np.sum(target * log_expit(z) + (1 - target) * log_expit(-z)))
        prior = float(np.sum(parameters[:2] ** 2) + 4 * (parameters[0] - parameters[1]) ** 2)
        return -likelihood + 0.5 * prior

    slope = (float(np.log(SMALLEST_SLOPE)), 4.0)
    found = minimize(loss, np.zeros(3), method="L-BFGS-B", bounds=[slope, slope, (None, None)])
    a, b = np.exp(found.x[:2])
    return Calibration(float(a), float(b), float(found.x[2]))


def to_score(probability: npt.ArrayLike, odds0: float = ODDS0) -> Doubles:
    """Score 350..950 of a probability of a bad outcome: 650 - 72.13 ln(odds / odds0), clipped."""
    p = np.clip(np.asarray(probability, np.float64), 1e-12, 1 - 1e-12)
    return np.asarray(np.clip(CENTRE - POINTS * (logit(p) - np.log(odds0)), LOWEST, HIGHEST), np.float64)


def level(score: float) -> str:
    """low, medium, high or very_high, by the fixed bands of LEVELS."""
    return next((name for least, name in LEVELS if score >= least), "very_high")
