"""The baseline of label propagation: known outcomes spread along links, and nothing is fitted.

Ours and not torch-geometric's, which gives the same answers to 1e-6 and takes five times as long
(docs/decisions/2026-11-30-label-propagation.md); a test holds the two together.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graph.snapshots.snapshot import Snapshot

ALPHA: Final = 0.85
STEPS: Final = 20
PRIOR_MASS: Final = 1e-3  # of the base rate, so that a row far from any outcome gets just that


def undirected_adjacency(snapshot: Snapshot) -> sparse.csr_matrix:
    """Adjacency matrix float32[n, n] of all kinds together: 0 or 1, symmetric, without self-links."""
    n = snapshot.n_parties
    rows, columns = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    for kind in snapshot.kinds:
        links = snapshot.links(kind)
        source = np.repeat(np.arange(n, dtype=np.int32), np.diff(links.out_indptr))
        target = np.asarray(links.out_target)
        distinct = source != target
        rows += [source[distinct], target[distinct]]
        columns += [target[distinct], source[distinct]]
    index = np.concatenate(rows), np.concatenate(columns)
    matrix = sparse.coo_matrix((np.ones(len(index[0]), np.float32), index), shape=(n, n)).tocsr()
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix


def label_propagation(
    snapshot: Snapshot,
    y: npt.NDArray[np.float32],
    train_rows: npt.NDArray[np.integer[Any]],
    test_rows: npt.NDArray[np.integer[Any]],
) -> npt.NDArray[np.float64]:
    """Probability of a bad outcome of each test row by label propagation: float64[len(test_rows)].

    Labels F of both classes spread over the random-walk matrix, F <- ALPHA D^-1 A F + (1 - ALPHA) Y, STEPS times. The
    probability is the bad share of what arrives, with PRIOR_MASS of the base rate mixed in.

    Source: Zhou et al. 2004, section 2, with the random-walk normalisation of Zhu and Ghahramani 2002.
    """
    adjacency = undirected_adjacency(snapshot).astype(np.float64)
    degree = np.diff(adjacency.indptr)
    random_walk = sparse.diags(1.0 / np.maximum(degree, 1)) @ adjacency
    labels = np.zeros((snapshot.n_parties, 2))  # bad, and known at all
    labels[train_rows, 0] = np.asarray(y, np.float64)[train_rows]
    labels[train_rows, 1] = 1.0
    spread = labels.copy()
    for _ in range(STEPS):
        spread = ALPHA * (random_walk @ spread) + (1.0 - ALPHA) * labels
    base_rate = labels[train_rows, 0].mean()
    spread = spread[test_rows]
    probability: npt.NDArray[np.float64] = (spread[:, 0] + PRIOR_MASS * base_rate) / (spread[:, 1] + PRIOR_MASS)
    return probability
