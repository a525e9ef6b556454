"""Breadth-first search over a snapshot's links, read as undirected, and the subgraph of k hops around a party.

A frontier is the set of rows that are equally many hops from the start, ascending.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from graph.cancellation import check_cancelled
from graph.errors import UnknownKind, UsageError
from graph.schema import RELATIONSHIP_KINDS, nearest_kinds
from graph.snapshots.links import KindInfo
from graph.snapshots.snapshot import Snapshot

Rows = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
AdjacencyLists = list[tuple[npt.NDArray[np.int64], Rows]]  # (indptr, indices) of each kind and direction


@dataclass(frozen=True, slots=True)
class KHopSubgraph:
    """Parties at most k hops from a start, sorted by (hops, row), so that the start is first.

    rows int32[m], hops int8[m]. `total` is their number before a limit.
    """

    rows: Rows
    hops: npt.NDArray[np.int8]
    total: int

    @property
    def complete(self) -> bool:
        """Whether the limit cut nothing off."""
        return len(self.rows) == self.total


def k_hop_subgraph(
    snapshot: Snapshot, row: int, hops: int = 2, limit: int = 300, kinds: Collection[str] | None = None
) -> KHopSubgraph:
    """The nearest `limit` parties at most `hops` links of these kinds (None: all) from `row`, itself included.

    Raises UsageError for a row outside the snapshot, hops below 0 or a limit below 1.
    Raises UnknownKind for a kind that is neither in the snapshot nor built in.
    """
    check_rows(snapshot, row)
    if hops < 0 or limit < 1:
        raise UsageError("a neighbourhood needs 0 hops or more and a limit of 1 or more")
    lists = adjacency_lists(snapshot, selected_kinds(snapshot, kinds))
    visited = np.zeros(snapshot.n_parties, bool)
    visited[row] = True
    frontiers = [np.array([row], np.int32)]
    while len(frontiers) <= hops and len(frontiers[-1]):
        frontiers.append(next_frontier(lists, frontiers[-1], visited))
    rows = np.concatenate(frontiers)
    distance = np.repeat(np.arange(len(frontiers)), [len(frontier) for frontier in frontiers]).astype(np.int8)
    return KHopSubgraph(rows[:limit], distance[:limit], len(rows))


def check_rows(snapshot: Snapshot, *rows: int) -> None:
    """Raises UsageError for a row outside 0..n-1."""
    for row in rows:
        if not 0 <= row < snapshot.n_parties:
            raise UsageError(f"row {row} is outside 0..{snapshot.n_parties - 1} of this snapshot")


def selected_kinds(snapshot: Snapshot, kinds: Collection[str] | None) -> list[KindInfo]:
    """Those of the kinds (None: all) that have links in the snapshot, in its order.

    Raises UnknownKind for a name that is neither a kind of the snapshot nor built in.
    """
    for kind in kinds or ():
        if kind not in snapshot.kinds and kind not in snapshot.held_kinds and kind not in RELATIONSHIP_KINDS:
            has = f"this snapshot has {', '.join(snapshot.kinds) or 'no links'}"
            raise UnknownKind.named(kind, "here", nearest_kinds(kind, snapshot.kinds), has)
    return [info for name, info in snapshot.kinds.items() if kinds is None or name in kinds]


def adjacency_lists(snapshot: Snapshot, kinds: list[KindInfo]) -> AdjacencyLists:
    """The links of these kinds by source and by target."""
    lists: AdjacencyLists = []
    for info in kinds:
        links = snapshot.links(info.name)
        lists += [(links.out_indptr, links.out_target), (links.in_indptr, links.in_source)]
    return lists


def next_frontier(lists: AdjacencyLists, frontier: Rows, visited: Flags) -> Rows:
    """The neighbours of a frontier that are not visited yet; marks them as visited (bool[n], changed in place)."""
    check_cancelled()
    reached = np.empty(len(visited), np.int32)
    count = 0
    for indptr, indices in lists:
        count = _visit(indptr, indices, frontier, visited, reached, count)
    return np.sort(reached[:count])


@numba.njit(cache=True, nogil=True)
def _visit(indptr: Any, indices: Any, frontier: Any, visited: Any, reached: Any, count: int) -> int:
    """Appends the unvisited neighbours to `reached`, which holds `count`, and marks them; returns the new count."""
    for row in frontier:
        for place in range(indptr[row], indptr[row + 1]):
            other = indices[place]
            if not visited[other]:
                visited[other] = True
                reached[count] = other
                count += 1
    return count


def adjacent_among(lists: AdjacencyLists, rows: Rows, candidates: Rows, n: int) -> Rows:
    """Those of the candidates that are one hop from any of the rows, ascending; n is the number of parties."""
    visited = np.ones(n, bool)
    visited[candidates] = False
    return next_frontier(lists, rows, visited)
