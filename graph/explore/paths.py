"""The shortest paths between two parties: links read as undirected, equally short paths by their rows."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from graph.errors import UsageError
from graph.explore.bfs import (
    AdjacencyLists,
    Rows,
    adjacency_lists,
    adjacent_among,
    check_rows,
    next_frontier,
    selected_kinds,
)
from graph.explore.links import carried_through
from graph.snapshots.links import KindInfo
from graph.snapshots.snapshot import Snapshot

MAX_HOPS: Final = 6


@dataclass(frozen=True, slots=True)
class StepKind:
    """The links of one kind that a step can take: how many lead along the path (`out`) and against it (`in`).

    via: rows of the identifiers through which they are carried, ascending.
    """

    kind: str
    category: str
    out_links: int
    in_links: int
    via: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path, from a row to the next, with the kinds of link between them."""

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
        """Number of steps."""
        return len(self.steps)


def shortest_path(
    snapshot: Snapshot, a: int, b: int, max_hops: int = MAX_HOPS, kinds: Collection[str] | None = None
) -> Path | None:
    """The path with the fewest hops, of several the first by rows; None where it has more than `max_hops`.

    Raises what `paths` raises.
    """
    shortest = paths(snapshot, a, b, max_hops, 1, kinds)
    return shortest[0] if shortest else None


def paths(
    snapshot: Snapshot,
    a: int,
    b: int,
    max_hops: int = MAX_HOPS,
    limit: int = 3,
    kinds: Collection[str] | None = None,
) -> list[Path]:
    """The first `limit` loopless paths from `a` to `b` by (hops, rows), of at most `max_hops` steps.

    Each further path leaves an earlier one at some row, its root, and is the shortest that continues the root by a step
    that no earlier path with this root takes.

    Raises UsageError for a row outside the snapshot, hops below 0 or a limit below 1.
    Raises UnknownKind for a kind that is neither in the snapshot nor built in.
    Source: Yen, "Finding the K shortest loopless paths in a network", Management Science 17 (1971).
    """
    check_rows(snapshot, a, b)
    if max_hops < 0 or limit < 1:
        raise UsageError("paths need 0 hops or more and a limit of 1 or more")
    selected = selected_kinds(snapshot, kinds)
    lists = adjacency_lists(snapshot, selected)
    first = _shortest(lists, snapshot.n_parties, (a,), b, max_hops, set())
    candidates = [] if first is None else [(len(first), first)]
    shortest: list[tuple[int, ...]] = []
    while candidates and len(shortest) < limit:
        _, path = heapq.heappop(candidates)
        shortest.append(path)
        if len(shortest) == limit:
            break
        for i in range(len(path) - 1):
            root = path[: i + 1]
            excluded = {other[i + 1] for other in shortest if other[: i + 1] == root}
            further = _shortest(lists, snapshot.n_parties, root, b, max_hops, excluded)
            if further is not None and (len(further), further) not in candidates:
                heapq.heappush(candidates, (len(further), further))
    return [Path(rows, _steps(snapshot, selected, rows)) for rows in shortest]


def _shortest(
    lists: AdjacencyLists, n: int, root: Sequence[int], goal: int, max_hops: int, excluded: set[int]
) -> tuple[int, ...] | None:
    """The shortest, then first by rows, path that continues `root` to `goal` by none of the excluded rows.

    Bidirectional breadth-first search: the smaller frontier moves. The first step is always the start's, so that
    `excluded` holds for it alone; the search from the goal never enters the root.
    """
    start = root[-1]
    if start == goal:
        return tuple(root)
    if len(root) > max_hops:
        return None
    visited, visited_from_goal = np.zeros(n, bool), np.zeros(n, bool)
    visited[list(root)] = visited_from_goal[list(root)] = True
    visited_from_goal[goal] = True
    visited[list(excluded)] = True
    forward = [np.array([start], np.int32), next_frontier(lists, np.array([start], np.int32), visited)]
    visited[list(excluded - set(root))] = False
    backward = [np.array([goal], np.int32)]
    while True:
        meeting = np.intersect1d(forward[-1], backward[-1], assume_unique=True)
        if len(meeting):
            return (*root, *_first_by_rows(lists, n, forward, backward, meeting))
        hops = len(root) - 1 + len(forward) - 1 + len(backward) - 1
        if hops >= max_hops or not len(forward[-1]) or not len(backward[-1]):
            return None
        if len(forward[-1]) <= len(backward[-1]):
            forward.append(next_frontier(lists, forward[-1], visited))
        else:
            backward.append(next_frontier(lists, backward[-1], visited_from_goal))


def _first_by_rows(
    lists: AdjacencyLists, n: int, forward: list[Rows], backward: list[Rows], meeting: Rows
) -> list[int]:
    """The rows after the start of the first path, by rows, through the frontiers that met."""
    on_paths = [meeting]
    for frontier in reversed(forward[1:-1]):
        on_paths.append(adjacent_among(lists, on_paths[-1], frontier, n))
    ahead = [*reversed(on_paths), *reversed(backward[:-1])]
    rows = [int(ahead[0][0])]
    for frontier in ahead[1:]:
        rows.append(int(adjacent_among(lists, np.array(rows[-1:], np.int32), frontier, n)[0]))
    return rows


def _steps(snapshot: Snapshot, kinds: list[KindInfo], rows: Sequence[int]) -> tuple[Step, ...]:
    steps = []
    for source, target in pairwise(rows):
        step_kinds = []
        for info in kinds:
            links = snapshot.links(info.name)
            along, against = len(links.between(source, target)), len(links.between(target, source))
            if along or against:
                via = tuple(carried_through(snapshot, source, target, [info.name]))
                step_kinds.append(StepKind(info.name, info.category, along, against, via))
        steps.append(Step(source, target, tuple(step_kinds)))
    return tuple(steps)
