"""Features of a rated pair (a, b): how a rates, how b is rated, how b rated a, and ratings among common acquaintances.

The features of an ordered pair read every known rating but those of a about b, which are taken out: the value of a
rating can never be seen in its own features. That there is one may back what b says of others
(`gnn.features.statements.backing`). All sums are of values on a binary grid and so exact: no order of ratings and no
numbering of parties changes a bit. No id and no row number is among the features. Undated ratings leave the columns of
times empty (NaN).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from gnn.arrays import F32, F64, GRID, I32, I64, STEP
from gnn.features.statements.ratings import RatingIndex, Ratings

SHRINK: Final = 2.0  # pseudo-ratings of 0 in a mean
DAY: Final = 86_400.0
TAUS: Final = (0.05, 3.0, 60.0)  # days after which a rating counts 1/e in a recent mean
SURE: Final = 3.0  # agreement on so many parties makes two raters alike

_SIDES: Final = ("a_gives", "a_gets", "b_gets", "b_gives")
_SIDE: Final = ("count", "mean", "negative", "lowest", "highest", "spread")
_SIDE_TIMES: Final = (
    *(f"{what}_{tau:g}d" for tau in TAUS for what in ("recent", "busy")), "since_first", "since_last", "nearest", "gap",
)  # fmt: skip
_BACK: Final = ("back", "back_age")
_STANDING: Final = ("a_bias", "a_harsh", "b_unbiased", "b_by_standing", "b_low_raters", "a_by_standing")
_TRIADS: Final = ("a_c_b", "a_c__b_c", "c_a__c_b", "b_c_a")
_TRIAD: Final = ("count", "balance", "against")
_ALIKE: Final = ("raters_alike", "raters_say", "raters_unlike", "rated_alike", "rated_say")

NAMES: Final[tuple[str, ...]] = (
    *(f"{side}_{name}" for side in _SIDES for name in (*_SIDE, *_SIDE_TIMES)),
    *_BACK,
    *_STANDING,
    *(f"{triad}_{name}" for triad in _TRIADS for name in _TRIAD),
    *_ALIKE,
)
# Where the columns of each part begin.
_WIDTH: Final = len(_SIDE) + len(_SIDE_TIMES)
_A_GIVES, _A_GETS, _B_GETS, _B_GIVES, _BACK_AT = (i * _WIDTH for i in range(5))
_STANDING_AT: Final = _BACK_AT + len(_BACK)
_TRIADS_AT: Final = _STANDING_AT + len(_STANDING)
_RATERS_AT: Final = _TRIADS_AT + len(_TRIADS) * len(_TRIAD)
_RATED_AT: Final = _RATERS_AT + 3


def pair_features(known: RatingIndex, a: npt.NDArray[Any], b: npt.NDArray[Any], time: npt.NDArray[Any]) -> F32:
    """float32[k, len(NAMES)] of the ordered pairs (a, b) as seen at `time` (seconds, NaN for no time in particular)."""
    out = np.full((len(a), len(NAMES)), np.nan)
    _fill(_arrays(known), a.astype(np.int64), b.astype(np.int64), np.asarray(time, np.float64), out)
    return out.astype(np.float32)


def features_of(known: RatingIndex, ratings: Ratings) -> F32:
    """`pair_features` of each of these ratings at its own time, and beside them what else links the two."""
    pairs = pair_features(known, ratings.source, ratings.target, ratings.time)
    return np.concatenate([pairs, ratings.beside], axis=1)


class _Side(NamedTuple):
    """Ratings by party: those of party i are entry[ptr[i]:ptr[i + 1]], and their other ends other[the same]."""

    ptr: I64
    other: I32
    entry: I64


class _Arrays(NamedTuple):
    """A rating index as compiled code takes it; value, time and deviation by entry, in_sum and bias by party."""

    given: _Side
    received: _Side
    value: F64
    time: F64
    in_sum: F64
    deviation: F64
    bias: F64


def _arrays(known: RatingIndex) -> _Arrays:
    given = _Side(known.out_ptr, known.out_other, np.arange(len(known.value)))
    received = _Side(known.in_ptr, known.in_other, known.in_entry)
    return _Arrays(given, received, known.value, known.time, known.in_sum, known.deviation, known.bias)


_compiled: Any = numba.njit(cache=True, nogil=True)


@_compiled
def _grid(x):  # type: ignore[no-untyped-def]
    return np.rint(x * GRID) * STEP


@_compiled
def _fill(r, sources, targets, times, out):  # type: ignore[no-untyped-def]
    marked = np.full(len(r.given.ptr) - 1, np.nan)
    for k in range(len(sources)):
        a, b, t = sources[k], targets[k], times[k]
        row = out[k]
        _side(r, r.given, a, b, t, row[_A_GIVES:_A_GETS])
        _side(r, r.received, a, b, t, row[_A_GETS:_B_GETS])
        _side(r, r.received, b, a, t, row[_B_GETS:_B_GIVES])
        _side(r, r.given, b, a, t, row[_B_GIVES:_BACK_AT])
        _back(r, a, b, t, row[_BACK_AT:_STANDING_AT])
        _standing(r, a, b, row[_STANDING_AT:_TRIADS_AT])
        _triads(r, a, b, marked, row[_TRIADS_AT:_RATERS_AT])
        _raters_alike(r, a, b, marked, row[_RATERS_AT:_RATED_AT])
        _rated_alike(r, a, b, marked, row[_RATED_AT:])


@_compiled
def _side(r, side, party, skip, t, out):  # type: ignore[no-untyped-def]
    """Statistics of the ratings that `party` gives or receives, without those shared with `skip`."""
    count, total, squares, negative, lowest, highest = 0, 0.0, 0.0, 0.0, 2.0, -2.0
    recent, busy = np.zeros(3), np.zeros(3)
    first, last, nearest, tied, gap = np.inf, -np.inf, 0.0, 0, np.inf
    for i in range(side.ptr[party], side.ptr[party + 1]):
        if side.other[i] == skip:
            continue
        e = side.entry[i]
        v = r.value[e]
        count += 1
        total += v
        squares += _grid(v * v)
        negative += v < 0
        lowest, highest = min(lowest, v), max(highest, v)
        distance = abs(r.time[e] - t)
        if distance == distance:
            for j in range(3):
                weight = _grid(np.exp(-distance / (TAUS[j] * DAY)))
                recent[j] += _grid(weight * v)
                busy[j] += weight
            first, last = min(first, r.time[e]), max(last, r.time[e] if r.time[e] <= t else -np.inf)
            if distance < gap:
                gap, nearest, tied = distance, 0.0, 0
            if distance == gap:
                nearest, tied = nearest + v, tied + 1
    out[0] = np.log1p(count)
    if not count:
        return
    out[1] = total / (count + SHRINK)
    out[2] = negative / (count + SHRINK)
    out[3], out[4] = lowest, highest
    out[5] = np.sqrt(max(squares / count - (total / count) ** 2, 0.0))
    if tied:
        for j in range(3):
            out[6 + 2 * j] = recent[j] / (busy[j] + 0.1)
            out[7 + 2 * j] = busy[j]
        out[12] = (t - first) / DAY
        out[13] = (t - last) / DAY if last > -np.inf else np.nan
        out[14] = nearest / tied
        out[15] = gap / DAY


@_compiled
def _back(r, a, b, t, out):  # type: ignore[no-untyped-def]
    i = r.given.ptr[b] + np.searchsorted(r.given.other[r.given.ptr[b] : r.given.ptr[b + 1]], a)
    if i < r.given.ptr[b + 1] and r.given.other[i] == a:
        out[0] = r.value[i]
        out[1] = (t - r.time[i]) / DAY


@_compiled
def _standing(r, a, b, out):  # type: ignore[no-untyped-def]
    """How far a lies above others, and b's ratings without their raters' bias or weighted by their standing."""
    total, harsh, count = 0.0, 0.0, 0
    for i in range(r.given.ptr[a], r.given.ptr[a + 1]):
        if r.given.other[i] != b:
            total += r.deviation[i]
            harsh += r.deviation[i] < -0.1
            count += 1
    if count:
        out[0], out[1] = total / (count + SHRINK), harsh / (count + SHRINK)
    unbiased, weighted_sum, weights, low, count = 0.0, 0.0, 0.0, 0.0, 0
    for i in range(r.received.ptr[b], r.received.ptr[b + 1]):
        c, e = r.received.other[i], r.received.entry[i]
        if c == a:
            continue
        unbiased += _grid(
            r.value[e] - (r.bias[c] - r.deviation[e]) / (r.given.ptr[c + 1] - r.given.ptr[c] - 1 + SHRINK)
        )
        standing = r.in_sum[c] / (r.received.ptr[c + 1] - r.received.ptr[c] + SHRINK)
        weight = _grid(max(standing, 0.0))
        weighted_sum += _grid(weight * r.value[e])
        weights += weight
        low += standing <= 0
        count += 1
    if count:
        out[2] = unbiased / (count + SHRINK)
        out[3] = weighted_sum / (weights + 0.2)
        out[4] = low / (count + SHRINK)
    weighted_sum, weights = 0.0, 0.0
    for i in range(r.received.ptr[a], r.received.ptr[a + 1]):
        c, e = r.received.other[i], r.received.entry[i]
        if c == b:
            continue
        weight = _grid(max(r.in_sum[c] / (r.received.ptr[c + 1] - r.received.ptr[c] + SHRINK), 0.0))
        weighted_sum += _grid(weight * r.value[e])
        weights += weight
    if weights > 0:
        out[5] = weighted_sum / (weights + 0.2)


@_compiled
def _mark(r, side, party, marked):  # type: ignore[no-untyped-def]
    for i in range(side.ptr[party], side.ptr[party + 1]):
        marked[side.other[i]] = r.value[side.entry[i]]


@_compiled
def _unmark(side, party, marked):  # type: ignore[no-untyped-def]
    for i in range(side.ptr[party], side.ptr[party + 1]):
        marked[side.other[i]] = np.nan


@_compiled
def _products(r, side, party, marked, a, b, out):  # type: ignore[no-untyped-def]
    """Signed balance over those both marked and linked with `party`: a and b themselves are nobody's acquaintance."""
    count, balance, against = 0, 0.0, 0.0
    for i in range(side.ptr[party], side.ptr[party + 1]):
        c = side.other[i]
        if c != a and c != b and marked[c] == marked[c]:
            product = _grid(marked[c] * r.value[side.entry[i]])
            count += 1
            balance += product
            against += product < 0
    out[0] = np.log1p(count)
    if count:
        out[1] = balance / (count + 1)
        out[2] = against / (count + 1)


