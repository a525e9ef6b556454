"""Features of the known outcomes around a party, from which its own outcome is left out.

Over two hops a party reads the bad rate among each neighbour's neighbours. Its own outcome is among those, and is
subtracted exactly (`of_others`). For training that is not enough: in a dense group the sums of all others reveal a
party's own outcome, and trees learn to decode it. There whole folds are hidden instead (`folds`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from gnn.arrays import F32, F64, GRID, I32, I64, row_hashes
from gnn.propagation.aggregators import QUANTILES, edge_weighted_means, inverse_degree_means
from gnn.propagation.order_statistics import fill_quantiles
from gnn.propagation.two_hop import Surroundings

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


@dataclass(frozen=True, slots=True)
class OutcomesRead:
    """The known outcomes that the destinations of a path may read.

    own F32[k] are those of the destinations, which are left out; middle F32[s] those of the middle parties. around
    I32[s, 2] are the numbers of known and of bad outcomes among the neighbours of each middle party.
    """

    own: F32
    middle: F32
    around: I32


def of_others(path: Surroundings, outcomes: OutcomesRead, base: float, mixed: bool) -> F32:
    """Label columns of each destination from every known outcome but its own: F32[k, columns].

    mixed: the path is over two categories. base: the rate towards which thin neighbourhoods are shrunk.
    """
    two_hop, spread = _two_hops(path, outcomes, base)
    if mixed:
        return np.asarray(two_hop, np.float32)
    columns = (*_one_hop(path, outcomes.middle, base), two_hop, spread)
    return np.concatenate([np.asarray(part, np.float32) for part in columns], axis=1)


def folds(self_values: F32, block: F32) -> I64:
    """A fold 0..FOLDS-1 for each party, from content alone: equal content, equal fold, whatever the id or the row."""
    mixed = row_hashes(np.concatenate([self_values, block], axis=1))
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    return np.asarray(mixed % np.uint64(FOLDS), np.int64)


def _one_hop(path: Surroundings, y: F32, base: float) -> tuple[F64, F64, F64]:
    """Bad rates among neighbours, shrunk, weighted by inverse degree and by Jaccard similarity: F64[k, 1] each.

    y F32[s] are the outcomes of middle parties. How many are known is no column: it tells how outcomes were collected,
    and that somebody's default came to be known would count for less than that anything did.
    """
    block, known = path.block, ~np.isnan(y)
    counts = counted(block.indptr, block.indices, known, y == 1)
    rate = (counts[:, 1:] + SHRINK * base) / (counts[:, :1] + SHRINK)
    inverse_degree = inverse_degree_means(block, y[:, None], path.middle_degree)
    jaccard = edge_weighted_means(block, y[:, None], path.jaccard_of(known[block.indices]))
    return (
        np.asarray(rate, np.float64),
        np.where(np.isnan(inverse_degree), base, inverse_degree),
        np.where(np.isnan(jaccard), base, jaccard),
    )


@numba.njit(cache=True, nogil=True)
def counted(indptr: Any, indices: Any, known: Any, bad: Any) -> Any:
    """Known and bad outcomes among the parties that each row lists, int32[k, 2]."""
    counts = np.zeros((len(indptr) - 1, 2), np.int32)
    for i in range(len(indptr) - 1):
        for e in range(indptr[i], indptr[i + 1]):
            counts[i, 0] += known[indices[e]]
            counts[i, 1] += bad[indices[e]]
    return counts


def _two_hops(path: Surroundings, outcomes: OutcomesRead, base: float) -> tuple[F64, F64]:
    """Mean F64[k, 1] and QUANTILES F64[k, q] over the middle parties of the bad rate among their neighbours."""
    block = path.block
    found = _rates(
        block.indptr, block.indices, path.middle_degree, outcomes.around, outcomes.own, path.leads_back,
        SHRINK, SHRINK * base, np.array(QUANTILES),
    )  # fmt: skip
    return found[:, :1], found[:, 1:]


@numba.njit(cache=True, nogil=True)
def _rates(
    indptr: Any, indices: Any, degree: Any, counts: Any, own: Any, leads_back: Any, prior: float, prior_bad: float,
    at: Any,
) -> Any:  # fmt: skip
    """The mean is over integers, so that no order shows; a middle party without neighbours is left out."""
    k = len(indptr) - 1
    out = np.full((k, 1 + len(at)), np.nan)
    for i in range(k):
        room = np.empty(indptr[i + 1] - indptr[i])
        m, total = 0, np.int64(0)
        for e in range(indptr[i], indptr[i + 1]):
            j = indices[e]
            if degree[j] == 0:
                continue
            known, bad = float(counts[j, 0]), float(counts[j, 1])
            if leads_back[e] and not np.isnan(own[i]):
                known -= 1.0
                bad -= own[i]
            room[m] = (bad + prior_bad) / (known + prior)
            total += np.int64(np.rint(room[m] * GRID))
            m += 1
        if m == 0:
            continue
        out[i, 0] = total / GRID / m
        fill_quantiles(np.sort(room[:m]), at, out[i, 1:])
    return out
