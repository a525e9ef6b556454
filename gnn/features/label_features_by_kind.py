"""Features of the known outcomes at the other ends of a party's links, for each kind and direction.

Those whom a party guarantees differ from those who guarantee it, and loans from payments. Where a category
has one symmetric kind alone, `gnn.features.label_features` has the same columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gnn.arrays import F32, I64
from gnn.features.label_features import SHRINK
from gnn.features.link_features import LinkColumns
from graph.snapshots.snapshot import Snapshot

Side = tuple[I64, I64]  # each pair of destination (by position) and source (by row) once


def columns(kinds: Sequence[LinkColumns]) -> tuple[tuple[str, str], ...]:
    """(family, name) of each column: for each side of each kind the bad rate, and how many are bad."""
    if len(kinds) == 1 and kinds[0].symmetric:
        return ()
    sides = [side for kind in kinds for side in kind.sides]
    return tuple((f"kind_{name}", f"{side}.{name}") for side in sides for name in ("bad_rate", "bad_count"))


def compute(
    kinds: Sequence[LinkColumns], snapshot: Snapshot, rows: I64, outcomes: Callable[[I64], F32], base: float
) -> F32:
    """F32[k, len(columns)] of these parties; NaN where a party has no link of the kind and direction.

    outcomes: of some parties F32[.], NaN unknown. base: the rate towards which few outcomes are shrunk.
    """
    k = len(rows)
    parts = [np.empty((k, 0))]
    for kind in kinds if columns(kinds) else ():
        for destination, source in _far_ends(kind, snapshot, rows):
            y = outcomes(source)
            degree = np.bincount(destination, minlength=k)
            count = np.bincount(destination[~np.isnan(y)], minlength=k)
            bads = np.bincount(destination[y == 1], minlength=k)
            pair = np.stack([(bads + SHRINK * base) / (count + SHRINK), np.log1p(bads)], axis=1)
            parts.append(np.where(degree[:, None] > 0, pair, np.nan))
    return np.concatenate(parts, axis=1).astype(np.float32)


def _far_ends(kind: LinkColumns, snapshot: Snapshot, rows: I64) -> list[Side]:
    if kind.kind not in snapshot.kinds:
        none = np.empty(0, np.int64)
        return [(none, none) for _ in kind.sides]
    links = snapshot.links(kind.kind)
    out, into = links.leaving(rows), links.reaching(rows)
    sides = [out.and_also(into)] if kind.symmetric else [out, into]
    return [_distinct(side.position, side.party.astype(np.int64), rows, snapshot.n_parties) for side in sides]


def _distinct(destination: I64, source: I64, rows: I64, n: int) -> Side:
    """Each pair once, without links to oneself."""
    others = source != rows[destination]
    pairs = np.sort(destination[others] * n + source[others])
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    return pairs // n, pairs % n
