"""What links a pair beside ratings: contacts, friendships and money between the two, and common acquaintances.

One block for each category of CATEGORIES, empty (NaN) where the snapshot has no such links or they may not be used: so
barring a category equals removing its links.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
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


@dataclass(frozen=True)
class _Near:
    """Whom a party is linked to and who is linked to it, by kind and direction, each ascending."""

    to: tuple[npt.NDArray[np.int32], ...]
    of: tuple[npt.NDArray[np.int32], ...]

    @cached_property
    def links(self) -> int:
        return sum(map(len, (*self.to, *self.of)))

    @cached_property
    def everybody(self) -> npt.NDArray[np.int32]:
        """Each party at the other end once, ascending."""
        return np.unique(np.concatenate([*self.to, *self.of]))

    def among(self, parties: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Which of some parties are at the other end of a link; a long list is searched and not read."""
        found = np.zeros(len(parties), np.bool_)
        for one in (*self.to, *self.of):
            if len(one):
                found |= one[one.searchsorted(parties).clip(max=len(one) - 1)] == parties
        return found


def _near(snapshot: Snapshot, kinds: list[str], row: int) -> _Near:
    """The links of a party; symmetric ones count both ways."""
    to: list[npt.NDArray[np.int32]] = []
    of: list[npt.NDArray[np.int32]] = []
    for kind in kinds:
        links = snapshot.links(kind)
        targets, sources = links.out(row).party, links.into(row).party
        to += [targets, sources] if snapshot.kinds[kind].symmetric else [targets]
        of += [sources, targets] if snapshot.kinds[kind].symmetric else [sources]
    return _Near(tuple(to), tuple(of))


def _counts(near: Mapping[int, _Near], a: int, b: int) -> tuple[int, int, int]:
    fewer, more = sorted((near[a], near[b]), key=lambda one: one.links)
    candidates = fewer.everybody
    common = more.among(candidates) & (candidates != a) & (candidates != b)
    return _number_of(near[a].to, b), _number_of(near[a].of, b), int(np.count_nonzero(common))


def _number_of(lists: Iterable[npt.NDArray[np.int32]], party: int) -> int:
    """How often a party stands in ascending lists."""
    ends = np.array([party, party + 1], np.int32)
    return sum(int(np.diff(one.searchsorted(ends))[0]) for one in lists)
