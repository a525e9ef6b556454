"""The links within a set of parties: what an export of a neighbourhood holds beside its parties."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from graph.csr import ranges
from graph.snapshots.links import KindInfo
from graph.snapshots.snapshot import Snapshot


def links_within(
    snapshot: Snapshot, rows: npt.NDArray[np.int32], kinds: list[KindInfo]
) -> Iterator[tuple[KindInfo, npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """For each of the kinds, in order, the source rows int64[m] and entries int64[m] of its links between the rows."""
    inside = np.zeros(snapshot.n_parties, bool)
    inside[rows] = True
    sources = np.sort(rows).astype(np.int64)
    for info in kinds:
        links = snapshot.links(info.name)
        place, entries = ranges(links.out_indptr[sources], links.out_indptr[sources + 1])
        within = inside[links.out_target[entries]]
        yield info, sources[place[within]], entries[within]
