"""Features of the known outcomes at the other ends of a party's links, for each kind and direction.

Those whom a party guarantees differ from those who guarantee it, and loans from payments. Where a category
has one symmetric kind alone, `gnn.features.label_features` has the same columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gnn.arrays import F32, I64, RowIndex
from gnn.features.label_features import SHRINK
from gnn.features.link_features import LinkColumns
from graph.csr import ranges
from graph.snapshots.snapshot import Snapshot

Side = tuple[I64, I64]  # each pair of destination (by position) and source (by row) once


def columns(kinds: Sequence[LinkColumns]) -> tuple[tuple[str, str], ...]:
    """(family, name) of each column: for each side of each kind the bad rate, and how many are bad."""
    if len(kinds) == 1 and kinds[0].symmetric:
        return ()
    sides = [side for kind in kinds for side in kind.sides]
    return tuple((f"kind_{name}", f"{side}.{name}") for side in sides for name in ("bad_rate", "bad_count"))


def compute(kinds: Sequence[LinkColumns], snapshot: Snapshot, rows: RowIndex, y: F32, base: float) -> F32:
    """F32[k, len(columns)] of these parties; NaN where a party has no link of the kind and direction.

    y F32[n] are the outcomes of sources, NaN unknown. base: the rate towards which few outcomes are shrunk.
    """
    k = len(np.zeros(snapshot.n_parties, np.bool_)[rows])
    known, bad = ~np.isnan(y), y == 1
    parts = [np.empty((k, 0))]
    for kind in kinds if columns(kinds) else ():
        for destination, source in _far_ends(kind, snapshot, rows):
            degree = np.bincount(destination, minlength=k)
            count = np.bincount(destination[known[source]], minlength=k)
            bads = np.bincount(destination[bad[source]], minlength=k)
            pair = np.stack([(bads + SHRINK * base) / (count + SHRINK), np.log1p(bads)], axis=1)
            parts.append(np.where(degree[:, None] > 0, pair, np.nan))
    return np.concatenate(parts, axis=1).astype(np.float32)


def _far_ends(kind: LinkColumns, snapshot: Snapshot, rows: RowIndex) -> list[Side]:
    if kind.kind not in snapshot.kinds:
        none = np.empty(0, np.int64)
        return [(none, none) for _ in kind.sides]
    links, parties = snapshot.links(kind.kind), np.arange(snapshot.n_parties)[rows]
    out = _along(links.out_indptr, links.out_target, parties)
    into = _along(links.in_indptr, links.in_source, parties)
    sides = [tuple(np.concatenate(part) for part in zip(out, into, strict=True))] if kind.symmetric else [out, into]
    return [_distinct(destination, source, parties, snapshot.n_parties) for destination, source in sides]


def _along(indptr: Any, far: Any, rows: I64) -> Side:
    destination, position = ranges(np.asarray(indptr)[rows], np.asarray(indptr)[rows + 1])
    return destination, np.asarray(far, np.int64)[position]


def _distinct(destination: I64, source: I64, rows: I64, n: int) -> Side:
    """Each pair once, without links to oneself."""
    others = source != rows[destination]
    pairs = np.unique(destination[others] * n + source[others])
    return pairs // n, pairs % n
