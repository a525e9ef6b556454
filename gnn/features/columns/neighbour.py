"""Which statistics over neighbours are columns: those that tell parties apart, within a budget.

Attributes times categories times statistics grow without bound. What all ends of a category's links have alike makes a
statistic that is the same for everybody, and is left out. Beyond MOST_COLUMNS the finest statistics go first, and among
those of one family the ones that tell the fewest parties apart. Outcomes are not looked at, nor the order of anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from gnn.arrays import I64
from gnn.features.columns.record import Column
from gnn.propagation.aggregators import QUANTILES
from graph.snapshots.snapshot import Snapshot

MOST_COLUMNS: Final = 512  # of a feature list, positions apart
DEGREE: Final = "degree"
NUMERIC: Final = ("percentile_rank", "quantile", "diff_to_two_hop_mean")  # families of numbers alone
FINEST_FIRST: Final = ("path_mean", *NUMERIC, "two_hop_mean", "mean")

Read = Mapping[str, Mapping[str, tuple[str, ...]]]  # block -> family -> names of what neighbours show


def shown_names(columns: Iterable[Column], party_kinds: tuple[str, ...]) -> tuple[str, ...]:
    """What a party shows its neighbours: its attributes, its kind where there are several, and its degree."""
    kinds = party_kinds if len(party_kinds) > 1 else ()
    return (*(column.name for column in columns), *(f"kind={kind}" for kind in kinds), DEGREE)


def fit_read(
    snapshot: Snapshot,
    columns: tuple[Column, ...],
    party_kinds: tuple[str, ...],
    blocks: Iterable[str],
    others: int,
    most: int = MOST_COLUMNS,
) -> Read:
    """What each statistic of each block reads. blocks: categories and paths `a>b`; others: number of other columns."""
    blocks = tuple(blocks)
    apart = {
        category: _told_apart(snapshot, columns, party_kinds, _ends(snapshot, category))
        for category in {block.split(">")[-1] for block in blocks}
    }
    numbers = {DEGREE, *(column.name for column in columns if column.word is None)}
    attributes = {DEGREE, *(column.name for column in columns)}
    found = {
        (family, block, name)
        for block in blocks
        for name, parties in apart[block.split(">")[-1]].items()
        for family in (("path_mean",) if ">" in block else FINEST_FIRST[1:])
        if parties and (name in numbers or family not in NUMERIC) and (name in attributes or ">" not in block)
    }

    def fineness(one: tuple[str, str, str]) -> tuple[int, int, str, str]:
        family, block, name = one
        return FINEST_FIRST.index(family), apart[block.split(">")[-1]][name], block, name

    width = others + sum(map(_width, found))
    for one in sorted(found, key=fineness):
        if width <= most:
            break
        found.remove(one)
        width -= _width(one)
    names = shown_names(columns, party_kinds)
    return {
        block: {
            family: read
            for family in FINEST_FIRST
            if (read := tuple(name for name in names if (family, block, name) in found))
        }
        for block in blocks
    }


def _width(one: tuple[str, str, str]) -> int:
    return len(QUANTILES) if one[0] == "quantile" else 1


def _ends(snapshot: Snapshot, category: str) -> I64:
    """The parties that have a link of a category, ascending."""
    linked = np.zeros(snapshot.n_parties, np.bool_)
    for kind in snapshot.kinds_of({category}):
        links = snapshot.links(kind)
        linked |= (np.diff(links.out_indptr) > 0) | (np.diff(links.in_indptr) > 0)
    return np.flatnonzero(linked)


def _told_apart(
    snapshot: Snapshot, columns: Iterable[Column], party_kinds: tuple[str, ...], ends: I64
) -> dict[str, int]:
    """How many of these parties differ from what most of them show, by name; unknown is a value like any other."""
    found = {column.name: _others(_values(snapshot, column, ends)) for column in columns}
    if len(party_kinds) > 1:
        kind = snapshot.party_kind[ends]
        number = {name: int((kind == code).sum()) for code, name in enumerate(snapshot.party_kinds)}
        found |= {f"kind={name}": min(number[name], len(ends) - number[name]) for name in party_kinds}
    return {**found, DEGREE: len(ends) + 1}


def _values(snapshot: Snapshot, column: Column, rows: I64) -> np.ndarray:
    if column.word is None:
        return np.asarray(snapshot.numeric[column.attribute][rows])
    codes, words = snapshot.categorical[column.attribute]
    own = codes[rows]
    return np.where(own < 0, -1, own == words.index(column.word))


def _others(values: np.ndarray) -> int:
    """How many differ from the most frequent value."""
    return len(values) - int(np.unique(values, return_counts=True)[1].max(initial=0))
