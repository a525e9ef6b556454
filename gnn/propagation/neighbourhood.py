"""Who hears whom in one category.

A neighbourhood has receivers and senders: all parties for a whole network, or a few receivers and those they hear, when
only some rows are wanted. `gnn.propagation.aggregators` says what the senders are like.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gnn.propagation.spmm import Adjacency, SpmmPlan, prepare, spmm, spmm_rows
from graph.csr import edge_index, indptr_of, ranges
from graph.snapshots.snapshot import Snapshot

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Who hears whom, both directions of a link together: k receivers, s senders.

    A receiver's senders are distinct, ascending and never itself. degree float64[k]. `plan`, of a whole network alone,
    is the adjacency made ready for sums; such a one is symmetric.
    """

    adjacency: Adjacency
    plan: SpmmPlan | None
    degree: Doubles

    def sum(self, x: Floats) -> Doubles:
        """Sum over the senders of each receiver: float32[s, w] on the grid -> float64[k, w]."""
        if self.plan is not None:
            return spmm(self.plan, x)
        return spmm_rows(self.adjacency, x, np.arange(len(self.degree)))

    def of(self, receivers: Ints) -> Neighbourhood:
        """These receivers alone, over the same senders."""
        low, high = self.adjacency.indptr[:-1][receivers], self.adjacency.indptr[1:][receivers]
        _, position = ranges(low, high)
        return _without_plan(high - low, self.adjacency.indices[position])

    def compact(self) -> tuple[Neighbourhood, Ints]:
        """The same over only those senders that are heard, and which they are, int64[s] ascending."""
        senders, at = np.unique(self.adjacency.indices, return_inverse=True)
        adjacency = Adjacency(self.adjacency.indptr, at.astype(np.int32))
        return Neighbourhood(adjacency, None, self.degree), senders.astype(np.int64)


def _without_plan(length: Ints, indices: npt.NDArray[np.int32]) -> Neighbourhood:
    return Neighbourhood(Adjacency(indptr_of(length), indices), None, length.astype(np.float64))


def neighbourhood(snapshot: Snapshot, category: str) -> Neighbourhood:
    """Everybody's distinct neighbours in a category."""
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


def with_rows_replaced(near: Neighbourhood, snapshot: Snapshot, category: str, rows: Ints) -> Neighbourhood:
    """A whole neighbourhood after a change that touched the links of `rows` (ascending) alone."""
    indptr, indices = near.adjacency.indptr, near.adjacency.indices
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
