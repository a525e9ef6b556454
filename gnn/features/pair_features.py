"""What a pair (a, b) adds: how a rates, how b is rated, the answer of b, and what their common acquaintances say.

The features of an ordered pair read every known rating but those of a about b, which are taken out: a rating can never
be seen in its own features. A pair without a rating is therefore read in the same way as one with it. All sums are of
values on a binary grid and so exact: no order of ratings and no numbering of parties changes a bit. No id and no row
number is among the features. Undated ratings leave the columns of times empty (NaN).
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from gnn.arrays import F32, GRID, STEP
from gnn.features.ratings import RatingIndex, Ratings

SHRINK: Final = 2.0  # means count so many statements of 0 more
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
_WIDTH: Final = len(_SIDE) + len(_SIDE_TIMES)


def pair_features(known: RatingIndex, a: npt.NDArray[Any], b: npt.NDArray[Any], time: npt.NDArray[Any]) -> F32:
    """float32[k, len(NAMES)] of the ordered pairs (a, b) as seen at `time` (seconds, NaN for no time in particular)."""
    out = np.full((len(a), len(NAMES)), np.nan)
    _fill(*_arrays(known), a.astype(np.int64), b.astype(np.int64), np.asarray(time, np.float64), out)
    return out.astype(np.float32)


def features_of(known: RatingIndex, ratings: Ratings) -> F32:
    """`pair_features` of each of these ratings at its own time, and beside them what else links the two."""
    pairs = pair_features(known, ratings.source, ratings.target, ratings.time)
    return np.concatenate([pairs, ratings.beside], axis=1)


def _arrays(known: RatingIndex) -> tuple[npt.NDArray[Any], ...]:
    return (
        known.out_ptr,
        known.out_other,
        known.value,
        known.time,
        known.in_ptr,
        known.in_other,
        known.in_entry,
        known.in_sum,
        known.deviation,
        known.bias,
    )


_compiled: Any = numba.njit(cache=True, nogil=True)


@_compiled
def _grid(x):  # type: ignore[no-untyped-def]
    return np.rint(x * GRID) * STEP


@_compiled
def _fill(op, oo, value, time, ip, io, ie, in_sum, deviation, bias, sources, targets, times, out):  # type: ignore[no-untyped-def]
    n = len(op) - 1
    none = np.arange(0)
    marked = np.full(n, np.nan)
    for k in range(len(sources)):
        a, b, t = sources[k], targets[k], times[k]
        row = out[k]
        _side(op, oo, none, value, time, a, b, t, row[:_WIDTH])
        _side(ip, io, ie, value, time, a, b, t, row[_WIDTH : 2 * _WIDTH])
        _side(ip, io, ie, value, time, b, a, t, row[2 * _WIDTH : 3 * _WIDTH])
        _side(op, oo, none, value, time, b, a, t, row[3 * _WIDTH : 4 * _WIDTH])
        at = 4 * _WIDTH
        _back(op, oo, value, time, a, b, t, row[at : at + 2])
        _standing(op, oo, value, ip, io, ie, in_sum, deviation, bias, a, b, row[at + 2 : at + 8])
        _triads(op, oo, value, ip, io, ie, a, b, marked, row[at + 8 : at + 20])
        _raters_alike(op, oo, value, ip, io, ie, a, b, marked, row[at + 20 : at + 23])
        _rated_alike(op, oo, value, ip, io, ie, a, b, marked, row[at + 23 : at + 25])


@_compiled
def _side(ptr, other, entry, value, time, party, skip, t, out):  # type: ignore[no-untyped-def]
    """What `party` gives or gets, without the ratings shared with `skip`."""
    count, total, squares, negative, lowest, highest = 0, 0.0, 0.0, 0.0, 2.0, -2.0
    recent, busy = np.zeros(3), np.zeros(3)
    first, last, nearest, tied, gap = np.inf, -np.inf, 0.0, 0, np.inf
    for i in range(ptr[party], ptr[party + 1]):
        if other[i] == skip:
            continue
        e = entry[i] if len(entry) else i
        v = value[e]
        count += 1
        total += v
        squares += _grid(v * v)
        negative += v < 0
        lowest, highest = min(lowest, v), max(highest, v)
        distance = abs(time[e] - t)
        if distance == distance:
            for j in range(3):
                weight = _grid(np.exp(-distance / (TAUS[j] * DAY)))
                recent[j] += _grid(weight * v)
                busy[j] += weight
            first, last = min(first, time[e]), max(last, time[e] if time[e] <= t else -np.inf)
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
def _back(op, oo, value, time, a, b, t, out):  # type: ignore[no-untyped-def]
    i = op[b] + np.searchsorted(oo[op[b] : op[b + 1]], a)
    if i < op[b + 1] and oo[i] == a:
        out[0] = value[i]
        out[1] = (t - time[i]) / DAY


@_compiled
def _standing(op, oo, value, ip, io, ie, in_sum, deviation, bias, a, b, out):  # type: ignore[no-untyped-def]
    """How far a lies above others, and b's ratings without their raters' bias or weighted by their standing."""
    total, harsh, count = 0.0, 0.0, 0
    for i in range(op[a], op[a + 1]):
        if oo[i] != b:
            total += deviation[i]
            harsh += deviation[i] < -0.1
            count += 1
    if count:
        out[0], out[1] = total / (count + SHRINK), harsh / (count + SHRINK)
    unbiased, weighted_sum, weights, low, count = 0.0, 0.0, 0.0, 0.0, 0
    for i in range(ip[b], ip[b + 1]):
        c, e = io[i], ie[i]
        if c == a:
            continue
        unbiased += _grid(value[e] - (bias[c] - deviation[e]) / (op[c + 1] - op[c] - 1 + SHRINK))
        standing = in_sum[c] / (ip[c + 1] - ip[c] + SHRINK)
        weight = _grid(max(standing, 0.0))
        weighted_sum += _grid(weight * value[e])
        weights += weight
        low += standing <= 0
        count += 1
    if count:
        out[2] = unbiased / (count + SHRINK)
        out[3] = weighted_sum / (weights + 0.2)
        out[4] = low / (count + SHRINK)
    weighted_sum, weights = 0.0, 0.0
    for i in range(ip[a], ip[a + 1]):
        c, e = io[i], ie[i]
        if c == b:
            continue
        weight = _grid(max(in_sum[c] / (ip[c + 1] - ip[c] + SHRINK), 0.0))
        weighted_sum += _grid(weight * value[e])
        weights += weight
    if weights > 0:
        out[5] = weighted_sum / (weights + 0.2)


@_compiled
def _mark(ptr, other, entry, value, party, marked):  # type: ignore[no-untyped-def]
    for i in range(ptr[party], ptr[party + 1]):
        marked[other[i]] = value[entry[i] if len(entry) else i]


@_compiled
def _unmark(ptr, other, party, marked):  # type: ignore[no-untyped-def]
    for i in range(ptr[party], ptr[party + 1]):
        marked[other[i]] = np.nan


@_compiled
def _products(ptr, other, entry, value, party, marked, a, b, out):  # type: ignore[no-untyped-def]
    """Signed balance over those both marked and linked with `party`: a and b themselves are nobody's acquaintance."""
    count, balance, against = 0, 0.0, 0.0
    for i in range(ptr[party], ptr[party + 1]):
        c = other[i]
        if c != a and c != b and marked[c] == marked[c]:
            product = _grid(marked[c] * value[entry[i] if len(entry) else i])
            count += 1
            balance += product
            against += product < 0
    out[0] = np.log1p(count)
    if count:
        out[1] = balance / (count + 1)
        out[2] = against / (count + 1)


