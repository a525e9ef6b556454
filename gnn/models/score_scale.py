"""The scale of the score: 350 to 950, higher is better, from a calibrated probability, and its levels."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import logit

from gnn.arrays import F64

ODDS0: Final = 0.05 / 0.95  # odds of a bad outcome at which the score is CENTRE; a setting of the installation
CENTRE: Final = 650.0
POINTS_PER_LOG_ODDS: Final = 50 / float(np.log(2))  # fifty points double the odds
LOWEST: Final = 350.0
HIGHEST: Final = 950.0
LEVELS: Final = ("low", "medium", "high", "very_high")
LEVEL_FROM: Final = ((700.0, "low"), (600.0, "medium"), (500.0, "high"))  # from this score on; below: very_high


def to_score(probability: npt.ArrayLike, odds0: float = ODDS0) -> F64:
    """Score 350..950 of a probability of a bad outcome: 650 - 72.13 ln(odds / odds0), clipped."""
    p = np.clip(np.asarray(probability, np.float64), 1e-12, 1 - 1e-12)
    return np.asarray(np.clip(CENTRE - POINTS_PER_LOG_ODDS * (logit(p) - np.log(odds0)), LOWEST, HIGHEST), np.float64)


def level(score: float) -> str:
    """low, medium, high or very_high, by the fixed bands of LEVEL_FROM."""
    return next((name for least, name in LEVEL_FROM if score >= least), "very_high")
