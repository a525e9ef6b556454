"""Fitting the calibration of a model on held-out parties.

Three families of maps are tried, from stiff to supple. Cross-validated log-loss on the held-out parties chooses the
stiffest that is not clearly worse than the best:

- platt: z = a x + c (Platt 1999);
- beta: z = a log q - b log(1 - q) + c with q = expit(x) (Kull et al. 2017, eq. 4);
- isotonic: Platt, then a piecewise-linear map through KNOTS quantiles whose pieces all rise. It is what isotonic
  regression (Zadrozny and Elkan 2002) would be if it had no steps: ties would throw away the order of parties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from gnn.arrays import F64
from gnn.models.calibration import Calibration
from gnn.models.intervals import fit_intervals
from graph.errors import TrainingError

SMALLEST_SLOPE: Final = 1e-3
KNOTS: Final = 8
FOLDS: Final = 5  # of the cross-validation that chooses the family
SURE: Final = 2.0  # standard errors by which a suppler family has to be better
FAMILIES: Final = ("platt", "beta", "isotonic")  # the stiffest first, so that it wins a tie


def fit_calibration(raw: npt.NDArray[Any], y: npt.NDArray[Any]) -> Calibration:
    """Fit every family on held-out raw log-odds and outcomes (1 bad, 0 not), keep the best, and add its intervals.

    Raises TrainingError where only one class is present.
    """
    x, target = np.asarray(raw, np.float64), np.asarray(y, np.float64)
    if len(np.unique(target)) < 2:
        raise TrainingError("calibration needs held-out parties of both outcomes; give more labelled parties")
    order = np.lexsort((target, x))  # nothing depends on the order of parties
    x, target = x[order], target[order]
    calibration = fit_family(_chosen([cross_validated(family, x, target) for family in FAMILIES]), x, target)
    return replace(calibration, intervals=fit_intervals(calibration.log_odds(x), target))


def fit_family(family: str, x: F64, y: F64) -> Calibration:
    """The best map of one family by penalised likelihood.

    The penalty pulls slopes to 1 and to each other, which keeps small samples near Platt scaling.
    """
    if family != "isotonic":
        return _fit_beta(x, y, platt=family == "platt")
    platt = _fit_beta(x, y, platt=True)
    return replace(platt, knots=_fit_knots(platt.log_odds(x), y), family="isotonic")


def _chosen(losses: Sequence[F64]) -> str:
    """The stiffest family whose loss is within SURE standard errors of the best one's."""
    best = min(losses, key=lambda loss: float(loss.mean()))
    for family, loss in zip(FAMILIES, losses, strict=True):
        worse = loss - best
        if worse.mean() <= SURE * worse.std() / np.sqrt(len(worse)):
            return family
    raise AssertionError("the best family is within its own error")


def cross_validated(family: str, x: F64, y: F64) -> F64:
    """Log-loss float64[k] of each party by a map that was fitted without it.

    Every FOLDS-th party in order of class and score is a fold, so that nothing is drawn.
    """
    order = np.lexsort((x, y))
    fold = np.empty(len(x), np.int64)
    fold[order] = np.arange(len(x)) % FOLDS
    loss = np.zeros(len(x))
    for k in range(FOLDS):
        rest, left = fold != k, fold == k
        if len(np.unique(y[rest])) == 2:
            loss[left] = log_loss(fit_family(family, x[rest], y[rest]).log_odds(x[left]), y[left])
    return loss


def log_loss(log_odds: F64, y: F64) -> F64:
    """-log of the probability given to what happened, float64[k]."""
    return np.asarray(-(y * log_expit(log_odds) + (1 - y) * log_expit(-log_odds)), np.float64)


def _fit_beta(x: F64, y: F64, platt: bool) -> Calibration:
    features = np.stack([log_expit(x), -log_expit(-x)])

    def loss(parameters: F64) -> tuple[float, F64]:
        logs = parameters[[0, 0]] if platt else parameters[:2]
        slopes = np.exp(logs)
        z = slopes[0] * features[0] + slopes[1] * features[1] + parameters[-1]
        residual = expit(z) - y
        apart = 4 * (logs[0] - logs[1])
        gradient = slopes * (features * residual).sum(axis=1) + logs + np.array([apart, -apart])
        prior = 0.5 * float(logs @ logs + apart**2 / 4)
        steps = [gradient.sum()] if platt else gradient.tolist()
        return prior + float(log_loss(z, y).sum()), np.array([*steps, residual.sum()])

    slope = (float(np.log(SMALLEST_SLOPE)), 4.0)
    bounds = [slope, (None, None)] if platt else [slope, slope, (None, None)]
    found = minimize(loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds).x
    a, b = np.exp(found[[0, 0]] if platt else found[:2])
    return Calibration(float(a), float(b), float(found[-1]), family="platt" if platt else "beta")


def _fit_knots(z: F64, y: F64) -> tuple[tuple[float, float], ...]:
    """Knots at quantiles of z and where they go: slopes of the pieces and a shift, by penalised likelihood."""
    source = np.unique(np.quantile(z, np.linspace(0.02, 0.98, KNOTS)))
    if len(source) < 2:
        return ()
    widths = np.diff(source)
    within = np.clip((z[:, None] - source[:-1]) / widths, 0, 1) * widths  # how far into each piece z reaches
    outside = np.minimum(z - source[0], 0) + np.maximum(z - source[-1], 0)

    def loss(parameters: F64) -> tuple[float, F64]:
        slope, shift = np.exp(parameters[:-1]), parameters[-1]
        bent = source[0] + shift + np.einsum("nk,k->n", within, slope) + outside  # no BLAS: its threads change bits
        residual = expit(bent) - y
        gradient = np.append(slope * np.einsum("nk,n->k", within, residual) + parameters[:-1], residual.sum() + shift)
        return float(log_loss(bent, y).sum()) + 0.5 * float(parameters @ parameters), gradient

    bounds = [(-3.0, 3.0)] * len(widths) + [(None, None)]
    found = minimize(loss, np.zeros(len(widths) + 1), jac=True, method="L-BFGS-B", bounds=bounds)
    target = source[0] + found.x[-1] + np.concatenate([[0.0], np.cumsum(widths * np.exp(found.x[:-1]))])
    return tuple(zip(source.tolist(), target.tolist(), strict=True))
