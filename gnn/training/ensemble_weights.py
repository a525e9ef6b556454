"""Ensemble weights of several models, by the likelihood of their out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gnn.arrays import F64
from gnn.training.fit_calibration import fit_family, log_loss

STEPS: Final = 4  # weights are tried in quarters
DIGITS: Final = 2  # a model of less weight is left out
EQUAL: Final = 0.5  # share of the weight that models of one kind have in equal parts


def shrunk_weights(oof_log_odds: Sequence[F64], y: npt.NDArray[Any]) -> tuple[float, ...]:
    """`ensemble_weights` of models of one kind, shrunk half way to equal weights.

    Out of fold, models that read more are favoured, since folds are alike where later parties are not.

    Source: forecast combination, Diebold and Shin 2019, section 2 (shrinkage towards equal weights).
    """
    k = len(oof_log_odds)
    return tuple((1 - EQUAL) * weight + EQUAL / k for weight in ensemble_weights(oof_log_odds, y))


def ensemble_weights(oof_log_odds: Sequence[F64], y: npt.NDArray[Any]) -> tuple[float, ...]:
    """Weights 0..1, together 1, of models with these out-of-fold log-odds F64[k] of parties with outcomes y.

    Every combination in quarters is weighted by the likelihood of the outcomes after Platt scaling. Where many outcomes
    are known the best combination takes all; where few are, combinations that do about as well share the weight.

    Source: pseudo-Bayesian model averaging, Yao et al. 2018, section 2.2.
    """
    target = np.asarray(y, np.float64)
    steps = product(range(STEPS, -1, -1), repeat=len(oof_log_odds))
    tried = np.array([one for one in steps if sum(one) == STEPS]) / STEPS
    combinations = [weighted_sum(oof_log_odds, one) for one in tried.tolist()]
    losses = np.array([log_loss(fit_family("platt", raw, target).log_odds(raw), target).sum() for raw in combinations])
    weight = np.exp(losses.min() - losses)
    counted = np.round(weight / weight.sum() @ tried, DIGITS)
    counted[np.argmax(counted)] += 1 - counted.sum()
    return tuple(np.round(counted, DIGITS).tolist())


def weighted_sum(log_odds: Sequence[F64], weights: Sequence[float]) -> F64:
    """Log-odds F64[k] of the ensemble with these weights."""
    return np.asarray(sum(weight * one for one, weight in zip(log_odds, weights, strict=True)), np.float64)
