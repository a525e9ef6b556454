"""Leading eigenvectors of a network, in the scale of the random walk on it."""

from __future__ import annotations

from typing import Final

import numpy as np
import scipy.sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import ArpackNoConvergence, eigsh
from threadpoolctl import threadpool_limits

from gnn.arrays import F64, I64
from gnn.propagation.spmm import Adjacency

TOLERANCE: Final = 1e-4  # of an eigenvalue; an eigenvector is a coordinate here, and need not be exact
MIN_EIGENVALUE: Final = 0.1  # vectors are divided by it, and those of smaller ones are mostly noise
MAX_ITERATIONS: Final = 3000


def leading_eigenvectors(adjacency: Adjacency, rows: I64, most: int, rows_each: int) -> tuple[I64, F64]:
    """(place, u): the largest connected part of the network between `rows`, and its leading eigenvectors.

    place I64[m] are positions in `rows`, ascending; u F64[m, k] = v / sqrt(d) / lambda for eigenvectors v of
    D^-1/2 A D^-1/2 with the k largest eigenvalues, scaled to a mean square of 1 / lambda^2 over the links. k is at most
    `most` and m / rows_each, and may be 0.

    The bits depend on the order of `rows` alone, as the solver runs on one thread from a fixed start.
    """
    n = len(adjacency.indptr) - 1
    links = np.ones(len(adjacency.indices))
    whole = scipy.sparse.csr_matrix((links, adjacency.indices, adjacency.indptr), shape=(n, n))
    between = whole[rows][:, rows]
    _, part = connected_components(between, directed=False)
    place = np.flatnonzero(part == np.argmax(np.bincount(part)))  # of parts of one size, that of the first row
    k = min(most, len(place) // rows_each)
    if not k:
        return place.astype(np.int64), np.empty((len(place), 0))
    inner = between[place][:, place].tocsr()
    inner.sort_indices()
    degree = np.asarray(inner.sum(axis=1)).ravel()
    scale = scipy.sparse.diags(1 / np.sqrt(degree))
    values, vectors = _eigenpairs(scale @ inner @ scale, k)
    kept = np.flatnonzero(values >= MIN_EIGENVALUE)
    values, vectors = values[kept], vectors[:, kept]
    largest = np.argmax(np.abs(vectors), axis=0)
    signs = np.sign(vectors[largest, np.arange(len(values))])
    walk = vectors * signs / np.sqrt(degree)[:, None] * np.sqrt(degree.sum())
    return place.astype(np.int64), np.asarray(walk / values, np.float64)


def _eigenpairs(matrix: scipy.sparse.csr_matrix, k: int) -> tuple[F64, F64]:
    """The k largest eigenvalues, descending, and their eigenvectors; those that are found, where not all are."""
    start = np.random.default_rng(0).normal(size=matrix.shape[0])
    with threadpool_limits(1, user_api="blas"):
        try:
            values, vectors = eigsh(matrix, k, which="LA", v0=start, tol=TOLERANCE, maxiter=MAX_ITERATIONS)
        except ArpackNoConvergence as stopped:
            values, vectors = stopped.eigenvalues, stopped.eigenvectors
    order = np.argsort(-values, kind="stable")
    return values[order], vectors[:, order]
