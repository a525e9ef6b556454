"""Features of the known outcomes around a party, from which its own outcome is left out.

Over two hops a party reads the bad rate among each neighbour's neighbours. Its own outcome is among those, and is
subtracted exactly (`of_others`). For training that is not enough: in a dense group the sums of all others reveal a
party's own outcome, and trees learn to decode it. There whole folds are hidden instead (`out_of_fold`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from gnn.arrays import F32, F64, GRID, I64, on_grid, row_hashes
from gnn.propagation.aggregators import QUANTILES, edge_weighted_means, inverse_degree_means
from gnn.propagation.order_statistics import fill_quantiles
from gnn.propagation.two_hop import MessageFlow

FOLDS: Final = 10
SHRINK: Final = 4.0  # pseudo-outcomes at the base rate in a neighbourhood's bad rate
TWO_CATEGORIES: Final = (("bad_rate_two_hop_mean", "bad_rate.two_hop_mean"),)  # (family, name) of each column
ONE_CATEGORY: Final = (
    ("bad_rate", "bad_rate"),
    ("bad_rate_inv_degree_mean", "bad_rate.inv_degree_mean"),
    ("bad_rate_jaccard_mean", "bad_rate.jaccard_mean"),
    *TWO_CATEGORIES,
    *(("bad_rate_two_hop_quantile", f"bad_rate.two_hop_q{q}") for q in QUANTILES),
)


@dataclass(frozen=True, slots=True)
class LabelVector:
    """Outcomes that may be read: y float32[n], 1 bad, 0 not, NaN unknown."""

    y: F32

    @staticmethod
    def all(y: F32) -> LabelVector:
        """Every outcome of y F32[n]."""
        return LabelVector(np.asarray(y, np.float32))

    @staticmethod
    def of(y: F32, rows: npt.NDArray[np.integer[Any]]) -> LabelVector:
        """The outcomes of these rows alone."""
        known = np.full(len(y), np.nan, np.float32)
        known[rows] = y[rows]
        return LabelVector(known)


def columns(needs: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """(family, name) of the label columns of a block."""
    return ONE_CATEGORY if len(needs) == 1 else TWO_CATEGORIES


def of_others(flow: MessageFlow, y: F32, base: float, mixed: bool) -> F32:
    """Label columns of each destination from every known outcome but its own: F32[k, columns].

    mixed: the path is over two categories. base: the rate towards which thin neighbourhoods are shrunk.
    """
    compute = _over_two if mixed else _over_one
    return compute(flow, y, y[flow.destinations], base)


def out_of_fold(compute: Callable[[MessageFlow, F32], F32], flow: MessageFlow, y: F32, fold: I64) -> F32:
    """Label columns for training: `compute` of the outcomes of other folds only, for a party with an outcome.

    fold: I64[n].
    """
    out = compute(flow, y)
    known = ~np.isnan(y)
    for k in range(FOLDS):
        mine = np.flatnonzero(known & (fold == k))
        if len(mine):
            out[mine] = compute(flow.of(mine), np.where(fold == k, np.float32(np.nan), y))
    return out


def folds(self_values: F32, block: F32) -> I64:
    """A fold 0..FOLDS-1 for each party, from content alone: equal content, equal fold, whatever the id or the row."""
    mixed = row_hashes(np.concatenate([self_values, block], axis=1))
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    return np.asarray(mixed % np.uint64(FOLDS), np.int64)


def _over_two(flow: MessageFlow, y: F32, own: F32, base: float) -> F32:
    return np.asarray(_two_hops(flow, y, own, base)[0], np.float32)


def _over_one(flow: MessageFlow, y: F32, own: F32, base: float) -> F32:
    """Columns over one category. y F32[n] are the outcomes of sources, own F32[k] those of destinations, left out.

    How many are known is no column: it tells how outcomes were collected, and that somebody's default came to be known
    would count for less than that anything did.
    """
    source_labels = y[flow.middle]
    counts = flow.outer.sum(_counted(source_labels))
    rate = (counts[:, 1:] + SHRINK * base) / (counts[:, :1] + SHRINK)
    inverse_degree = inverse_degree_means(flow.outer, source_labels[:, None], flow.inner.degree)
    jaccard = edge_weighted_means(flow.outer, source_labels[:, None], flow.overlap.jaccard)
    two_hop, spread = _two_hops(flow, y, own, base)
    weighted = [np.where(np.isnan(mean), base, mean) for mean in (inverse_degree, jaccard)]
    return np.concatenate([np.asarray(part, np.float32) for part in (rate, *weighted, two_hop, spread)], axis=1)


def _counted(y: F32) -> F32:
    """Known and bad outcomes as columns to be summed, float32[n, 2]."""
    known = ~np.isnan(y)
    return on_grid(np.stack([known, known & (y == 1)], axis=1).astype(np.float32))


def _two_hops(flow: MessageFlow, y: F32, own: F32, base: float) -> tuple[F64, F64]:
    """Mean F64[k, 1] and QUANTILES F64[k, q] over the middle parties of the bad rate among their neighbours."""
    outer, inner = flow.outer.adjacency, flow.inner.adjacency
    counts = flow.inner.sum(_counted(y[flow.sources]))
    found = _rates(
        outer.indptr, outer.indices, inner.indptr, inner.indices, counts, np.asarray(own, np.float64),
        flow.destination_in_sources, SHRINK, SHRINK * base, np.array(QUANTILES),
    )  # fmt: skip
    return found[:, :1], found[:, 1:]


@numba.njit(cache=True, nogil=True)
def _rates(
    indptr: Any, indices: Any, inner_indptr: Any, inner_indices: Any, counts: Any, own: Any, place: Any,
    prior: float, prior_bad: float, at: Any,
) -> Any:  # fmt: skip
    """The mean is over integers, so that no order shows; a middle party without neighbours is left out."""
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
        fill_quantiles(np.sort(room[:m]), at, out[i, 1:])
    return out
