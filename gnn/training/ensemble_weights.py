"""How much each of several models counts: in the measure in which they foresaw outcomes they had not seen."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gnn.arrays import F64
from gnn.training.fit_calibration import fit_family, log_loss

STEPS: Final = 4  # shares are tried in quarters
DIGITS: Final = 2  # whoever counts for less is not asked


def ensemble_weights(said: Sequence[F64], y: npt.NDArray[Any]) -> tuple[float, ...]:
    """Shares 0..1, together 1, of models that `said` log-odds float64[k] of parties whose outcomes y they had not seen.

    Every mixture in quarters counts by how likely it makes the outcomes after Platt scaling (pseudo-Bayesian model
    averaging, Yao et al. 2018, section 2.2). Where many outcomes are known the best mixture is all there is; where few
    are, mixtures that do about as well share.
    """
    target = np.asarray(y, np.float64)
    steps = product(range(STEPS, -1, -1), repeat=len(said))
    tried = np.array([one for one in steps if sum(one) == STEPS]) / STEPS
    mixtures = [weighted_sum(said, one) for one in tried.tolist()]
    losses = np.array([log_loss(fit_family("platt", raw, target).log_odds(raw), target).sum() for raw in mixtures])
    weight = np.exp(losses.min() - losses)
    counted = np.round(weight / weight.sum() @ tried, DIGITS)
    counted[np.argmax(counted)] += 1 - counted.sum()
    return tuple(np.round(counted, DIGITS).tolist())


def weighted_sum(said: Sequence[F64], counted: Sequence[float]) -> F64:
    """Log-odds float64[k] of the mixture with these shares."""
    return np.asarray(sum(share * one for one, share in zip(said, counted, strict=True)), np.float64)
