"""Statistics over the neighbours of the destinations of a block: means, quantiles, ranks.

Each is a pure function of the block and of the values of its middle parties. The same functions serve a network in
blocks and a few of its parties and give the same bits, since sums run over values on the exact grid of
`gnn.propagation.spmm`, or over integers, and quantiles over sorted values.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from gnn.arrays import BOUND, F32, F64, GRID, I32, STEP, on_grid
from gnn.propagation.neighbourhood import NeighbourBlock, Neighbourhood
from gnn.propagation.order_statistics import fill_quantiles
from gnn.propagation.spmm import prepare, spmm

QUANTILES: Final = (0.1, 0.5, 0.9)


def means(block: NeighbourBlock, x: F32) -> F64:
    """Mean over the middle parties whose value is known, F64[k, w]; NaN where none is. x: F32[s, w]."""
    total, known = _known_sums(block.indptr, block.indices, x)
    return _ratio(total * STEP, known)


def inverse_degree_means(block: NeighbourBlock, x: F32, degree: F64) -> F64:
    """Mean over middle parties weighted by 1/degree, so that hubs count less, F64[k, w]. degree: F64[s]."""
    weight = (1.0 / np.maximum(degree, 1.0)).astype(np.float32)[:, None]
    weighted = np.concatenate([x * weight, np.where(np.isnan(x), np.float32(np.nan), weight)], axis=1)
    total, _ = _known_sums(block.indptr, block.indices, weighted.astype(np.float32))
    w = x.shape[1]
    return _ratio(total[:, :w], total[:, w:])


def _ratio(total: F64, weight: F64) -> F64:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(weight > 0, total / weight, np.nan)


def sums_of_known(neighbourhood: Neighbourhood, x: F32) -> tuple[F64, I32]:
    """Of every party of an unchanged network the sums over its neighbours of known values, on the grid, and how many
    are known: F64[n, w] and I32[n, w]. x: F32[n, w]."""
    n, w = neighbourhood.n, x.shape[1]
    known = ~np.isnan(x)
    if not w:
        return np.empty((n, 0)), np.empty((n, 0), np.int32)
    plan = prepare(neighbourhood.adjacency)
    total = spmm(plan, on_grid(np.where(known, x, np.float32(0.0))))
    counted = np.empty((n, w), np.int32)
    counted[:] = np.diff(neighbourhood.adjacency.indptr)[:, None]
    some = np.flatnonzero(~known.all(axis=0))
    if len(some):
        counted[:, some] = spmm(plan, known[:, some].astype(np.float32))
    return total, counted


def sums_of_known_in(block: NeighbourBlock, x: F32) -> tuple[F64, I32]:
    """`sums_of_known` of the destinations of a block, to the bit: F64[k, w] and I32[k, w]. x: F32[s, w]."""
    total, known = _known_sums(block.indptr, block.indices, x)
    return total * STEP, known.astype(np.int32)


@numba.njit(cache=True, nogil=True)
def _known_sums(indptr: Any, indices: Any, x: Any) -> Any:
    """Sums in steps of the grid, and the number, of the known values of each destination: float64[k, w] each."""
    k, w = len(indptr) - 1, x.shape[1]
    total, known = np.zeros((k, w)), np.zeros((k, w))
    for i in range(k):
        for e in range(indptr[i], indptr[i + 1]):
            j = indices[e]
            for c in range(w):
                value = x[j, c]
                if not np.isnan(value):
                    total[i, c] += np.rint(min(max(np.float64(value), -BOUND), BOUND) * GRID)
                    known[i, c] += 1.0
    return total, known


def edge_weighted_means(block: NeighbourBlock, x: F32, weight: F64) -> F64:
    """Mean over middle parties weighted by link, weight F64[m] from 0: F64[k, w], NaN where no weight is above 0."""
    whole = np.rint(weight / STEP).astype(np.int64)
    total, counted = _edge_sums(block.indptr, block.indices, whole, x)
    return _ratio(total.astype(np.float64), counted.astype(np.float64))


@numba.njit(cache=True, nogil=True)
def _edge_sums(indptr: Any, indices: Any, weight: Any, x: Any) -> Any:
    """Sums of integers, so that no order shows: each product is rounded to the grid by itself."""
    k, w = len(indptr) - 1, x.shape[1]
    total, counted = np.zeros((k, w), np.int64), np.zeros((k, w), np.int64)
    for i in range(k):
        for e in range(indptr[i], indptr[i + 1]):
            j, heavy = indices[e], weight[e]
            if heavy:
                for c in range(w):
                    value = x[j, c]
                    if not np.isnan(value):
                        total[i, c] += np.int64(np.rint(heavy * np.float64(value)))
                        counted[i, c] += heavy
    return total, counted


def means_excluding_self(block: NeighbourBlock, total: F64, known: I32, self_values: F32) -> F64:
    """Mean over middle parties of their mean without the destination, F64[k, w].

    Each destination is a neighbour of its middle parties. total F64[s, w] and known I32[s, w] are the `sums_of_known`
    of the middle parties, the destination's F32[k, w] among them. A middle party without another neighbour is left out.
    """
    self_on_grid = on_grid(np.nan_to_num(self_values)).astype(np.float64)
    return np.asarray(
        _of_others(block.indptr, block.indices, total, known, self_on_grid, ~np.isnan(self_values)), np.float64
    )


@numba.njit(cache=True, nogil=True)
def _of_others(indptr: Any, indices: Any, total: Any, known: Any, self_values: Any, self_known: Any) -> Any:
    """The mean is a sum of integers, so that no order shows: each value is rounded to the grid by itself."""
    k, w = self_values.shape
    mean = np.full((k, w), np.nan)
    for i in range(k):
        for c in range(w):
            m, sum_ = 0, np.int64(0)
            for e in range(indptr[i], indptr[i + 1]):
                j = indices[e]
                others, rest = known[j, c], total[j, c]
                if self_known[i, c]:
                    others -= 1
                    rest -= self_values[i, c]
                if others > 0:
                    sum_ += np.int64(np.rint(rest / others * GRID))
                    m += 1
            if m:
                mean[i, c] = sum_ / GRID / m
    return mean


def percentile_ranks(block: NeighbourBlock, self_values: F32, x: F32) -> F32:
    """Share of middle parties with a smaller value than the destination's, equal ones counted half: F32[k, w].

    NaN where the destination's value or those of all middle parties are unknown. self_values: F32[k, w], x: F32[s, w].
    """
    return np.asarray(_shares_below(block.indptr, block.indices, self_values, x), np.float32)


@numba.njit(cache=True, nogil=True)
def _shares_below(indptr: Any, indices: Any, self_values: Any, x: Any) -> Any:
    k, w = self_values.shape
    out = np.full((k, w), np.nan, np.float32)
    below, known = np.zeros(w, np.int64), np.zeros(w, np.int64)
    for i in range(k):
        below[:] = 0
        known[:] = 0
        for e in range(indptr[i], indptr[i + 1]):
            j = indices[e]
            for c in range(w):
                value = x[j, c]
                if not np.isnan(value):
                    known[c] += 1
                    below[c] += 2 * (value < self_values[i, c]) + (value == self_values[i, c])
        for c in range(w):
            if known[c] and not np.isnan(self_values[i, c]):
                out[i, c] = below[c] / (2 * known[c])
    return out


def quantiles(block: NeighbourBlock, x: F32) -> F32:
    """QUANTILES over the middle parties whose value is known, F32[k, w * quantiles]; NaN where none is.

    x: F32[s, w].
    """
    columns = np.ascontiguousarray(x.T) + np.float32(0.0)  # one zero, not two
    found = _quantiles(block.indptr, block.indices, columns, np.array(QUANTILES))
    return np.asarray(found.reshape(len(block.rows), -1), np.float32)


@numba.njit(cache=True, nogil=True)
def _quantiles(indptr: Any, indices: Any, columns: Any, at: Any) -> Any:
    k, w = len(indptr) - 1, len(columns)
    out = np.full((k, w, len(at)), np.nan, np.float32)
    longest = 0
    for i in range(k):
        longest = max(longest, indptr[i + 1] - indptr[i])
    room = np.empty(longest, np.float32)
    for i in range(k):
        for c in range(w):
            m = 0
            for e in range(indptr[i], indptr[i + 1]):
                value = columns[c, indices[e]]
                if not np.isnan(value):
                    room[m] = value
                    m += 1
            if m:
                known = room[:m]
                known.sort()
                fill_quantiles(known, at, out[i, c])
    return out
