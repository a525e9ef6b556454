"""Signed ratings of one snapshot, with their times, and an index of them by both ends.

Every relationship kind of the category trust counts, its weight as belief in -1..1. Several ratings of one ordered
pair become one statement when they are indexed (their mean, at the last of their times).
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gnn.arrays import F64, I32, I64, round_to_grid
from gnn.features.pair_links import CATEGORIES, link_features
from gnn.features.statements.backed_network import TRUST
from gnn.features.statements.backing import is_backed, pairs_of
from graph.csr import edge_index
from graph.snapshots.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Ratings:
    """m ratings among n parties. source and target int32[m] rows, value float64[m] in -1..1, time float64[m].

    Times are seconds since 1970, NaN where unknown. beside float32[m, w] are the features of other links between the
    two (`gnn.features.pair_links`), which does not depend on ratings. dealings int64 are the ordered pairs of parties
    (`backing.pairs_of`) that deal with one another, in both orders. of_oneself counts the ratings that
    were left out because source and target are one party.
    """

    n: int
    source: I32
    target: I32
    value: F64
    time: F64
    beside: npt.NDArray[np.float32]
    dealings: I64 = field(default_factory=lambda: np.empty(0, np.int64))
    of_oneself: int = 0

    def __len__(self) -> int:
        return len(self.value)

    @property
    def dated(self) -> bool:
        """Whether the time of any rating is known."""
        return not np.isnan(self.time).all()

    def only(self, which: npt.NDArray[Any]) -> Ratings:
        """The ratings that a mask or an array of positions selects."""
        columns = {name: getattr(self, name)[which] for name in ("source", "target", "value", "time", "beside")}
        return replace(self, **columns)

    def without_times(self) -> Ratings:
        """The same ratings, undated."""
        return replace(self, time=np.full(len(self), np.nan))

    def signs(self) -> Ratings:
        """The same ratings without their strength: -1, 0 or 1."""
        return replace(self, value=np.sign(self.value))


def ratings_of(snapshot: Snapshot) -> Ratings:
    """Every signed statement of a snapshot, without those of oneself; a missing weight means 1 (a plain vouching)."""
    columns: list[tuple[npt.NDArray[Any], ...]] = []
    for kind in snapshot.kinds_of({TRUST}):
        links = snapshot.links(kind)
        source = np.repeat(np.arange(snapshot.n_parties, dtype=np.int32), np.diff(links.out_indptr))
        columns.append((source, links.out_target, links.weight, links.last))
    if not columns:
        columns.append((np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0)))
    source, target, weight, time = (np.concatenate(column) for column in zip(*columns, strict=True))
    value = np.clip(np.where(np.isnan(weight), 1.0, weight.astype(np.float64)), -1, 1)
    beside = link_features(snapshot, source, target)
    dealings = dealings_of(snapshot, frozenset(CATEGORIES))
    others = source != target
    ratings = Ratings(snapshot.n_parties, source, target, value, time, beside, dealings, int((~others).sum()))
    return ratings.only(others)


def dealings_of(snapshot: Snapshot, categories: Set[str]) -> I64:
    """The ordered pairs of parties that deal with one another by links of these of CATEGORIES, in both orders."""
    ends = [np.empty((2, 0), np.int64)]
    for kind in snapshot.kinds_of(categories & frozenset(CATEGORIES)):
        links = snapshot.links(kind)
        ends.append(np.stack(edge_index(links.out_indptr, links.out_target)))
    source, target = np.concatenate(ends, axis=1)
    return pairs_of(np.append(source, target), np.append(target, source), snapshot.n_parties)


@dataclass(frozen=True, slots=True)
class RatingIndex:
    """Ratings that may be read, one for each ordered pair, indexed by source (out) and by target (in).

    Party i rated out_other[out_ptr[i]:out_ptr[i + 1]] with value[out_ptr[i]:out_ptr[i + 1]]. Of the ratings that a
    party receives only backed ones are indexed (`backing.is_backed`); in_entry gives the position of each among
    those by source. unbacked I64[n] counts the others. in_sum F64[n] is the exact sum of the backed ratings of a
    party. deviation float64[m] is how far a rating lies above the mean of what others say of the same party (0 where
    nobody else does); bias float64[n] is its sum over a rater's ratings.
    """

    n: int
    out_ptr: npt.NDArray[np.int64]
    out_other: I32
    value: F64
    time: F64
    in_ptr: npt.NDArray[np.int64]
    in_other: I32
    in_entry: npt.NDArray[np.int64]
    in_sum: F64
    unbacked: I64
    deviation: F64
    bias: F64


def index_ratings(ratings: Ratings) -> RatingIndex:
    """Index ratings by both ends."""
    n = ratings.n
    pair = ratings.source.astype(np.int64) * n + ratings.target
    pairs, place, ratings_of_pair = np.unique(pair, return_inverse=True, return_counts=True)
    value = round_to_grid(np.bincount(place, round_to_grid(ratings.value), len(pairs)) / np.maximum(ratings_of_pair, 1))
    time = np.full(len(pairs), np.nan)
    np.fmax.at(time, place, ratings.time)
    source, target = (pairs // n).astype(np.int32), (pairs % n).astype(np.int32)
    backed = is_backed(source, target, np.union1d(ratings.dealings, pairs), n)
    entry = np.lexsort((source, target))
    entry = entry[backed[entry]]
    count = np.bincount(target[backed], minlength=n)
    in_sum = _sums(target[backed], value[backed], n)
    others = count[target] - backed
    sum_of_others = in_sum[target] - np.where(backed, value, 0.0)
    mean_of_others = np.where(others > 0, sum_of_others / np.maximum(others, 1), value)
    deviation = round_to_grid(value - mean_of_others)
    return RatingIndex(
        n,
        _pointers(source, n),
        target,
        value,
        time,
        _pointers(target[backed], n),
        source[entry],
        entry,
        in_sum,
        np.bincount(target[~backed], minlength=n),
        deviation,
        _sums(source, deviation, n),
    )


def _sums(end: I32, values: F64, n: int) -> F64:
    return np.asarray(np.bincount(end, values, n), np.float64)


def _pointers(end: I32, n: int) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.bincount(end, minlength=n))]).astype(np.int64)
