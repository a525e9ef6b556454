"""The distinct neighbours of parties in one category, as a bipartite graph from sources to destinations.

For a whole network both are every party; for a few rows they are those rows and what they read.
`gnn.propagation.aggregators` computes statistics over it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gnn.arrays import F32, F64, I64
from gnn.propagation.spmm import Adjacency, SpmmPlan, prepare, spmm, spmm_rows
from graph.csr import edge_index, indptr_of, ranges
from graph.snapshots.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """k destinations and s sources; links count in both directions.

    The sources of a destination are distinct, ascending and never the destination itself. degree F64[k]. `plan`, of a
    whole network alone, is the adjacency prepared for `spmm`; such a network is symmetric.
    """

    adjacency: Adjacency
    plan: SpmmPlan | None
    degree: F64

    def sum(self, x: F32) -> F64:
        """Sum over the sources of each destination: F32[s, w] on the grid -> F64[k, w]."""
        if self.plan is not None:
            return spmm(self.plan, x)
        return spmm_rows(self.adjacency, x, np.arange(len(self.degree)))

    def of(self, rows: I64) -> Neighbourhood:
        """These destinations alone, over the same sources."""
        low, high = self.adjacency.indptr[:-1][rows], self.adjacency.indptr[1:][rows]
        _, position = ranges(low, high)
        return _without_plan(high - low, self.adjacency.indices[position])

    def compact(self) -> tuple[Neighbourhood, I64]:
        """The neighbourhood over only those sources that are read, and which they are, I64[s] ascending."""
        sources, at = np.unique(self.adjacency.indices, return_inverse=True)
        adjacency = Adjacency(self.adjacency.indptr, at.astype(np.int32))
        return Neighbourhood(adjacency, None, self.degree), sources.astype(np.int64)


def _without_plan(length: I64, indices: npt.NDArray[np.int32]) -> Neighbourhood:
    return Neighbourhood(Adjacency(indptr_of(length), indices), None, length.astype(np.float64))


def neighbourhood(snapshot: Snapshot, category: str) -> Neighbourhood:
    """The distinct neighbours of every party in a category."""
    n = snapshot.n_parties
    pairs = [np.empty(0, np.int64)]
    for kind in snapshot.kinds_of({category}):
        links = snapshot.links(kind)
        source, target = edge_index(links.out_indptr, links.out_target)
        pairs += [source * n + target, target * n + source]
    both = np.unique(np.concatenate(pairs))
    rows, columns = both // n, both % n
    rows, columns = rows[rows != columns], columns[rows != columns]
    found = _without_plan(np.bincount(rows, minlength=n), columns.astype(np.int32))
    return Neighbourhood(found.adjacency, prepare(found.adjacency), found.degree)


def with_rows_replaced(before: Neighbourhood, snapshot: Snapshot, category: str, rows: I64) -> Neighbourhood:
    """A whole neighbourhood after a change that touched the links of `rows` (ascending) alone."""
    indptr, indices = before.adjacency.indptr, before.adjacency.indices
    length = np.diff(indptr)
    pieces, done = [], 0
    for row in rows.tolist():
        found = _neighbours_of(snapshot, category, row)
        pieces += [indices[done : indptr[row]], found]
        length[row], done = len(found), int(indptr[row + 1])
    return _without_plan(length, np.concatenate([*pieces, indices[done:]]))


def _neighbours_of(snapshot: Snapshot, category: str, row: int) -> npt.NDArray[np.int32]:
    found = [np.empty(0, np.int32)]
    for kind in snapshot.kinds_of({category}):
        links = snapshot.links(kind)
        found += [links.out(row).party, links.into(row).party]
    distinct: npt.NDArray[np.int32] = np.unique(np.concatenate(found))
    others: npt.NDArray[np.int32] = distinct[distinct != row]
    return others
