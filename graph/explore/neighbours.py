"""Walking a snapshot: neighbours by page, neighbourhoods, shortest paths, shared identifiers.

Paths and neighbourhoods read every link as undirected. Answers depend on the snapshot alone: where several would do,
the one with the smaller rows comes first. Nothing is cut silently: what is limited says how much there is.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from graph.errors import StaleCursor, UsageError
from graph.explore.bfs import Rows, check_rows, chosen_kinds, ends_of, next_level
from graph.explore.paths import MAX_HOPS, Path, Step, StepKind, paths, shortest_path
from graph.schema import CONTEXTS, IDENTIFIER_KINDS
from graph.snapshots.snapshot import KindInfo, Snapshot

__all__ = [
    "MAX_HOPS",
    "NeighbourLink",
    "NeighbourPage",
    "Neighbourhood",
    "Path",
    "Step",
    "StepKind",
    "neighbours",
    "paths",
    "shared_identifiers",
    "shortest_path",
    "within",
]


@dataclass(slots=True)
class NeighbourLink:
    """One link seen from one of its ends; `party` is the row of the other end, None is missing.

    Not frozen, as a page holds many and a frozen one takes three times as long to make; nobody changes one.

    `direction` is out or in, and both where the kind is symmetric. A self-link appears once, as out (or both).
    `entry` is the link's place among `Snapshot.links(kind)`.
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
    """Some of a party's links, ordered by (kind, other row, out before in, entry).

    `counts` says for each kind asked for that the party has how many links are stored leaving and reaching it
    (self-links among "out" only), `total` is their sum, `next` the cursor of the rest or None.
    """

    items: tuple[NeighbourLink, ...]
    counts: dict[str, dict[str, int]]
    total: int
    next: str | None


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Rows within some hops, the start first, ordered by (hops, row); `total` counts those that a limit cut off too."""

    rows: Rows
    hops: npt.NDArray[np.int8]
    total: int

    @property
    def complete(self) -> bool:
        """Whether the limit cut nothing off."""
        return len(self.rows) == self.total


# ----------------------------------------------------------------------------------------- neighbours


def neighbours(
    snapshot: Snapshot, row: int, kinds: Collection[str] | None = None, limit: int = 100, cursor: str | None = None
) -> NeighbourPage:
    """A page of at most `limit` links of `row`, of the given kinds (default: all).

    Raises UsageError for a limit below 1 or a cursor of another snapshot, party or choice of kinds.
    """
    check_rows(snapshot, row)
    if limit < 1:
        raise UsageError(f"a page of {limit} links cannot be; ask for 1 or more")
    chosen = chosen_kinds(snapshot, kinds)
    bound = f"{snapshot.id[:16]}-{row}-{zlib.crc32(' '.join(info.name for info in chosen).encode()):08x}-"
    start = position(bound, cursor, "snapshot, party or choice of kinds")
    counts: dict[str, dict[str, int]] = {}
    items: list[NeighbourLink] = []
    total = 0
    for info in chosen:
        links = snapshot.links(info.name)
        bounds = _own_links(links.out_indptr, links.in_indptr, links.in_source, row)
        first, last, in_first, self_first, self_last, in_last = bounds
        leaving, reaching = last - first, in_last - in_first - (self_last - self_first)
        size = leaving + reaching
        if size == 0:
            continue
        counts[info.name] = {"out": leaving, "in": reaching}
        low, high = max(start - total, 0), min(start + limit - total, size)
        if low < high:
            items += _page(snapshot, info, bounds, low, high)
        total += size
    if start > total:
        raise StaleCursor("this cursor points behind the last link; begin again without it")
    end = start + len(items)
    return NeighbourPage(tuple(items), counts, total, f"{bound}{end}" if end < total else None)


def position(bound: str, cursor: str | None, of: str) -> int:
    """How many items the pages before this cursor held. Raises StaleCursor where it does not begin with `bound`.

    of: what a cursor is bound to, in words.
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
    whole, real = _merged(
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
            whole.tolist(), real.tolist(), strict=True
        )
    ]


