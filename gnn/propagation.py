from __future__ import annotations
from dataclasses import dataclass
from typing import Any
import numpy as np
from scipy import sparse


@dataclass(frozen=True, slots=True)
class Adjacency:
    indptr: Any
    indices: Any


def on_grid(x: Any) -> Any:
    return (np.rint(np.clip(x, -8, 8).astype(np.float64) * 2.0**20) * 2.0**-20).astype(np.float32)


def neighbour_sum(adj: Adjacency, x: Any) -> Any:
    n = len(adj.indptr) - 1
    m = sparse.csr_matrix((np.ones(len(adj.indices)), adj.indices, adj.indptr), (n, n))
    return m @ x.astype(np.float64)
