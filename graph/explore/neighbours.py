"""The links of one party, page by page, with their counts by kind."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from graph.errors import StaleCursor, UsageError
from graph.explore.bfs import check_rows, selected_kinds
from graph.schema import CONTEXTS
from graph.snapshots.snapshot import KindInfo, Snapshot


@dataclass(slots=True)
class NeighbourLink:
    """One link seen from one of its ends; `party` is the row of the other end, None is missing.

    `direction` is out or in, and both where the kind is symmetric. A self-link appears once, as out (or both).
    `entry` is the link's place among `Snapshot.links(kind)`.

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


@dataclass(frozen=True, slots=True)
class NeighbourPage:
    """Some of a party's links, sorted by (kind, other row, out before in, entry).

    `counts` are the stored links by kind and direction, of the selected kinds that have any (a self-link counts as out
    alone), `total` is their sum, `next` the cursor of the following page or None.
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
    selected = selected_kinds(snapshot, kinds)
    bound = f"{snapshot.id[:16]}-{row}-{zlib.crc32(' '.join(info.name for info in selected).encode()):08x}-"
    start = position(bound, cursor, "snapshot, party or choice of kinds")
    counts: dict[str, dict[str, int]] = {}
    items: list[NeighbourLink] = []
    total = 0
    for info in selected:
        links = snapshot.links(info.name)
        bounds = _bounds(links.out_indptr, links.in_indptr, links.in_source, row)
        first, last, in_first, self_first, self_last, in_last = bounds
        outgoing, incoming = last - first, in_last - in_first - (self_last - self_first)
        size = outgoing + incoming
        if size == 0:
            continue
        counts[info.name] = {"out": outgoing, "in": incoming}
        low, high = max(start - total, 0), min(start + limit - total, size)
        if low < high:
            items += _page(snapshot, info, bounds, low, high)
        total += size
    if start > total:
        raise StaleCursor("this cursor points behind the last link; begin again without it")
    end = start + len(items)
    return NeighbourPage(tuple(items), counts, total, f"{bound}{end}" if end < total else None)


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


def _page(
    snapshot: Snapshot, info: KindInfo, bounds: tuple[int, int, int, int, int, int], low: int, high: int
) -> list[NeighbourLink]:
    """Links low..high of one kind of a party, in order."""
    links = snapshot.links(info.name)
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
        )
        for (party, is_in, entry, count, context), (weight, amount, first, last) in zip(
            integers.tolist(), floats.tolist(), strict=True
        )
    ]


@numba.njit(cache=True, nogil=True)
def _bounds(out_indptr: Any, in_indptr: Any, in_source: Any, row: int) -> tuple[int, int, int, int, int, int]:
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
