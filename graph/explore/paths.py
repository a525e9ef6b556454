"""Shortest paths over a snapshot, and the next few: links read as undirected, the smaller rows first."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numba
import numpy as np

from graph.errors import UsageError
from graph.explore.bfs import Ends, Rows, check_rows, chosen_kinds, ends_of, next_level, next_to
from graph.snapshots.snapshot import KindInfo, Snapshot

MAX_HOPS: Final = 6


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
    check_rows(snapshot, a, b)
    if max_hops < 0 or limit < 1:
        raise UsageError("paths need 0 hops or more and a limit of 1 or more")
    chosen = chosen_kinds(snapshot, kinds)
    ends = ends_of(snapshot, chosen)
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
    near = [np.array([start], np.int32), next_level(ends, np.array([start], np.int32), seen)]
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
            near.append(next_level(ends, near[-1], seen))
        else:
            far.append(next_level(ends, far[-1], seen_far))


def _smallest(ends: Ends, n: int, near: list[Rows], far: list[Rows], meeting: Rows) -> list[int]:
    """The rows after the start of the smallest path through the levels that met."""
    useful = [meeting]
    for level in reversed(near[1:-1]):
        useful.append(next_to(ends, useful[-1], level, n))
    ahead = [*reversed(useful), *reversed(far[:-1])]
    rows = [int(ahead[0][0])]
    for level in ahead[1:]:
        rows.append(int(next_to(ends, np.array(rows[-1:], np.int32), level, n)[0]))
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


@numba.njit(cache=True, nogil=True)
def _count_links(indptr: Any, targets: Any, source: int, target: int) -> Any:
    """How often `target` is among the ascending targets of `source`."""
    own = targets[indptr[source] : indptr[source + 1]]
    return np.searchsorted(own, target, side="right") - np.searchsorted(own, target, side="left")
