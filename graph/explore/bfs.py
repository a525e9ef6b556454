"""Levels of a breadth-first walk over a snapshot's links, read as undirected."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from graph.errors import UnknownKind, UsageError
from graph.schema import RELATIONSHIP_KINDS
from graph.snapshots.snapshot import KindInfo, Snapshot

Rows = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Ends = list[tuple[npt.NDArray[np.int64], Rows]]  # (indptr, other ends) of each kind and direction


def check_rows(snapshot: Snapshot, *rows: int) -> None:
    for row in rows:
        if not 0 <= row < snapshot.n_parties:
            raise UsageError(f"row {row} is outside 0..{snapshot.n_parties - 1} of this snapshot")


def chosen_kinds(snapshot: Snapshot, kinds: Collection[str] | None) -> list[KindInfo]:
    """The kinds asked for that have links here, by name. Raises UnknownKind for one that cannot be known."""
    for kind in kinds or ():
        if kind not in snapshot.kinds and kind not in RELATIONSHIP_KINDS:
            raise UnknownKind(f"no kind {kind!r} here; this snapshot has {', '.join(snapshot.kinds) or 'no links'}")
    return [info for name, info in snapshot.kinds.items() if kinds is None or name in kinds]


def ends_of(snapshot: Snapshot, chosen: list[KindInfo]) -> Ends:
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


def next_level(ends: Ends, rows: Rows, seen: Flags) -> Rows:
    """Rows one hop further that were not seen, ascending; they are marked as seen."""
    reached = np.empty(len(seen), np.int32)
    filled = 0
    for indptr, others in ends:
        filled = _reach(indptr, others, rows, seen, reached, filled)
    return np.sort(reached[:filled])


def next_to(ends: Ends, rows: Rows, among: Rows, n: int) -> Rows:
    """Those of `among` that are one hop from any of `rows`, ascending."""
    elsewhere = np.ones(n, bool)
    elsewhere[among] = False
    return next_level(ends, rows, elsewhere)
