"""Known outcomes at the far ends of a party's links, for each kind and direction.

Whom a party guarantees says another thing than who guarantees it, and a loan another than a payment. Where a category
has one kind that reads the same both ways, `gnn.features.label_features` has said it all.
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

Side = tuple[I64, I64]  # a link's receiver by position, and whom it hears by row; each pair once


def names(kinds: Sequence[LinkColumns]) -> tuple[str, ...]:
    """The columns: for each side of each kind the bad rate, and how many are bad."""
    if len(kinds) == 1 and kinds[0].symmetric:
        return ()
    return tuple(f"{side}.{name}" for kind in kinds for side in kind.sides for name in ("bad", "bads"))


def compute(kinds: Sequence[LinkColumns], snapshot: Snapshot, rows: RowIndex, y: F32, base: float) -> F32:
    """float32[k, len(names)] of these parties; NaN where a party has no link of the kind and direction.

    y float32[n] are the outcomes heard, NaN unknown. base: the rate towards which few outcomes are shrunk.
    """
    k = len(np.zeros(snapshot.n_parties, np.bool_)[rows])
    known, bad = ~np.isnan(y), y == 1
    columns = [np.empty((k, 0))]
    for kind in kinds if names(kinds) else ():
        for receiver, heard in _far_ends(kind, snapshot, rows):
            degree = np.bincount(receiver, minlength=k)
            count = np.bincount(receiver[known[heard]], minlength=k)
            bads = np.bincount(receiver[bad[heard]], minlength=k)
            pair = np.stack([(bads + SHRINK * base) / (count + SHRINK), np.log1p(bads)], axis=1)
            columns.append(np.where(degree[:, None] > 0, pair, np.nan))
    return np.concatenate(columns, axis=1).astype(np.float32)


def _far_ends(kind: LinkColumns, snapshot: Snapshot, rows: RowIndex) -> list[Side]:
    if kind.kind not in snapshot.kinds:
        nobody = np.empty(0, np.int64)
        return [(nobody, nobody) for _ in kind.sides]
    links, everybody = snapshot.links(kind.kind), np.arange(snapshot.n_parties)[rows]
    out = _along(links.out_indptr, links.out_target, everybody)
    into = _along(links.in_indptr, links.in_source, everybody)
    sides = [tuple(np.concatenate(part) for part in zip(out, into, strict=True))] if kind.symmetric else [out, into]
    return [_distinct(receiver, heard, everybody, snapshot.n_parties) for receiver, heard in sides]


def _along(indptr: Any, far: Any, rows: I64) -> Side:
    receiver, position = ranges(np.asarray(indptr)[rows], np.asarray(indptr)[rows + 1])
    return receiver, np.asarray(far, np.int64)[position]


def _distinct(receiver: I64, heard: I64, rows: I64, n: int) -> Side:
    """Each pair once, and nobody hears itself."""
    others = heard != rows[receiver]
    pairs = np.unique(receiver[others] * n + heard[others])
    return pairs // n, pairs % n
