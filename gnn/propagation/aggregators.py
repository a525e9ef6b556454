"""Statistics over the sources of a destination: means, deviations, quantiles, ranks.

The same functions serve a whole network and a few of its parties and give the same bits, since sums run over values on
the exact grid of `gnn.propagation.spmm`, or over integers, and quantiles over sorted values.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from gnn.arrays import F32, F64, GRID, STEP, on_grid
from gnn.propagation.neighbourhood import Neighbourhood
from gnn.propagation.order_statistics import fill_quantiles

QUANTILES: Final = (0.1, 0.5, 0.9)


def means(neighbours: Neighbourhood, x: F32) -> F64:
    """Mean over the sources whose value is known, F64[k, w]; NaN where none is. x: F32[s, w]."""
    return _ratio(*_sums(neighbours, x, np.ones((len(x), 1), np.float32)))


def inverse_degree_means(neighbours: Neighbourhood, x: F32, degree: F64) -> F64:
    """Mean over sources weighted by 1/degree, so that hubs count less, F64[k, w]. degree: F64[s]."""
    return _ratio(*_sums(neighbours, x, (1.0 / np.maximum(degree, 1.0)).astype(np.float32)[:, None]))


def _ratio(total: F64, weight: F64) -> F64:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(weight > 0, total / weight, np.nan)


def _sums(neighbours: Neighbourhood, x: F32, weight: F32) -> tuple[F64, F64]:
    """Sum over sources of weighted known values, and of the weights of the known, F64[k, w] each."""
    if not x.shape[1]:
        return np.empty((len(neighbours.degree), 0)), np.empty((len(neighbours.degree), 0))
    known = ~np.isnan(x)
    total = neighbours.sum(on_grid(np.where(known, x * weight, np.float32(0.0)).astype(np.float32)))
    if known.all():
        return total, np.broadcast_to(neighbours.sum(on_grid(weight)), total.shape)
    return total, neighbours.sum(on_grid((known * weight).astype(np.float32)))


def edge_weighted_means(neighbours: Neighbourhood, x: F32, weight: F64) -> F64:
    """Mean over sources weighted by link, weight F64[m] from 0: F64[k, w], NaN where no weight is above 0."""
    whole = np.rint(weight / STEP).astype(np.int64)
    total, counted = _edge_sums(neighbours.adjacency.indptr, neighbours.adjacency.indices, whole, x)
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


def means_excluding_self(outer: Neighbourhood, inner: Neighbourhood, self_values: F32, x: F32) -> F64:
    """Mean over middle parties of their mean without the destination, F64[k, w].

    outer and inner are of one category, so that each destination is among the sources of its middle parties. A middle
    party without another source is left out. self_values: F32[k, w] of the destinations, x: F32[s, w] of the sources of
    `inner`.
    """
    total, known = _sums(inner, x, np.ones((len(x), 1), np.float32))
    self_on_grid = on_grid(np.nan_to_num(self_values)).astype(np.float64)
    indptr, indices = outer.adjacency.indptr, outer.adjacency.indices
    known = np.ascontiguousarray(known)
    return np.asarray(_of_others(indptr, indices, total, known, self_on_grid, ~np.isnan(self_values)), np.float64)


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


def percentile_ranks(neighbours: Neighbourhood, self_values: F32, x: F32) -> F32:
    """Share of sources with a smaller value than the destination's, equal ones counted half: F32[k, w].

    NaN where the destination's value or those of all sources are unknown. self_values: F32[k, w], x: F32[s, w].
    """
    return np.asarray(
        _shares_below(neighbours.adjacency.indptr, neighbours.adjacency.indices, self_values, x), np.float32
    )


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


def quantiles(neighbours: Neighbourhood, x: F32) -> F32:
    """QUANTILES over the sources whose value is known, F32[k, w * quantiles]; NaN where none is. x: F32[s, w]."""
    columns, at = np.ascontiguousarray(x.T) + np.float32(0.0), np.array(QUANTILES)  # one zero, not two
    indptr, indices = neighbours.adjacency.indptr, neighbours.adjacency.indices
    if neighbours.plan is None:
        found = _quantiles_of_few(indptr, indices, columns, at)
    else:
        found = _quantiles_of_all(indptr, indices, columns, np.argsort(columns, axis=1), at)
    return np.asarray(found.reshape(len(neighbours.degree), -1), np.float32)


@numba.njit(cache=True, nogil=True)
def _quantiles_of_few(indptr: Any, indices: Any, columns: Any, at: Any) -> Any:
    k, w = len(indptr) - 1, len(columns)
    out = np.full((k, w, len(at)), np.nan, np.float32)
    for i in range(k):
        room = np.empty(indptr[i + 1] - indptr[i], np.float32)
        for c in range(w):
            m = 0
            for e in range(indptr[i], indptr[i + 1]):
                value = columns[c, indices[e]]
                if not np.isnan(value):
                    room[m] = value
                    m += 1
            if m == 0:
                continue
            fill_quantiles(np.sort(room[:m]), at, out[i, c])
    return out


@numba.njit(cache=True, nogil=True)
def _quantiles_of_all(indptr: Any, indices: Any, columns: Any, ascending: Any, at: Any) -> Any:
    """Values are sent in ascending order, so that no destination has to sort those of its sources."""
    n, w = len(indptr) - 1, len(columns)
    out = np.full((n, w, len(at)), np.nan, np.float32)
    below, between = np.empty((n, len(at)), np.int64), np.empty((n, len(at)), np.float32)
    for c in range(w):
        known, received = np.zeros(n, np.int64), np.zeros(n, np.int64)
        for j in range(n):
            if not np.isnan(columns[c, j]):
                for e in range(indptr[j], indptr[j + 1]):
                    known[indices[e]] += 1
        for i in range(n):
            for q in range(len(at)):
                position = at[q] * (known[i] - 1)
                below[i, q] = int(position)
                between[i, q] = np.float32(position - int(position))
        for j in ascending[c]:
            value = columns[c, j]
            if np.isnan(value):
                break
            for e in range(indptr[j], indptr[j + 1]):
                i = indices[e]
                for q in range(len(at)):
                    if received[i] == below[i, q]:
                        out[i, c, q] = value
                    elif received[i] == below[i, q] + 1:
                        out[i, c, q] += (value - out[i, c, q]) * between[i, q]
                received[i] += 1
    return out
