"""The links of one party, page by page, with their counts by kind.

A link of a held identifier stands twice in a snapshot: with its holders, to whom it is carried, and with the identifier
as it came. A party's page shows each where it belongs, so that an account has its payments, and nothing twice.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeAlias

import numba
import numpy as np

from graph.errors import StaleCursor, UsageError
from graph.explore.bfs import check_rows, selected_kinds
from graph.schema import CONTEXTS
from graph.snapshots.links import HeldLinks, KindInfo, Links
from graph.snapshots.snapshot import Snapshot

Bounds: TypeAlias = tuple[int, int, int, int, int, int]  # of the links of a row, see `_bounds`


@dataclass(slots=True)
class NeighbourLink:
    """One link seen from one of its ends; `party` is the row of the other end, None is missing.

    `direction` is out or in, and both where the kind is symmetric. A self-link appears once, as out (or both).
    `entry` is the link's place among `Snapshot.links(kind)`, or among `Snapshot.held_links(kind)` where `held`: then
    the party is an identifier and somebody held it at the time. `via` are the rows of the identifiers that this party
    and then the other end held, without those that are not known.

    Not frozen, as a page has many and a frozen instance takes three times as long to make; nothing changes it.
    """

    kind: str
    category: str
    direction: str
    party: int
    entry: int
    weight: float | None
    first: float | None
    last: float | None
    count: int
    amount: float | None
    context: str | None
    held: bool = False
    via: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NeighbourPage:
    """Some of a party's links, sorted by (kind, held, other row, out before in, entry).

    `counts` are the links by kind and direction, of the selected kinds that have any: a self-link counts as out alone,
    and one that ties the party to several holders of the other end once. `total` is the number of items of all pages,
    `next` the cursor of the following page or None.
    """

    items: tuple[NeighbourLink, ...]
    counts: dict[str, dict[str, int]]
    total: int
    next: str | None


def neighbours(
    snapshot: Snapshot, row: int, kinds: Collection[str] | None = None, limit: int = 100, cursor: str | None = None
) -> NeighbourPage:
    """A page of at most `limit` links of `row`, of the given kinds (None: all).

    Raises UsageError for a row outside the snapshot or a limit below 1.
    Raises StaleCursor for a cursor of another snapshot, party or choice of kinds.
    Raises UnknownKind for a kind that is neither in the snapshot nor built in.
    """
    check_rows(snapshot, row)
    if limit < 1:
        raise UsageError(f"a page of {limit} links cannot be; ask for 1 or more")
    selected = _selected(snapshot, kinds)
    bound = f"{snapshot.id[:16]}-{row}-{zlib.crc32(' '.join(info.name for info in selected).encode()):08x}-"
    start = position(bound, cursor, "snapshot, party or choice of kinds")
    counts: dict[str, dict[str, int]] = {}
    items: list[NeighbourLink] = []
    total = 0
    for info in selected:
        for links in _all_links(snapshot, info.name):
            bounds = _bounds(links.out_indptr, links.in_indptr, links.in_source, row)
            first, last, in_first, self_first, self_last, in_last = bounds
            size = last - first + in_last - in_first - (self_last - self_first)
            if size == 0:
                continue
            _add(counts, links, row, bounds)
            low, high = max(start - total, 0), min(start + limit - total, size)
            if low < high:
                items += _page(links, bounds, low, high)
            total += size
    if start > total:
        raise behind_the_last()
    end = start + len(items)
    return NeighbourPage(tuple(items), counts, total, f"{bound}{end}" if end < total else None)


def link_counts(snapshot: Snapshot, row: int, kinds: Collection[str]) -> dict[str, dict[str, int]]:
    """The links of a party by kind and direction (out, in), of those of the kinds that have any.

    A self-link counts as out alone, and a link that ties the party to several holders of the other end once.
    """
    counts: dict[str, dict[str, int]] = {}
    for kind in sorted({*snapshot.kinds, *snapshot.held_kinds} & {*kinds}):
        for links in _all_links(snapshot, kind):
            _add(counts, links, row, _bounds(links.out_indptr, links.in_indptr, links.in_source, row))
    return counts


def _add(counts: dict[str, dict[str, int]], links: Links, row: int, bounds: Bounds) -> None:
    """Add the links of a row to the counts of their kind; of those within the bounds, each fact counts once."""
    first, last, in_first, self_first, self_last, in_last = bounds
    leaving, arriving = last - first, in_last - in_first - (self_last - self_first)
    if not links.once:
        into = links.into(row)
        leaving = links.number_of_facts(np.arange(first, last))
        arriving = links.number_of_facts(into.entry[into.party != row])
    if leaving or arriving:
        of_kind = counts.setdefault(links.info.name, {"out": 0, "in": 0})
        of_kind["out"] += leaving
        of_kind["in"] += arriving


def _all_links(snapshot: Snapshot, kind: str) -> list[Links]:
    """The links of a kind, carried to holders, and then those that were carried as they came."""
    carried = [snapshot.links(kind)] if kind in snapshot.kinds else []
    return [*carried, snapshot.held_links(kind)] if kind in snapshot.held_kinds else carried


def _selected(snapshot: Snapshot, kinds: Collection[str] | None) -> list[KindInfo]:
    """The selected kinds of links, and those of which every link is an own transfer, by name."""
    infos = {info.name: info for info in selected_kinds(snapshot, kinds)}
    own = {name: info for name, info in snapshot.held_kinds.items() if kinds is None or name in kinds}
    return [info for _, info in sorted((own | infos).items())]


def position(bound: str, cursor: str | None, of: str) -> int:
    """The number of items on the pages before this cursor, 0 without one; the text of a cursor is `bound` and it.

    of: what a cursor is bound to, in words.

    Raises StaleCursor where the cursor does not begin with `bound`.
    """
    if cursor is None:
        return 0
    place = cursor.removeprefix(bound)
    if place == cursor or not (place.isascii() and place.isdigit()) or len(place) > 12:
        raise StaleCursor(f"this cursor belongs to another {of}; begin again without it")
    return int(place)


def behind_the_last() -> StaleCursor:
    """The error of a cursor that points behind the last item."""
    return StaleCursor("this cursor points behind the last item; begin again without it")


def _page(links: Links, bounds: Bounds, low: int, high: int) -> list[NeighbourLink]:
    """Links low..high of one kind of a party, in order."""
    info, held = links.info, isinstance(links, HeldLinks)
    integers, floats = _merge(
        (links.out_target, links.in_source, links.in_entry),
        (links.count, links.context, links.weight, links.amount, links.first, links.last),
        bounds,
        info.symmetric,
        low,
        high,
    )
    one_way = "both" if info.symmetric else None
    return [
        NeighbourLink(
            info.name,
            info.category,
            one_way or ("in" if is_in else "out"),
            party,
            entry,
            None if weight != weight else weight,
            None if first != first else first,
            None if last != last else last,
            count,
            None if amount != amount else amount,
            CONTEXTS[context - 1] if context else None,
            held,
            () if held or not info.carried else _via(links, entry, bool(is_in)),
        )
        for (party, is_in, entry, count, context), (weight, amount, first, last) in zip(
            integers.tolist(), floats.tolist(), strict=True
        )
    ]


def _via(links: Links, entry: int, is_in: bool) -> tuple[int, ...]:
    """The identifiers of an entry: that of the end which is asked about, then that of the other."""
    ends = int(links.via_source[entry]), int(links.via_target[entry])
    return tuple(row for row in (ends[::-1] if is_in else ends) if row >= 0)


@numba.njit(cache=True, nogil=True)
def _bounds(out_indptr: Any, in_indptr: Any, in_source: Any, row: int) -> Bounds:
    """Bounds of the row's links: outgoing first, last; incoming first, its self-links' first, last, and its last."""
    low, high = in_indptr[row], in_indptr[row + 1]
    sources = in_source[low:high]
    left, right = np.searchsorted(sources, row, side="left"), np.searchsorted(sources, row, side="right")
    return out_indptr[row], out_indptr[row + 1], low, low + left, low + right, high


@numba.njit(cache=True, nogil=True)
def _merge(indices: Any, columns: Any, bounds: Any, symmetric: bool, low: int, high: int) -> tuple[Any, Any]:
    """Links low..high of a row: int64[k, 5] (other end, incoming, entry, count, context) and float64[k, 4].

    Both directions are sorted by (other end, entry), so that they only need merging; a directed link that leaves goes
    before those that arrive from the same party, a symmetric kind goes by entry. The floats are weight, amount, first
    and last.
    """
    out_target, in_source, in_entry = indices
    counts, contexts, weight, amount, first, last = columns
    outgoing, last_outgoing, incoming, self_first, self_last, last_incoming = bounds
    integers, floats = np.empty((high - low, 5), np.int64), np.empty((high - low, 4), np.float64)
    for at in range(high):
        if incoming == self_first:
            incoming = self_last
        is_in = outgoing == last_outgoing
        if not is_in and incoming < last_incoming:
            target, source = out_target[outgoing], in_source[incoming]
            is_in = source < target or (source == target and symmetric and in_entry[incoming] < outgoing)
        other = in_source[incoming] if is_in else out_target[outgoing]
        entry = in_entry[incoming] if is_in else outgoing
        if at >= low:
            whole, real = integers[at - low], floats[at - low]
            whole[0], whole[1], whole[2], whole[3], whole[4] = other, is_in, entry, counts[entry], contexts[entry]
            real[0], real[1], real[2], real[3] = weight[entry], amount[entry], first[entry], last[entry]
        if is_in:
            incoming += 1
        else:
            outgoing += 1
    return integers, floats
