"""The parties within a few links of some, the nearest first, up to a bound."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from graph.csr import distinct
from graph.snapshots.snapshot import Snapshot

AT_ONCE: Final = 256  # rows whose links are followed together

I64 = npt.NDArray[np.int64]


def nearest(snapshot: Snapshot, rows: I64, hops: int, most: int) -> tuple[I64, int]:
    """Rows of the parties within `hops` links of some (ascending), at most `most` of them, and how many more there are.

    Nearer ones come first, and of equally near ones those of smaller rows. What only those beyond `most` lead to is not
    counted. Links are read as undirected; no column of them is copied.
    """
    seen = np.zeros(snapshot.n_parties, np.bool_)
    seen[rows] = True
    found, left_out = [rows[:most]], max(len(rows) - most, 0)
    for _ in range(hops):
        room = most - sum(map(len, found))
        if room <= 0:
            break
        frontier = _beside(snapshot, found[-1], seen)
        found.append(frontier[:room])
        left_out += max(len(frontier) - room, 0)
    return np.concatenate(found), left_out


def _beside(snapshot: Snapshot, rows: I64, seen: npt.NDArray[np.bool_]) -> I64:
    """The rows that are one link from some and not seen yet, ascending; marks them as seen."""
    found: list[I64] = [np.empty(0, np.int64)]
    for start in range(0, len(rows), AT_ONCE):
        chunk = rows[start : start + AT_ONCE]
        for kind in snapshot.kinds:
            links = snapshot.links(kind)
            for ends in (links.leaving(chunk).party, links.reaching(chunk).party):
                new = distinct(snapshot.n_parties, np.asarray(ends, np.int64))
                found.append(new[~seen[new]])
                seen[new] = True
    return np.sort(np.concatenate(found))
