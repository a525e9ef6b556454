"""Baselines of the trust model: each predicts test ratings from the training ratings, a score -1..1 for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import svds

from gnn.arrays import F64
from gnn.features.statements.ratings import Ratings

SHRINKAGE: Final = 2.0  # ratings of the overall mean that every mean is mixed with
TOLERANCE: Final = 1e-6
MAX_ITERATIONS: Final = 200
RANK: Final = 8


def ratee_mean(train: Ratings, test: Ratings) -> F64:
    """Mean training rating of the ratee, shrunk to the mean of all: (sum + s m) / (count + s), s = SHRINKAGE."""
    mean = train.value.mean()
    count = np.bincount(train.target, minlength=train.n)
    total = np.bincount(train.target, train.value, train.n)
    return np.asarray(((total + SHRINKAGE * mean) / (count + SHRINKAGE))[test.target], np.float64)


def fairness_goodness(train: Ratings, test: Ratings) -> F64:
    """Fairness of the rater times goodness of the ratee.

    goodness g(v) = mean over its ratings of f(u) W(u, v); fairness f(u) = 1 - mean over its ratings of
    |W(u, v) - g(v)| / 2; both 1 without a rating, iterated until neither changes by TOLERANCE.

    Source: Kumar et al., ICDM 2016, equations 1 and 2.
    """
    u, v, w = train.source, train.target, train.value
    n_given, n_received = np.bincount(u, minlength=train.n), np.bincount(v, minlength=train.n)
    fairness, goodness = np.ones(train.n), np.ones(train.n)
    for _ in range(MAX_ITERATIONS):
        previous = fairness, goodness
        goodness = np.where(n_received, np.bincount(v, fairness[u] * w, train.n) / np.maximum(n_received, 1), 1.0)
        unfairness = np.bincount(u, np.abs(w - goodness[v]) / 2, train.n)
        fairness = np.where(n_given, 1 - unfairness / np.maximum(n_given, 1), 1.0)
        if max(np.abs(fairness - previous[0]).max(), np.abs(goodness - previous[1]).max()) < TOLERANCE:
            break
    return np.asarray(fairness[test.source] * goodness[test.target], np.float64)


def svd(train: Ratings, test: Ratings) -> F64:
    """Biased matrix factorisation: bias of the rater and of the ratee, and a truncated SVD of the residuals."""
    base = ratee_mean(train, train)
    residual = train.value - base
    count = np.bincount(train.source, minlength=train.n)
    bias = np.bincount(train.source, residual, train.n) / (count + SHRINKAGE)
    residual = residual - bias[train.source]
    matrix = coo_matrix((residual, (train.source, train.target)), (train.n, train.n)).tocsr()
    rank = min(RANK, train.n - 2)
    u, s, vt = svds(matrix, rank, v0=np.ones(train.n) / np.sqrt(train.n), solver="arpack")
    factors = np.einsum("ik,k,ki->i", u[test.source], s, vt[:, test.target])
    return np.asarray(np.clip(ratee_mean(train, test) + bias[test.source] + factors, -1, 1), np.float64)


Baseline = Callable[[Ratings, Ratings], F64]
BASELINES: Final[Mapping[str, Baseline]] = MappingProxyType(
    {"ratee_mean": ratee_mean, "fairness_goodness": fairness_goodness, "svd": svd}
)