@_compiled
def _triads(r, a, b, marked, out):  # type: ignore[no-untyped-def]
    _mark(r, r.given, a, marked)
    _products(r, r.received, b, marked, a, b, out[0:3])
    _products(r, r.given, b, marked, a, b, out[3:6])
    _unmark(r.given, a, marked)
    _mark(r, r.received, a, marked)
    _products(r, r.received, b, marked, a, b, out[6:9])
    _products(r, r.given, b, marked, a, b, out[9:12])
    _unmark(r.received, a, marked)


@_compiled
def _raters_alike(r, a, b, marked, out):  # type: ignore[no-untyped-def]
    """The ratings of b, each weighted by how well its rater agrees with a on others."""
    _mark(r, r.given, a, marked)
    agree, say, unlike, raters = 0.0, 0.0, 0.0, 0
    for i in range(r.received.ptr[b], r.received.ptr[b + 1]):
        c = r.received.other[i]
        if c == a:
            continue
        alike, shared = 0.0, 0
        for j in range(r.given.ptr[c], r.given.ptr[c + 1]):
            d = r.given.other[j]
            if d != b and marked[d] == marked[d]:
                alike += _grid(0.5 - abs(marked[d] - r.value[j]))
                shared += 1
        weight = _grid(alike / (shared + SURE))
        agree += abs(weight)
        say += _grid(weight * r.value[r.received.entry[i]])
        unlike += weight < 0
        raters += 1
    _unmark(r.given, a, marked)
    out[0] = np.log1p(agree)
    if agree > 0:
        out[1] = say / (agree + 0.1)
        out[2] = unlike / raters


@_compiled
def _rated_alike(r, a, b, marked, out):  # type: ignore[no-untyped-def]
    """a's ratings of others, weighted by how alike third parties rate these and b."""
    _mark(r, r.received, b, marked)
    agree, say = 0.0, 0.0
    for i in range(r.given.ptr[a], r.given.ptr[a + 1]):
        d = r.given.other[i]
        if d == b:
            continue
        alike, shared = 0.0, 0
        for j in range(r.received.ptr[d], r.received.ptr[d + 1]):
            c = r.received.other[j]
            if c != a and marked[c] == marked[c]:
                alike += _grid(0.5 - abs(marked[c] - r.value[r.received.entry[j]]))
                shared += 1
        weight = _grid(alike / (shared + SURE))
        agree += abs(weight)
        say += _grid(weight * r.value[i])
    _unmark(r.received, b, marked)
    out[0] = np.log1p(agree)
    if agree > 0:
        out[1] = say / (agree + 0.1)
