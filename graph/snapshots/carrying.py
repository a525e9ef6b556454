"""Links of held identifiers carried to their holders: a payment between accounts ties the people who hold them.

A holding link goes from a holder, any party that is no identifier, to an identifier: an account, a phone. A holding
without dates always holds; else it holds from its first date, if known, until before its last. One whose dates are
equal was seen once, and holds from then on.

A fact is one link as it was loaded. It is carried to everybody who held one of its ends at any time between its dates
(a missing first date means always, a missing last date still): one entry for each pair (holder of the source, holder of
the target). An end without a holder at that time stays the identifier, and so does one with more than MAX_HOLDERS,
which is named. Where one party is on both sides, the fact is an own transfer, and a link to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from graph.csr import indptr_of, ranges
from graph.snapshots.columns import Array

MAX_HOLDERS: Final = 20  # a phone with more is a switchboard: its calls say nothing about any one of them

Rows = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Holdings:
    """Who holds which identifiers when. Those of the identifier i are at indptr[i]:indptr[i + 1], indptr int64[n + 1].

    holder int32[h] ascending for each identifier; since, until float64[h] in seconds, -inf and inf where unknown.
    """

    indptr: Ints
    holder: Rows
    since: npt.NDArray[np.float64]
    until: npt.NDArray[np.float64]

    def held(self, rows: Rows) -> Flags:
        """Whether each row is an identifier that somebody holds at some time: bool[k]."""
        return self.indptr[rows] < self.indptr[rows + 1]


def holdings_of(links: Mapping[str, Array], is_identifier: Flags) -> Holdings:
    """The holdings that these holding links state.

    links: columns source, target, first and last. is_identifier bool[n].
    """
    source, target = links["source"], links["target"]
    chosen = np.flatnonzero(is_identifier[target] & ~is_identifier[source])
    source, target, first, last = source[chosen], target[chosen], links["first"][chosen], links["last"][chosen]
    order = np.lexsort((last, first, source, target))
    seen_once = first == last
    return Holdings(
        indptr_of(np.bincount(target, minlength=len(is_identifier))),
        source[order],
        np.where(np.isnan(first), -np.inf, first)[order],
        np.where(np.isnan(last) | seen_once, np.inf, last)[order],
    )


@dataclass(frozen=True, slots=True)
class Carried:
    """Facts of one kind after carrying; e entries for the facts `fact` int64[e], by their position among the facts.

    source, target int32[e] are the ends of each entry; via_source, via_target int32[e] the identifiers that these ends
    hold, -1 where an end is as the fact says. Facts that nothing was carried of have one entry. source_held,
    target_held bool[m] say of each fact whether that end was carried to holders, own bool[m] whether it is an own
    transfer; own_fact, own_holder are the distinct pairs of an own transfer and whoever made it. `crowded` are the
    identifiers, ascending, that had too many holders at the time of a link.
    """

    fact: Ints
    source: Rows
    target: Rows
    via_source: Rows
    via_target: Rows
    source_held: Flags
    target_held: Flags
    own: Flags
    own_fact: Ints
    own_holder: Rows
    crowded: Rows

    @property
    def held(self) -> Flags:
        """Whether an end of each fact was carried: bool[m]."""
        return self.source_held | self.target_held


def carry(links: Mapping[str, Array], holdings: Holdings) -> Carried:
    """The entries of m facts of one kind.

    links: columns source, target, first and last, [m] each.
    """
    touched = holdings.held(links["source"]) | holdings.held(links["target"])
    plain, may_be_held = np.flatnonzero(~touched), np.flatnonzero(touched)
    some = _carry({name: links[name][may_be_held] for name in ("source", "target", "first", "last")}, holdings)
    nobody = np.full(len(plain), -1, np.int32)

    def of_all(flags: Flags) -> Flags:
        spread = np.zeros(len(touched), bool)
        spread[may_be_held] = flags
        return spread

    return Carried(
        np.concatenate([plain, may_be_held[some.fact]]),
        np.concatenate([links["source"][plain], some.source]),
        np.concatenate([links["target"][plain], some.target]),
        np.concatenate([nobody, some.via_source]),
        np.concatenate([nobody, some.via_target]),
        of_all(some.source_held),
        of_all(some.target_held),
        of_all(some.own),
        may_be_held[some.own_fact],
        some.own_holder,
        some.crowded,
    )


def _carry(links: Mapping[str, Array], holdings: Holdings) -> Carried:
    begin = np.where(np.isnan(links["first"]), -np.inf, links["first"])
    end = np.where(np.isnan(links["last"]), np.inf, links["last"])
    of_source = _side(links["source"], begin, end, holdings)
    of_target = _side(links["target"], begin, end, holdings)
    fact, nth = ranges(np.zeros(len(begin), np.int64), of_source.number * of_target.number)
    from_source, from_target = np.divmod(nth, of_target.number[fact])
    source = of_source.party[of_source.indptr[fact] + from_source]
    target = of_target.party[of_target.indptr[fact] + from_target]
    same = (source == target) & (of_source.held | of_target.held)[fact]
    own = np.zeros(len(begin), bool)
    own[fact[same]] = True
    own_fact, own_holder = fact[same], source[same]
    kept = ~own[fact]
    fact, source, target = fact[kept], source[kept], target[kept]
    return Carried(
        fact,
        source,
        target,
        np.where(of_source.held, links["source"], -1).astype(np.int32)[fact],
        np.where(of_target.held, links["target"], -1).astype(np.int32)[fact],
        of_source.held,
        of_target.held,
        own,
        own_fact,
        own_holder,
        np.union1d(of_source.crowded, of_target.crowded),
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """Who stands on one side of m facts: of fact i the distinct party[indptr[i]:indptr[i + 1]], `number` of them.

    held bool[m]: whether they hold the end; otherwise they are the end itself.
    """

    number: Ints
    indptr: Ints
    party: Rows
    held: Flags
    crowded: Rows


def _side(ends: Rows, begin: Array, end: Array, holdings: Holdings) -> _Side:
    times = (holdings.indptr, holdings.holder, holdings.since, holdings.until)
    number = _count_holders(ends, begin, end, times, MAX_HOLDERS)
    held = (number > 0) & (number <= MAX_HOLDERS)
    crowded = np.unique(ends[number > MAX_HOLDERS])
    number[~held] = 1
    indptr = indptr_of(number)
    return _Side(number, indptr, _fill_holders(ends, begin, end, times, held, indptr), held, crowded)


@numba.njit(cache=True, nogil=True)
def _count_holders(ends: Any, begin: Any, end: Any, times: Any, most: int) -> Any:
    """The number of distinct holders of each end at the time of its link: int64[m], where more than `most`, most + 1.

    Counting stops there, so that a link of an identifier with very many holders costs no more than others.
    """
    indptr, holder, since, until = times
    number = np.zeros(len(ends), np.int64)
    for i in range(len(ends)):
        previous = -1
        for at in range(indptr[ends[i]], indptr[ends[i] + 1]):
            if holder[at] != previous and since[at] <= end[i] and begin[i] < until[at]:
                previous = holder[at]
                number[i] += 1
                if number[i] > most:
                    break
    return number


@numba.njit(cache=True, nogil=True)
def _fill_holders(ends: Any, begin: Any, end: Any, times: Any, held: Any, to: Any) -> Any:
    """The distinct holders of each end, ascending, or the end itself where it is not held: int32[to[m]]."""
    indptr, holder, since, until = times
    parties = np.empty(to[-1], np.int32)
    for i in range(len(ends)):
        place = to[i]
        if not held[i]:
            parties[place] = ends[i]
            continue
        previous = -1
        for at in range(indptr[ends[i]], indptr[ends[i] + 1]):
            if holder[at] != previous and since[at] <= end[i] and begin[i] < until[at]:
                previous = holder[at]
                parties[place] = previous
                place += 1
    return parties