@_compiled
def _triads(op, oo, value, ip, io, ie, a, b, marked, out):  # type: ignore[no-untyped-def]
    none = np.arange(0)
    _mark(op, oo, none, value, a, marked)
    _products(ip, io, ie, value, b, marked, a, b, out[0:3])
    _products(op, oo, none, value, b, marked, a, b, out[3:6])
    _unmark(op, oo, a, marked)
    _mark(ip, io, ie, value, a, marked)
    _products(ip, io, ie, value, b, marked, a, b, out[6:9])
    _products(op, oo, none, value, b, marked, a, b, out[9:12])
    _unmark(ip, io, a, marked)


@_compiled
def _raters_alike(op, oo, value, ip, io, ie, a, b, marked, out):  # type: ignore[no-untyped-def]
    """What the raters of b say of it, each counted by how well it agrees with a on others."""
    _mark(op, oo, np.arange(0), value, a, marked)
    agree, say, unlike, raters = 0.0, 0.0, 0.0, 0
    for i in range(ip[b], ip[b + 1]):
        c = io[i]
        if c == a:
            continue
        alike, shared = 0.0, 0
        for j in range(op[c], op[c + 1]):
            d = oo[j]
            if d != b and marked[d] == marked[d]:
                alike += _grid(0.5 - abs(marked[d] - value[j]))
                shared += 1
        weight = _grid(alike / (shared + SURE))
        agree += abs(weight)
        say += _grid(weight * value[ie[i]])
        unlike += weight < 0
        raters += 1
    _unmark(op, oo, a, marked)
    out[0] = np.log1p(agree)
    if agree > 0:
        out[1] = say / (agree + 0.1)
        out[2] = unlike / raters


@_compiled
def _rated_alike(op, oo, value, ip, io, ie, a, b, marked, out):  # type: ignore[no-untyped-def]
    """What a says of others, each counted by how alike third parties rate it and b."""
    _mark(ip, io, ie, value, b, marked)
    agree, say = 0.0, 0.0
    for i in range(op[a], op[a + 1]):
        d = oo[i]
        if d == b:
            continue
        alike, shared = 0.0, 0
        for j in range(ip[d], ip[d + 1]):
            c = io[j]
            if c != a and marked[c] == marked[c]:
                alike += _grid(0.5 - abs(marked[c] - value[ie[j]]))
                shared += 1
        weight = _grid(alike / (shared + SURE))
        agree += abs(weight)
        say += _grid(weight * value[i])
    _unmark(ip, io, b, marked)
    out[0] = np.log1p(agree)
    if agree > 0:
        out[1] = say / (agree + 0.1)
