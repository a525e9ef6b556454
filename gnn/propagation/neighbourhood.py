"""The distinct neighbours of parties in one category: of a whole network, and of a block of it.

A block has destinations, which receive, and middle parties, their neighbours, which send. One step of message passing
is a pure function of a block and of the values of its middle parties (`gnn.propagation.aggregators`), so any engine can
run the blocks of a network apart from one another. A change replaces the neighbours of a few rows and copies no others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from gnn.arrays import F64, I32, I64
from gnn.propagation.spmm import Adjacency
from graph.csr import indptr_of, ranges
from graph.snapshots.snapshot import Snapshot


@dataclass(frozen=True)
class NeighbourBlock:
    """k destinations and the s middle parties that are their neighbours.

    rows I64[k] are the destinations, middle I64[s] ascending the middle parties. Those of destination i stand at
    indptr[i]:indptr[i + 1] of `indices` I32[m], as positions in `middle`, ascending.
    """

    rows: I64
    middle: I64
    indptr: I64
    indices: I32

    @cached_property
    def degree(self) -> F64:
        """Number of neighbours of each destination, F64[k]."""
        return np.diff(self.indptr).astype(np.float64)

    def of(self, positions: I64) -> NeighbourBlock:
        """The block of some of the destinations, over the same middle parties."""
        low, high = self.indptr[:-1][positions], self.indptr[1:][positions]
        _, links = ranges(low, high)
        return NeighbourBlock(self.rows[positions], self.middle, indptr_of(high - low), self.indices[links])

    def links_of(self, positions: I64) -> I64:
        """Positions in `indices` of the links of some destinations, in their order."""
        return ranges(self.indptr[:-1][positions], self.indptr[1:][positions])[1]


@dataclass(frozen=True)
class Neighbourhood:
    """The neighbours of n parties: distinct, ascending, never the party itself; symmetric.

    Of the rows `changed` (ascending) they are those of `replaced`, and of all others those of `adjacency`.
    """

    adjacency: Adjacency
    n: int
    changed: I64 = field(default_factory=lambda: np.empty(0, np.int64))
    replaced: Adjacency = field(default_factory=lambda: Adjacency(np.zeros(1, np.int64), np.empty(0, np.int32)))

    def degree(self, rows: I64) -> F64:
        """Number of neighbours of some parties, F64[k]."""
        low, high, _ = self._bounds(rows)
        return (high - low).astype(np.float64)

    def of(self, rows: I64) -> NeighbourBlock:
        """The block of these destinations."""
        indptr, parties = self.lists(rows)
        middle, indices = np.unique(parties, return_inverse=True)
        return NeighbourBlock(rows, middle.astype(np.int64), indptr, indices.astype(np.int32))

    def lists(self, rows: I64) -> tuple[I64, I32]:
        """The neighbours of some parties one after the other: indptr I64[k + 1], parties I32[m]."""
        low, high, is_changed = self._bounds(rows)
        destination, position = ranges(low, high)
        if not is_changed.any():
            return indptr_of(high - low), np.asarray(self.adjacency.indices[position])
        parties = np.empty(len(position), np.int32)
        patched = is_changed[destination]
        parties[~patched] = self.adjacency.indices[position[~patched]]
        parties[patched] = self.replaced.indices[position[patched]]
        return indptr_of(high - low), parties

    def with_rows(self, rows: I64, lists: Adjacency, n: int | None = None) -> Neighbourhood:
        """The neighbourhood in which these rows (ascending) have the neighbours of `lists`, among n parties."""
        kept = np.flatnonzero(~np.isin(self.changed, rows))
        changed = np.concatenate([self.changed[kept], rows])
        order = np.argsort(changed)
        both = np.concatenate([self.replaced.indices, lists.indices]).astype(np.int32)
        start = len(self.replaced.indices)
        low = np.concatenate([self.replaced.indptr[kept], start + lists.indptr[:-1]])[order]
        high = np.concatenate([self.replaced.indptr[kept + 1], start + lists.indptr[1:]])[order]
        replaced = Adjacency(indptr_of(high - low), both[ranges(low, high)[1]])
        return Neighbourhood(self.adjacency, self.n if n is None else n, changed[order], replaced)

    def _bounds(self, rows: I64) -> tuple[I64, I64, npt.NDArray[np.bool_]]:
        """Where the neighbours of rows begin and end, and whether in `replaced`."""
        indptr = self.adjacency.indptr
        within = np.minimum(rows, len(indptr) - 2)
        low, high = indptr[:-1][within], indptr[1:][within]
        if not len(self.changed):
            return low, high, np.zeros(len(rows), np.bool_)
        at = np.searchsorted(self.changed, rows).clip(max=len(self.changed) - 1)
        is_changed = self.changed[at] == rows
        low[is_changed], high[is_changed] = (
            self.replaced.indptr[at[is_changed]],
            self.replaced.indptr[at[is_changed] + 1],
        )
        return low, high, is_changed


def neighbourhood(snapshot: Snapshot, category: str) -> Neighbourhood:
    """The distinct neighbours of every party in a category."""
    n = snapshot.n_parties
    links = [snapshot.links(kind) for kind in snapshot.kinds_of({category})]
    sides = [(one.out_indptr, one.out_target) for one in links] + [(one.in_indptr, one.in_source) for one in links]
    start = np.zeros(n + 1, np.int64)
    for indptr, _ in sides:
        start += np.asarray(indptr)
    parties, filled = np.empty(int(start[-1]), np.int32), start[:-1].copy()
    for indptr, far in sides:
        _append(np.asarray(indptr), np.asarray(far), filled, parties)
    length = _distinct_others(start, parties)
    indptr = indptr_of(length)
    indices = np.empty(int(indptr[-1]), np.int32)
    _close_up(start, length, parties, indptr, indices)
    return Neighbourhood(Adjacency(indptr, indices), n)


def neighbours_of(snapshot: Snapshot, category: str, rows: I64) -> Adjacency:
    """The distinct neighbours of some parties in a category, ascending; never the party itself."""
    found = [np.empty(0, np.int64)]
    for kind in snapshot.kinds_of({category}):
        links = snapshot.links(kind)
        for side in (links.leaving(rows), links.reaching(rows)):
            others = side.where(side.party != rows[side.position])
            found.append((others.position << 32) | others.party)
    distinct = np.unique(np.concatenate(found))
    length = np.bincount(distinct >> 32, minlength=len(rows))
    return Adjacency(indptr_of(length), (distinct & 0xFFFFFFFF).astype(np.int32))


@numba.njit(cache=True, nogil=True)
def _append(indptr: Any, far: Any, filled: Any, parties: Any) -> None:
    """Write the links of each row behind what `filled` says is there already."""
    for i in range(len(filled)):
        for e in range(indptr[i], indptr[i + 1]):
            parties[filled[i]] = far[e]
            filled[i] += 1


@numba.njit(cache=True, nogil=True)
def _distinct_others(start: Any, parties: Any) -> Any:
    """Sort each row, with each party once and never the row itself, to its front; returns the lengths."""
    n = len(start) - 1
    length = np.zeros(n, np.int64)
    for i in range(n):
        row = parties[start[i] : start[i + 1]]
        row.sort()
        last = -1
        for party in row:
            if party != last and party != i:
                row[length[i]] = party
                length[i] += 1
            last = party
    return length


@numba.njit(cache=True, nogil=True)
def _close_up(start: Any, length: Any, parties: Any, indptr: Any, indices: Any) -> None:
    """Bring the fronts of all rows together."""
    for i in range(len(length)):
        for e in range(length[i]):
            indices[indptr[i] + e] = parties[start[i] + e]
