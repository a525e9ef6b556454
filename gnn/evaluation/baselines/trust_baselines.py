"""Simpler ways to guess a rating, to stand beside the pair model: each reads known ratings and scores asked ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import svds

from gnn.arrays import F64 as Doubles
from gnn.features.ratings import Ratings

SHRINK: Final = 2.0
STEADY: Final = 1e-6
MOST_ROUNDS: Final = 200
RANK: Final = 8


def ratee_mean(known: Ratings, asked: Ratings) -> Doubles:
    """The mean of what is known of the rated party, shrunk to the mean of all."""
    mean = known.value.mean()
    count = np.bincount(known.target, minlength=known.n)
    total = np.bincount(known.target, known.value, known.n)
    return np.asarray(((total + SHRINK * mean) / (count + SHRINK))[asked.target], np.float64)


def fairness_goodness(known: Ratings, asked: Ratings) -> Doubles:
    """Fairness of the rater times goodness of the rated (Kumar et al., ICDM 2016, equations 1 and 2).

    goodness g(v) = mean over its ratings of f(u) W(u, v); fairness f(u) = 1 - mean over its ratings of
    |W(u, v) - g(v)| / 2; both 1 without a rating, iterated until steady.
    """
    u, v, w = known.source, known.target, known.value
    given, got = np.bincount(u, minlength=known.n), np.bincount(v, minlength=known.n)
    fairness, goodness = np.ones(known.n), np.ones(known.n)
    for _ in range(MOST_ROUNDS):
        before = fairness, goodness
        goodness = np.where(got, np.bincount(v, fairness[u] * w, known.n) / np.maximum(got, 1), 1.0)
        apart = np.bincount(u, np.abs(w - goodness[v]) / 2, known.n)
        fairness = np.where(given, 1 - apart / np.maximum(given, 1), 1.0)
        if max(np.abs(fairness - before[0]).max(), np.abs(goodness - before[1]).max()) < STEADY:
            break
    return np.asarray(fairness[asked.source] * goodness[asked.target], np.float64)


def svd(known: Ratings, asked: Ratings) -> Doubles:
    """Mean of the rater and of the rated, and a truncated SVD of what they leave (biased matrix factorisation)."""
    base = ratee_mean(known, known)
    left = known.value - base
    count = np.bincount(known.source, minlength=known.n)
    bias = np.bincount(known.source, left, known.n) / (count + SHRINK)
    left = left - bias[known.source]
    matrix = coo_matrix((left, (known.source, known.target)), (known.n, known.n)).tocsr()
    rank = min(RANK, known.n - 2)
    u, s, vt = svds(matrix, rank, v0=np.ones(known.n) / np.sqrt(known.n), solver="arpack")
    together = np.einsum("ik,k,ki->i", u[asked.source], s, vt[:, asked.target])
    return np.asarray(np.clip(ratee_mean(known, asked) + bias[asked.source] + together, -1, 1), np.float64)


Baseline = Callable[[Ratings, Ratings], Doubles]
BASELINES: Final[Mapping[str, Baseline]] = MappingProxyType(
    {"ratee_mean": ratee_mean, "fairness_goodness": fairness_goodness, "svd": svd}
)
