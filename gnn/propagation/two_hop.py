"""The flow of messages of a block of features: two hops, in one category or over two.

Destinations read `middle` parties along `outer`, which read `sources` along `inner`. For a whole network all three are
every party; for a few destinations they are the parties within reach, so that a few rows cost only their surroundings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from gnn.arrays import F64, I64, STEP, RowIndex
from gnn.propagation.neighbourhood import Neighbourhood
from graph.csr import ranges


@dataclass(frozen=True)
class MessageFlow:
    """Two bipartite graphs, one after the other, over n parties.

    destinations, middle, sources: which parties are the rows of `outer`, the rows of `inner`, and the columns of
    `inner`.
    """

    outer: Neighbourhood
    inner: Neighbourhood
    destinations: RowIndex
    middle: RowIndex
    sources: RowIndex
    n: int

    @staticmethod
    def everywhere(first: Neighbourhood, second: Neighbourhood) -> MessageFlow:
        """The flow over a whole network."""
        every = slice(None)
        return MessageFlow(first, second, every, every, every, len(first.degree))

    @staticmethod
    def around(first: Neighbourhood, second: Neighbourhood, rows: I64) -> MessageFlow:
        """The flow to these destinations alone."""
        outer, middle = first.of(rows).compact()
        inner, sources = second.of(middle).compact()
        return MessageFlow(outer, inner, rows, middle, sources, len(first.degree))

    def of(self, positions: I64) -> MessageFlow:
        """The flow to some of the destinations, by position; an overlap that is known is kept."""
        some = replace(
            self, outer=self.outer.of(positions), destinations=np.arange(self.n)[self.destinations][positions]
        )
        if "overlap" in self.__dict__:
            indptr = self.outer.adjacency.indptr
            _, links = ranges(indptr[:-1][positions], indptr[1:][positions])
            some.__dict__["overlap"] = self.overlap.of(links)
        return some

    @property
    def destination_in_sources(self) -> I64:
        """Position of each destination among `sources`, -1 where it is none: I64[k]."""
        return self._place(self.destinations)

    def _place(self, parties: RowIndex) -> I64:
        place = np.full(self.n, -1, np.int64)
        place[self.sources] = np.arange(len(place[self.sources]))
        found: I64 = place[parties]
        return found

    @cached_property
    def overlap(self) -> Overlap:
        """The overlap of the neighbours of both ends of each outer link; outer and inner are of one category."""
        outer, inner = self.outer.adjacency, self.inner.adjacency
        inverse_degree = np.rint(1.0 / np.maximum(self.inner.degree, 1.0) / STEP).astype(np.int64)
        if self.outer.plan is not None:
            common, allocation = _overlap_of_all(outer.indptr, outer.indices, inverse_degree)
        else:
            place, size = self._place(self.middle), len(np.arange(self.n)[self.sources])
            common, allocation = _overlap_of_few(
                outer.indptr, outer.indices, inner.indptr, inner.indices, place, size, inverse_degree
            )
        both = np.repeat(self.outer.degree, np.diff(outer.indptr)) + self.inner.degree[outer.indices]
        return Overlap(common.astype(np.float64), common / np.maximum(both - common, 1.0), allocation * STEP)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Of each link (i, j): neighbours in common, their share of all neighbours of either (Jaccard), and the sum of
    1/degree over them (resource allocation, Zhou et al. 2009, eq. 5); float64[m] each."""

    common: F64
    jaccard: F64
    resource_allocation: F64

    def of(self, links: I64) -> Overlap:
        return Overlap(self.common[links], self.jaccard[links], self.resource_allocation[links])


def triadic_closure(overlap: Overlap, outer: Neighbourhood) -> npt.NDArray[np.float32]:
    """Clustering coefficient, mean Jaccard similarity and mean resource allocation index of each row, F32[k, 3].

    NaN where a party has no neighbour; the clustering coefficient of fewer than two is 0.
    """
    indptr, degree = outer.adjacency.indptr, outer.degree
    rows = np.repeat(np.arange(len(degree)), np.diff(indptr))
    columns = []
    for values, most in ((overlap.common, degree - 1), (overlap.jaccard, 1.0), (overlap.resource_allocation, 1.0)):
        total = np.bincount(rows, np.rint(values / STEP), len(degree)) * STEP
        with np.errstate(invalid="ignore", divide="ignore"):
            columns.append(np.where(degree > 0, total / (degree * np.maximum(most, 1.0)), np.nan))
    return np.stack(columns, axis=1).astype(np.float32)


@numba.njit(cache=True, nogil=True)
def _overlap_of_all(indptr: Any, indices: Any, inverse_degree: Any) -> Any:
    """Common neighbours of each link of a symmetric network; of its two ends the one with fewer links is walked."""
    n, m = len(indptr) - 1, len(indices)
    common, allocation = np.zeros(m, np.int64), np.zeros(m, np.int64)
    mark = np.full(n, -1, np.int64)
    for i in range(n):
        for e in range(indptr[i], indptr[i + 1]):
            mark[indices[e]] = i
        size = indptr[i + 1] - indptr[i]
        for e in range(indptr[i], indptr[i + 1]):
            j = indices[e]
            other = indptr[j + 1] - indptr[j]
            if other > size or (other == size and j > i):
                continue
            back = indptr[j] + np.searchsorted(indices[indptr[j] : indptr[j + 1]], i)
            for f in range(indptr[j], indptr[j + 1]):
                if mark[indices[f]] == i:
                    common[e] += 1
                    allocation[e] += inverse_degree[indices[f]]
            common[back] = common[e]
            allocation[back] = allocation[e]
    return common, allocation


@numba.njit(cache=True, nogil=True)
def _overlap_of_few(
    indptr: Any, indices: Any, inner_indptr: Any, inner_indices: Any, place: Any, size: int, inverse_degree: Any
) -> Any:
    """Common neighbours of each link of a few destinations.

    place: where each middle party is among the `size` sources, -1 where it is none.
    """
    common, allocation = np.zeros(len(indices), np.int64), np.zeros(len(indices), np.int64)
    mark, value = np.full(size, -1, np.int64), np.zeros(size, np.int64)
    for i in range(len(indptr) - 1):
        for e in range(indptr[i], indptr[i + 1]):
            at = place[indices[e]]
            if at >= 0:
                mark[at] = i
                value[at] = inverse_degree[indices[e]]
        for e in range(indptr[i], indptr[i + 1]):
            j = indices[e]
            for f in range(inner_indptr[j], inner_indptr[j + 1]):
                if mark[inner_indices[f]] == i:
                    common[e] += 1
                    allocation[e] += value[inner_indices[f]]
    return common, allocation


def message_flow(adjacency: Mapping[str, Neighbourhood], path: str, rows: I64 | None = None) -> MessageFlow:
    """The flow of a block: `category`, out and back in the same one, or `first>second`; to `rows`, None for all."""
    names = path.split(">")
    first, second = adjacency[names[0]], adjacency[names[-1]]
    return MessageFlow.everywhere(first, second) if rows is None else MessageFlow.around(first, second, rows)