@numba.njit(cache=True, nogil=True)
def _own_links(out_indptr: Any, in_indptr: Any, in_source: Any, row: int) -> tuple[int, int, int, int, int, int]:
    """Bounds of the row's links: leaving first, last; arriving first, its self-links' first, last, and its last."""
    low, high = in_indptr[row], in_indptr[row + 1]
    sources = in_source[low:high]
    left, right = np.searchsorted(sources, row, side="left"), np.searchsorted(sources, row, side="right")
    return out_indptr[row], out_indptr[row + 1], low, low + left, low + right, high


@numba.njit(cache=True, nogil=True)
def _merged(ends: Any, columns: Any, bounds: Any, symmetric: bool, low: int, high: int) -> tuple[Any, Any]:
    """Links low..high of a row: int64[k, 5] (other end, arriving, entry, count, context) and float64[k, 4].

    Both directions are sorted by (other end, entry), so that they only need merging; a directed link that leaves goes
    before those that arrive from the same party, a symmetric kind goes by entry. The floats are weight, amount, first
    and last.
    """
    out_target, in_source, in_entry = ends
    counts, contexts, weight, amount, first, last = columns
    leaving, last_leaving, reaching, self_first, self_last, last_reaching = bounds
    whole, real = np.empty((high - low, 5), np.int64), np.empty((high - low, 4), np.float64)
    for at in range(high):
        if reaching == self_first:
            reaching = self_last
        is_in = leaving == last_leaving
        if not is_in and reaching < last_reaching:
            to, by = out_target[leaving], in_source[reaching]
            is_in = by < to or (by == to and symmetric and in_entry[reaching] < leaving)
        other = in_source[reaching] if is_in else out_target[leaving]
        entry = in_entry[reaching] if is_in else leaving
        if at >= low:
            own, numbers = whole[at - low], real[at - low]
            own[0], own[1], own[2], own[3], own[4] = other, is_in, entry, counts[entry], contexts[entry]
            numbers[0], numbers[1], numbers[2], numbers[3] = weight[entry], amount[entry], first[entry], last[entry]
        if is_in:
            reaching += 1
        else:
            leaving += 1
    return whole, real


# ------------------------------------------------------------------------------ neighbourhoods, sharing


def within(
    snapshot: Snapshot, row: int, hops: int = 2, limit: int = 300, kinds: Collection[str] | None = None
) -> Neighbourhood:
    """The parties at most `hops` links away, the start included; the nearest `limit` of them are kept."""
    check_rows(snapshot, row)
    if hops < 0 or limit < 1:
        raise UsageError("a neighbourhood needs 0 hops or more and a limit of 1 or more")
    ends = ends_of(snapshot, chosen_kinds(snapshot, kinds))
    seen = np.zeros(snapshot.n_parties, bool)
    seen[row] = True
    levels = [np.array([row], np.int32)]
    while len(levels) <= hops and len(levels[-1]):
        levels.append(next_level(ends, levels[-1], seen))
    rows = np.concatenate(levels)
    distance = np.repeat(np.arange(len(levels)), [len(level) for level in levels]).astype(np.int8)
    return Neighbourhood(rows[:limit], distance[:limit], len(rows))


def shared_identifiers(snapshot: Snapshot, a: int, b: int, kinds: Collection[str] | None = None) -> list[int]:
    """Rows of the phones, devices, addresses and accounts that both parties are linked with, ascending."""
    check_rows(snapshot, a, b)
    ends = ends_of(snapshot, chosen_kinds(snapshot, kinds))
    near = [next_level(ends, np.array([row], np.int32), np.zeros(snapshot.n_parties, bool)) for row in (a, b)]
    common = np.intersect1d(near[0], near[1], assume_unique=True)
    codes = [code for code, kind in enumerate(snapshot.party_kinds) if kind in IDENTIFIER_KINDS]
    shared: list[int] = common[np.isin(snapshot.party_kind[common], codes)].tolist()
    return [row for row in shared if row not in (a, b)]
