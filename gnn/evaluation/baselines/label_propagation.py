"""A peer that a model has to beat without learning anything: outcomes that spread along links."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graph.snapshots.snapshot import Snapshot

ALPHA: Final = 0.85
ROUNDS: Final = 20
PRIOR_MASS: Final = 1e-3  # of the base rate, so that a row far from any outcome gets just that


def undirected_adjacency(snapshot: Snapshot) -> sparse.csr_matrix:
    """All links of all kinds as one 0/1 matrix [n, n]: undirected, each pair once, no self-links."""
    n = snapshot.n_parties
    rows, columns = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    for kind in snapshot.kinds:
        links = snapshot.links(kind)
        source = np.repeat(np.arange(n, dtype=np.int32), np.diff(links.out_indptr))
        target = np.asarray(links.out_target)
        apart = source != target
        rows += [source[apart], target[apart]]
        columns += [target[apart], source[apart]]
    at = np.concatenate(rows), np.concatenate(columns)
    matrix = sparse.coo_matrix((np.ones(len(at[0]), np.float32), at), shape=(n, n)).tocsr()
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix


def label_propagation(
    snapshot: Snapshot,
    y: npt.NDArray[np.float32],
    train_rows: npt.NDArray[np.integer[Any]],
    test_rows: npt.NDArray[np.integer[Any]],
) -> npt.NDArray[np.float64]:
    """Probability of a bad outcome of each test row, from the outcomes around it: float64[len(test_rows)].

    A walk restarts at its party with probability 1 - ALPHA at every step. The answer is the share of bad among the
    training outcomes that it meets, weighted by how often, with a little of the base rate mixed in.
    """
    matrix = undirected_adjacency(snapshot).astype(np.float64)
    degree = np.diff(matrix.indptr)
    walk = sparse.diags(1.0 / np.maximum(degree, 1)) @ matrix
    known = np.zeros((snapshot.n_parties, 2))
    known[train_rows, 0] = np.asarray(y, np.float64)[train_rows]
    known[train_rows, 1] = 1.0
    spread = known.copy()
    for _ in range(ROUNDS):
        spread = ALPHA * (walk @ spread) + (1.0 - ALPHA) * known
    rate = known[train_rows, 0].mean()
    spread = spread[test_rows]
    probability: npt.NDArray[np.float64] = (spread[:, 0] + PRIOR_MASS * rate) / (spread[:, 1] + PRIOR_MASS)
    return probability
