"""What destinations can read along a path: neighbours in its first category, and those of these in its second."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numba
import numpy as np

from gnn.arrays import F64, I64, Bools
from gnn.propagation.neighbourhood import NeighbourBlock, Neighbourhood
from gnn.propagation.overlap import Overlap, overlap


@dataclass(frozen=True)
class Surroundings:
    """A block of destinations in the category `first`, whose middle parties read others in the category `second`.

    For a path out and back in one category the two are the same.
    """

    block: NeighbourBlock
    first: Neighbourhood
    second: Neighbourhood

    @staticmethod
    def around(first: Neighbourhood, second: Neighbourhood, rows: I64) -> Surroundings:
        """The surroundings of these destinations."""
        return Surroundings(first.of(rows), first, second)

    def of(self, positions: I64) -> Surroundings:
        """Those of some of the destinations; what is known of their links is kept."""
        some = Surroundings(self.block.of(positions), self.first, self.second)
        if "overlap" in self.__dict__:
            some.__dict__["overlap"] = self.overlap.of(self.block.links_of(positions))
        return some

    @cached_property
    def overlap(self) -> Overlap:
        """The overlap of both ends of each link, where the path is of one category."""
        return overlap(self.block, self.first)

    def with_overlap(self) -> Surroundings:
        """The same, with the overlap of all links found now and kept for parts of it."""
        found = Surroundings(self.block, self.first, self.second)
        found.__dict__["overlap"] = self.overlap
        return found

    def jaccard_of(self, wanted: Bools) -> F64:
        """The Jaccard similarity of both ends of the links that are wanted, Bools[m]; that of others may be zero."""
        found = self.overlap if "overlap" in self.__dict__ else overlap(self.block, self.first, wanted)
        return found.jaccard

    @cached_property
    def middle_degree(self) -> F64:
        """Number of neighbours of each middle party in the second category, F64[s]."""
        return self.second.degree(self.block.middle)

    @cached_property
    def leads_back(self) -> Bools:
        """Whether the destination of each link is a neighbour of its middle party in the second category, Bools[m]."""
        if self.first is self.second:
            return np.ones(len(self.block.indices), np.bool_)
        indptr, parties = self.second.lists(self.block.middle)
        return np.asarray(_holds(self.block.rows, self.block.indptr, self.block.indices, indptr, parties), np.bool_)


@numba.njit(cache=True, nogil=True)
def _holds(rows: Any, indptr: Any, indices: Any, list_indptr: Any, lists: Any) -> Any:
    """Whether the ascending list of each link's middle party holds the link's destination."""
    found = np.zeros(len(indices), np.bool_)
    for i in range(len(rows)):
        for e in range(indptr[i], indptr[i + 1]):
            row = lists[list_indptr[indices[e]] : list_indptr[indices[e] + 1]]
            at = np.searchsorted(row, rows[i])
            found[e] = at < len(row) and row[at] == rows[i]
    return found
