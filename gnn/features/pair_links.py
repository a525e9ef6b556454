"""What links a pair beside ratings: contacts, friendships and money between the two, and common acquaintances.

One block for each category of CATEGORIES, empty (NaN) where the snapshot has no such links or they may not be used: so
barring a category equals removing its links.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gnn.arrays import F32
from graph.snapshots.snapshot import Snapshot

CATEGORIES: Final = ("contact", "social", "money")
_COLUMNS: Final = ("there", "back", "common")  # logs of 1 + links from a to b, from b to a, and of common neighbours
NAMES: Final[tuple[str, ...]] = tuple(f"{category}_{name}" for category in CATEGORIES for name in _COLUMNS)


def link_features(snapshot: Snapshot, a: npt.NDArray[Any], b: npt.NDArray[Any]) -> F32:
    """float32[k, len(NAMES)] of the ordered pairs (a, b) of rows. Reads only the links of these parties."""
    out = np.full((len(a), len(NAMES)), np.nan, np.float32)
    for i, category in enumerate(CATEGORIES):
        kinds = snapshot.kinds_of({category})
        if kinds:
            near = {row: _near(snapshot, kinds, row) for row in np.unique(np.concatenate([a, b])).tolist()}
            counts = [_counts(near, x, y) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
            block = np.array(counts, np.float64).reshape(len(a), len(_COLUMNS))
            out[:, i * len(_COLUMNS) : (i + 1) * len(_COLUMNS)] = np.log1p(block)
    return out


def masked(values: F32, categories: frozenset[str]) -> F32:
    """A copy of link features with only the blocks of `categories`."""
    kept = values.copy()
    for i, category in enumerate(CATEGORIES):
        if category not in categories:
            kept[:, i * len(_COLUMNS) : (i + 1) * len(_COLUMNS)] = np.nan
    return kept


_Near = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], frozenset[int]]


def _near(snapshot: Snapshot, kinds: list[str], row: int) -> _Near:
    """Whom a party is linked to, who is linked to it, and all of them; symmetric links count both ways."""
    to: list[npt.NDArray[np.int32]] = []
    of: list[npt.NDArray[np.int32]] = []
    for kind in kinds:
        links = snapshot.links(kind)
        targets, sources = links.out(row).party, links.into(row).party
        to += [targets, sources] if snapshot.kinds[kind].symmetric else [targets]
        of += [sources, targets] if snapshot.kinds[kind].symmetric else [sources]
    out, into = np.concatenate(to), np.concatenate(of)
    return out, into, frozenset(out.tolist()) | frozenset(into.tolist())


def _counts(near: Mapping[int, _Near], a: int, b: int) -> tuple[int, int, int]:
    out, into, all_of_a = near[a]
    common = len((all_of_a & near[b][2]) - {a, b})
    return int(np.count_nonzero(out == b)), int(np.count_nonzero(into == b)), common
