"""Walking a snapshot: neighbours by page, neighbourhoods, shortest paths, shared identifiers.

Paths and neighbourhoods read every link as undirected. Answers depend on the snapshot alone: where several would do,
the one with the smaller rows comes first. Nothing is cut silently: what is limited says how much there is.
"""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from graph.errors import UnknownKind, UsageError
from graph.schema import CONTEXTS, IDENTIFIER_KINDS, RELATIONSHIP_KINDS
from graph.snapshot import KindInfo, Snapshot

Rows = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Ends = list[tuple[npt.NDArray[np.int64], Rows]]  # (indptr, other ends) of each kind and direction

MAX_HOPS: Final = 6


@dataclass(frozen=True, slots=True)
class NeighbourLink:
    """One link seen from one of its ends; `party` is the row of the other end, None is missing.

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


@dataclass(frozen=True, slots=True)
class StepKind:
    """Links of one kind that a step can take: how many lead along the path (`out`) and against it (`in`)."""

    kind: str
    category: str
    out_links: int
    in_links: int


@dataclass(frozen=True, slots=True)
class Step:
    """From one row of a path to the next, and by which kinds."""

    source: int
    target: int
    kinds: tuple[StepKind, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """Rows from one end to the other, each once, and the steps between them."""

    rows: tuple[int, ...]
    steps: tuple[Step, ...]

    @property
    def hops(self) -> int:
        return len(self.steps)


# ----------------------------------------------------------------------------------------- neighbours


def neighbours(
    snapshot: Snapshot, row: int, kinds: Collection[str] | None = None, limit: int = 100, cursor: str | None = None
) -> NeighbourPage:
    """A page of at most `limit` links of `row`, of the given kinds (default: all).

    Raises UsageError for a limit below 1 or a cursor of another snapshot, party or choice of kinds.
    """
    _check_rows(snapshot, row)
    if limit < 1:
        raise UsageError(f"a page of {limit} links cannot be; ask for 1 or more")
    chosen = _chosen(snapshot, kinds)
    bound = f"{snapshot.id[:16]}-{row}-{zlib.crc32(' '.join(info.name for info in chosen).encode()):08x}-"
    start = _position(bound, cursor)
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
        raise UsageError("this cursor points behind the last link; begin again without it")
    end = start + len(items)
    return NeighbourPage(tuple(items), counts, total, f"{bound}{end}" if end < total else None)


def _position(bound: str, cursor: str | None) -> int:
    if cursor is None:
        return 0
    position = cursor.removeprefix(bound)
    if position == cursor or not (position.isascii() and position.isdigit()) or len(position) > 12:
        raise UsageError("this cursor belongs to another snapshot, party or choice of kinds; begin again without it")
    return int(position)


def _page(
    snapshot: Snapshot, info: KindInfo, bounds: tuple[int, int, int, int, int, int], low: int, high: int
) -> list[NeighbourLink]:
    """Links low..high of one kind of a party, in order."""
    links = snapshot.links(info.name)
    others, entries, arriving = _merged(
        links.out_target, links.in_source, links.in_entry, *bounds, info.symmetric, low, high
    )
    told = zip(
        others.tolist(),
        entries.tolist(),
        arriving.tolist(),
        *(column[entries].tolist() for column in (links.weight, links.first, links.last, links.count, links.amount)),
        links.context[entries].tolist(),
        strict=True,
    )
    return [
        NeighbourLink(
            info.name,
            info.category,
            "both" if info.symmetric else "in" if is_in else "out",
            party,
            entry,
            _known(weight),
            _known(first),
            _known(last),
            count,
            _known(amount),
            CONTEXTS[context - 1] if context else None,
        )
        for party, entry, is_in, weight, first, last, count, amount, context in told
    ]


@numba.njit(cache=True, nogil=True)
def _own_links(out_indptr: Any, in_indptr: Any, in_source: Any, row: int) -> tuple[int, int, int, int, int, int]:
    """Bounds of the row's links: leaving first, last; arriving first, its self-links' first, last, and its last."""
    low, high = in_indptr[row], in_indptr[row + 1]
    sources = in_source[low:high]
    left, right = np.searchsorted(sources, row, side="left"), np.searchsorted(sources, row, side="right")
    return out_indptr[row], out_indptr[row + 1], low, low + left, low + right, high


@numba.njit(cache=True, nogil=True)
def _merged(
    out_target: Any,
    in_source: Any,
    in_entry: Any,
    leaving: int,
    last_leaving: int,
    reaching: int,
    self_first: int,
    self_last: int,
    last_reaching: int,
    symmetric: bool,
    low: int,
    high: int,
) -> tuple[Any, Any, Any]:
    """Links low..high of a row: other ends, entries, and whether they arrive.

    Both directions are sorted by (other end, entry), so that they only need merging; a directed link that leaves goes
    before those that arrive from the same party, a symmetric kind goes by entry.
    """
    others, entries = np.empty(high - low, np.int32), np.empty(high - low, np.int64)
    arriving = np.empty(high - low, np.bool_)
    for at in range(high):
        if reaching == self_first:
            reaching = self_last
        is_in = leaving == last_leaving
        if not is_in and reaching < last_reaching:
            to, by = out_target[leaving], in_source[reaching]
            is_in = by < to or (by == to and symmetric and in_entry[reaching] < leaving)
        if at >= low:
            arriving[at - low] = is_in
            others[at - low] = in_source[reaching] if is_in else out_target[leaving]
            entries[at - low] = in_entry[reaching] if is_in else leaving
        if is_in:
            reaching += 1
        else:
            leaving += 1
    return others, entries, arriving


def _known(value: float) -> float | None:
    return None if value != value else value


# ------------------------------------------------------------------------------ neighbourhoods, sharing


def within(
    snapshot: Snapshot, row: int, hops: int = 2, limit: int = 300, kinds: Collection[str] | None = None
) -> Neighbourhood:
    """The parties at most `hops` links away, the start included; the nearest `limit` of them are kept."""
    _check_rows(snapshot, row)
    if hops < 0 or limit < 1:
        raise UsageError("a neighbourhood needs 0 hops or more and a limit of 1 or more")
    ends = _ends(snapshot, _chosen(snapshot, kinds))
    seen = np.zeros(snapshot.n_parties, bool)
    seen[row] = True
    levels = [np.array([row], np.int32)]
    while len(levels) <= hops and len(levels[-1]):
        levels.append(_next_level(ends, levels[-1], seen))
    rows = np.concatenate(levels)
    distance = np.repeat(np.arange(len(levels)), [len(level) for level in levels]).astype(np.int8)
    return Neighbourhood(rows[:limit], distance[:limit], len(rows))


def shared_identifiers(snapshot: Snapshot, a: int, b: int, kinds: Collection[str] | None = None) -> list[int]:
    """Rows of the phones, devices, addresses and accounts that both parties are linked with, ascending."""
    _check_rows(snapshot, a, b)
    ends = _ends(snapshot, _chosen(snapshot, kinds))
    near = [_next_level(ends, np.array([row], np.int32), np.zeros(snapshot.n_parties, bool)) for row in (a, b)]
    common = np.intersect1d(*near, assume_unique=True)
    codes = [code for code, kind in enumerate(snapshot.party_kinds) if kind in IDENTIFIER_KINDS]
    shared: list[int] = common[np.isin(snapshot.party_kind[common], codes)].tolist()
    return [row for row in shared if row not in (a, b)]


# ---------------------------------------------------------------------------------------------- paths


def shortest_path(
    snapshot: Snapshot, a: int, b: int, max_hops: int = MAX_HOPS, kinds: Collection[str] | None = None
) -> Path | None:
    """The path with the fewest hops, among several the one whose rows come first; None beyond `max_hops`."""
    found = paths(snapshot, a, b, max_hops, 1, kinds)
    return found[0] if found else None


def paths(
    snapshot: Snapshot,
    a: int,
    b: int,
    max_hops: int = MAX_HOPS,
    limit: int = 3,
    kinds: Collection[str] | None = None,
) -> list[Path]:
    """The first `limit` paths by (hops, rows) that visit no row twice and have at most `max_hops` steps.

    Yen, "Finding the K shortest loopless paths in a network", Management Science 17 (1971): each further path leaves
    an earlier one at some row, and is the shortest that does so by a step that none took from there.
    """
    _check_rows(snapshot, a, b)
    if max_hops < 0 or limit < 1:
        raise UsageError("paths need 0 hops or more and a limit of 1 or more")
    chosen = _chosen(snapshot, kinds)
    ends = _ends(snapshot, chosen)
    first = _shortest(ends, snapshot.n_parties, (a,), b, max_hops, set())
    waiting = [] if first is None else [(len(first), first)]
    found: list[tuple[int, ...]] = []
    while waiting and len(found) < limit:
        _, path = heapq.heappop(waiting)
        found.append(path)
        if len(found) == limit:
            break
        for i in range(len(path) - 1):
            root = path[: i + 1]
            taken = {other[i + 1] for other in found if other[: i + 1] == root}
            further = _shortest(ends, snapshot.n_parties, root, b, max_hops, taken)
            if further is not None and (len(further), further) not in waiting:
                heapq.heappush(waiting, (len(further), further))
    return [Path(rows, _steps(snapshot, chosen, rows)) for rows in found]


def _shortest(
    ends: Ends, n: int, root: Sequence[int], goal: int, max_hops: int, taken: set[int]
) -> tuple[int, ...] | None:
    """The shortest, then smallest, path from `root` on to `goal` whose next row is none of `taken`.

    Two-sided breadth-first search. The start is left first, so that `taken` holds; the far side never enters it.
    """
    start = root[-1]
    if start == goal:
        return tuple(root)
    if len(root) > max_hops:
        return None
    seen, seen_far = np.zeros(n, bool), np.zeros(n, bool)
    seen[list(root)] = seen_far[list(root)] = True
    seen_far[goal] = True
    seen[list(taken)] = True
    near = [np.array([start], np.int32), _next_level(ends, np.array([start], np.int32), seen)]
    seen[list(taken - set(root))] = False  # barred as the next row only
    far = [np.array([goal], np.int32)]
    while True:
        meeting = np.intersect1d(near[-1], far[-1], assume_unique=True)
        if len(meeting):
            return (*root, *_smallest(ends, n, near, far, meeting))
        hops = len(root) - 1 + len(near) - 1 + len(far) - 1
        if hops >= max_hops or not len(near[-1]) or not len(far[-1]):
            return None
        if len(near[-1]) <= len(far[-1]):
            near.append(_next_level(ends, near[-1], seen))
        else:
            far.append(_next_level(ends, far[-1], seen_far))


def _smallest(ends: Ends, n: int, near: list[Rows], far: list[Rows], meeting: Rows) -> list[int]:
    """The rows after the start of the smallest path through the levels that met."""
    useful = [meeting]
    for level in reversed(near[1:-1]):
        useful.append(_next_to(ends, useful[-1], level, n))
    ahead = [*reversed(useful), *reversed(far[:-1])]
    rows = [int(ahead[0][0])]
    for level in ahead[1:]:
        rows.append(int(_next_to(ends, np.array(rows[-1:], np.int32), level, n)[0]))
    return rows


def _steps(snapshot: Snapshot, chosen: list[KindInfo], rows: Sequence[int]) -> tuple[Step, ...]:
    steps = []
    for source, target in pairwise(rows):
        kinds = []
        for info in chosen:
            along, against = _parallel(snapshot, info, source, target), _parallel(snapshot, info, target, source)
            if along or against:
                kinds.append(StepKind(info.name, info.category, along, against))
        steps.append(Step(source, target, tuple(kinds)))
    return tuple(steps)


def _parallel(snapshot: Snapshot, info: KindInfo, source: int, target: int) -> int:
    """How many links of the kind lead from source to target."""
    links = snapshot.links(info.name)
    count: int = _count_links(links.out_indptr, links.out_target, source, target)
    return count


# --------------------------------------------------------------------------------------------- levels


def _check_rows(snapshot: Snapshot, *rows: int) -> None:
    for row in rows:
        if not 0 <= row < snapshot.n_parties:
            raise UsageError(f"row {row} is outside 0..{snapshot.n_parties - 1} of this snapshot")


def _chosen(snapshot: Snapshot, kinds: Collection[str] | None) -> list[KindInfo]:
    """The kinds asked for that have links here, by name. Raises UnknownKind for one that cannot be known."""
    for kind in kinds or ():
        if kind not in snapshot.kinds and kind not in RELATIONSHIP_KINDS:
            raise UnknownKind(f"no kind {kind!r} here; this snapshot has {', '.join(snapshot.kinds) or 'no links'}")
    return [info for name, info in snapshot.kinds.items() if kinds is None or name in kinds]


def _ends(snapshot: Snapshot, chosen: list[KindInfo]) -> Ends:
    ends: Ends = []
    for info in chosen:
        links = snapshot.links(info.name)
        ends += [(links.out_indptr, links.out_target), (links.in_indptr, links.in_source)]
    return ends


@numba.njit(cache=True, nogil=True)
def _reach(indptr: Any, others: Any, rows: Any, seen: Any, reached: Any, filled: int) -> int:
    """Append to `reached` the other ends not seen yet and mark them; returns how many it now holds."""
    for row in rows:
        for at in range(indptr[row], indptr[row + 1]):
            other = others[at]
            if not seen[other]:
                seen[other] = True
                reached[filled] = other
                filled += 1
    return filled


@numba.njit(cache=True, nogil=True)
def _count_links(indptr: Any, targets: Any, source: int, target: int) -> Any:
    """How often `target` is among the ascending targets of `source`."""
    own = targets[indptr[source] : indptr[source + 1]]
    return np.searchsorted(own, target, side="right") - np.searchsorted(own, target, side="left")


def _next_level(ends: Ends, rows: Rows, seen: Flags) -> Rows:
    """Rows one hop further that were not seen, ascending; they are marked as seen."""
    reached = np.empty(len(seen), np.int32)
    filled = 0
    for indptr, others in ends:
        filled = _reach(indptr, others, rows, seen, reached, filled)
    return np.sort(reached[:filled])


def _next_to(ends: Ends, rows: Rows, among: Rows, n: int) -> Rows:
    """Those of `among` that are one hop from any of `rows`, ascending."""
    elsewhere = np.ones(n, bool)
    elsewhere[among] = False
    return _next_level(ends, rows, elsewhere)
