"""How far the neighbours of two linked parties are the same: common neighbours, Jaccard, resource allocation."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from gnn.arrays import F32, F64, GRID, I64, STEP, Bools
from gnn.propagation.neighbourhood import NeighbourBlock, Neighbourhood

FAR_LONGER: Final = 8  # times as long: from there it is cheaper to look each party up than to walk the longer list
_MARKS: Final = threading.local()


@dataclass(frozen=True, slots=True)
class Overlap:
    """Of each link (i, j): neighbours in common, their share of all neighbours of either (Jaccard), and the sum of
    1/degree over them (resource allocation, Zhou et al. 2009, eq. 5); F64[m] each."""

    common: F64
    jaccard: F64
    resource_allocation: F64

    def of(self, links: I64) -> Overlap:
        """Those of some links."""
        return Overlap(self.common[links], self.jaccard[links], self.resource_allocation[links])


def overlap(block: NeighbourBlock, network: Neighbourhood, wanted: Bools | None = None) -> Overlap:
    """The overlap of both ends of each link of a block of the network; of links that are not wanted (Bools[m]) zero."""
    wanted = np.ones(len(block.indices), np.bool_) if wanted is None else wanted
    common, allocation, degree = _overlaps(
        block.indptr, block.indices, block.middle,
        network.adjacency.indptr, network.adjacency.indices,
        network.changed, network.replaced.indptr, network.replaced.indices,
        _marks(network.n), GRID, FAR_LONGER, wanted,
    )  # fmt: skip
    both = np.repeat(block.degree, np.diff(block.indptr)) + degree[block.indices]
    return Overlap(common.astype(np.float64), common / np.maximum(both - common, 1.0), allocation * STEP)


def triadic_closure(overlap: Overlap, block: NeighbourBlock) -> F32:
    """Clustering coefficient, mean Jaccard similarity and mean resource allocation index of each row, F32[k, 3].

    NaN where a party has no neighbour; the clustering coefficient of fewer than two is 0.
    """
    degree = block.degree
    rows = np.repeat(np.arange(len(degree)), np.diff(block.indptr))
    columns = []
    for values, most in ((overlap.common, degree - 1), (overlap.jaccard, 1.0), (overlap.resource_allocation, 1.0)):
        total = np.bincount(rows, np.rint(values / STEP), len(degree)) * STEP
        with np.errstate(invalid="ignore", divide="ignore"):
            columns.append(np.where(degree > 0, total / (degree * np.maximum(most, 1.0)), np.nan))
    return np.stack(columns, axis=1).astype(np.float32)


def _marks(n: int) -> npt.NDArray[np.bool_]:
    """A mark for each party, all unset, that this thread uses again and again."""
    marks = getattr(_MARKS, "of_parties", None)
    if marks is None or len(marks) < n:
        marks = _MARKS.of_parties = np.zeros(n, np.bool_)
    return marks


@numba.njit(cache=True, nogil=True)
def _place(party: Any, indptr: Any, changed: Any, replaced_indptr: Any) -> Any:
    """(is changed, begin, end) of the neighbours of a party."""
    if len(changed):
        at = np.searchsorted(changed, party)
        if at < len(changed) and changed[at] == party:
            return True, replaced_indptr[at], replaced_indptr[at + 1]
    return False, indptr[party], indptr[party + 1]


@numba.njit(cache=True, nogil=True)
def _overlaps(
    indptr: Any, indices: Any, middle: Any, all_indptr: Any, all_indices: Any, changed: Any, replaced_indptr: Any,
    replaced_indices: Any, marks: Any, grid: float, far_longer: int, wanted: Any,
) -> Any:  # fmt: skip
    """Common neighbours and resource allocation of each link, and the degree of each middle party.

    The shorter of two lists is walked; sums are of integers, so no order shows.
    """
    s = len(middle)
    moved, low, high = np.zeros(s, np.bool_), np.zeros(s, np.int64), np.zeros(s, np.int64)
    value = np.zeros(s, np.int64)
    for j in range(s):
        moved[j], low[j], high[j] = _place(middle[j], all_indptr, changed, replaced_indptr)
        value[j] = np.int64(np.rint(1.0 / max(high[j] - low[j], 1) * grid))
    common, allocation = np.zeros(len(indices), np.int64), np.zeros(len(indices), np.int64)
    for i in range(len(indptr) - 1):
        begin, end = indptr[i], indptr[i + 1]
        for e in range(begin, end):
            marks[middle[indices[e]]] = True
        for e in range(begin, end):
            if not wanted[e]:
                continue
            j = indices[e]
            lists = replaced_indices if moved[j] else all_indices
            if high[j] - low[j] <= far_longer * (end - begin):
                for f in range(low[j], high[j]):
                    if marks[lists[f]]:
                        common[e] += 1
                        _, first, last = _place(lists[f], all_indptr, changed, replaced_indptr)
                        allocation[e] += np.int64(np.rint(1.0 / max(last - first, 1) * grid))
            else:
                row = lists[low[j] : high[j]]
                for f in range(begin, end):
                    other = middle[indices[f]]
                    at = np.searchsorted(row, other)
                    if at < len(row) and row[at] == other:
                        common[e] += 1
                        allocation[e] += value[indices[f]]
        for e in range(begin, end):
            marks[middle[indices[e]]] = False
    return common, allocation, (high - low).astype(np.float64)
