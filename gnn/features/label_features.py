"""What known outcomes around a party say of it; its own outcome never takes part.

A party hears of two hops the bad rate of each neighbour's neighbours. Its own outcome is among those, and is taken out
exactly where features are read (`of_others`). For training that is not enough: in a tight group the sums of everybody
but oneself tell one's own outcome, and trees learn to read it. There whole folds are hidden instead (`out_of_fold`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from gnn.arrays import F32, F64, GRID, I64, on_grid
from gnn.propagation.aggregators import QUANTILES, edge_weighted_means, inverse_degree_means
from gnn.propagation.two_hop import MessageFlow

FOLDS: Final = 10
SHRINK: Final = 4.0  # pseudo-outcomes at the base rate in a neighbourhood's bad rate
ONE_CATEGORY: Final = ("bad", "bad.rare", "bad.alike", "bad.two", *(f"bad.q{q}" for q in QUANTILES))
TWO_CATEGORIES: Final = ("bad.two",)


@dataclass(frozen=True, slots=True)
class LabelVector:
    """Outcomes that may be read: y float32[n], 1 bad, 0 not, NaN unknown."""

    y: F32

    @staticmethod
    def all(y: F32) -> LabelVector:
        return LabelVector(np.asarray(y, np.float32))

    @staticmethod
    def of(y: F32, rows: npt.NDArray[np.integer[Any]]) -> LabelVector:
        """Only the outcomes of these rows."""
        known = np.full(len(y), np.nan, np.float32)
        known[rows] = y[rows]
        return LabelVector(known)


def names(needs: frozenset[str]) -> tuple[str, ...]:
    """The label columns of a block."""
    return ONE_CATEGORY if len(needs) == 1 else TWO_CATEGORIES


def of_others(hops: MessageFlow, y: F32, base: float, mixed: bool) -> F32:
    """Label columns of each receiver from every known outcome but its own: float32[k, len(names)].

    mixed: the path is over two categories. base: the rate towards which thin neighbourhoods are shrunk.
    """
    columns = _over_two if mixed else _over_one
    return columns(hops, y, y[hops.rows], base)


def out_of_fold(told: Callable[[MessageFlow, F32], F32], hops: MessageFlow, y: F32, fold: I64) -> F32:
    """What is `told` of outcomes, for training: a party with an outcome hears those of other folds only.

    fold: int64[n].
    """
    out = told(hops, y)
    known = ~np.isnan(y)
    for k in range(FOLDS):
        mine = np.flatnonzero(known & (fold == k))
        if len(mine):
            out[mine] = told(hops.of(mine), np.where(fold == k, np.float32(np.nan), y))
    return out


def folds(own: F32, block: F32) -> I64:
    """A fold 0..FOLDS-1 for each party, from content alone: equal content, equal fold, whatever the id or the row."""
    content = np.ascontiguousarray(np.nan_to_num(np.concatenate([own, block], axis=1), nan=-99.0) + np.float32(0))
    bits = content.view(np.uint32).astype(np.uint64)
    factors = np.random.default_rng(0).integers(1, 2**63, content.shape[1], np.uint64) | np.uint64(1)
    mixed = (bits * factors).sum(axis=1, dtype=np.uint64)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    return np.asarray(mixed % np.uint64(FOLDS), np.int64)


def _over_two(hops: MessageFlow, y: F32, own: F32, base: float) -> F32:
    return np.asarray(_two_hops(hops, y, own, base)[0], np.float32)


def _over_one(hops: MessageFlow, y: F32, own: F32, base: float) -> F32:
    """y float32[n] are the outcomes heard, own float32[k] those of the receivers, which are taken out.

    How many are known is no column: it tells how outcomes were collected, and that somebody's default came to be known
    would count for less than that anything did.
    """
    heard = y[hops.middle]
    counts = hops.outer.sum(_counted(heard))
    rate = (counts[:, 1:] + SHRINK * base) / (counts[:, :1] + SHRINK)
    rare = inverse_degree_means(hops.outer, heard[:, None], hops.inner.degree)
    alike = edge_weighted_means(hops.outer, heard[:, None], hops.overlap.jaccard)
    two, spread = _two_hops(hops, y, own, base)
    columns = [rate, np.where(np.isnan(rare), base, rare), np.where(np.isnan(alike), base, alike), two, spread]
    return np.concatenate([np.asarray(column, np.float32) for column in columns], axis=1)


def _counted(y: F32) -> F32:
    """Known and bad outcomes as columns to be summed, float32[n, 2]."""
    known = ~np.isnan(y)
    return on_grid(np.stack([known, known & (y == 1)], axis=1).astype(np.float32))


def _two_hops(hops: MessageFlow, y: F32, own: F32, base: float) -> tuple[F64, F64]:
    """Mean float64[k, 1] and QUANTILES float64[k, q] of the bad rates around the middle parties."""
    outer, inner = hops.outer.adjacency, hops.inner.adjacency
    counts = hops.inner.sum(_counted(y[hops.sources]))
    found = _rates(
        outer.indptr, outer.indices, inner.indptr, inner.indices, counts, np.asarray(own, np.float64),
        hops.destination_in_sources, SHRINK, SHRINK * base, np.array(QUANTILES),
    )  # fmt: skip
    return found[:, :1], found[:, 1:]


@numba.njit(cache=True, nogil=True)
def _rates(
    indptr: Any, indices: Any, inner_indptr: Any, inner_indices: Any, counts: Any, own: Any, place: Any,
    prior: float, prior_bad: float, at: Any,
) -> Any:  # fmt: skip
    """The mean is a sum of integers, so that no order shows; a middle party that hears nobody says nothing."""
    k = len(indptr) - 1
    out = np.full((k, 1 + len(at)), np.nan)
    for i in range(k):
        room = np.empty(indptr[i + 1] - indptr[i])
        m, total = 0, np.int64(0)
        for e in range(indptr[i], indptr[i + 1]):
            j = indices[e]
            low, high = inner_indptr[j], inner_indptr[j + 1]
            if low == high:
                continue
            known, bad = counts[j, 0], counts[j, 1]
            if place[i] >= 0 and not np.isnan(own[i]):
                at_own = low + np.searchsorted(inner_indices[low:high], place[i])
                if at_own < high and inner_indices[at_own] == place[i]:
                    known -= 1
                    bad -= own[i]
            room[m] = (bad + prior_bad) / (known + prior)
            total += np.int64(np.rint(room[m] * GRID))
            m += 1
        if m == 0:
            continue
        out[i, 0] = total / GRID / m
        row = np.sort(room[:m])
        for q in range(len(at)):
            position = at[q] * (m - 1)
            below = int(position)
            out[i, 1 + q] = row[below]
            if below + 1 < m:
                out[i, 1 + q] += (row[below + 1] - row[below]) * (position - below)
    return out
