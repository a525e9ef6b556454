"""What links a pair beside ratings: contacts, friendships and money between the two, and common acquaintances.

One block for each category of CATEGORIES, empty (NaN) where the snapshot has no such links or they may not be used: so
barring a category equals removing its links.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from graph.snapshot import Snapshot

CATEGORIES: Final = ("contact", "social", "money")
_COLUMNS: Final = ("there", "back", "common")  # logs of 1 + links from a to b, from b to a, and of common neighbours
NAMES: Final[tuple[str, ...]] = tuple(f"{category}_{name}" for category in CATEGORIES for name in _COLUMNS)

Floats = npt.NDArray[np.float32]


def link_features(
    snapshot: Snapshot, a: npt.NDArray[Any], b: npt.NDArray[Any], categories: frozenset[str] | None = None
) -> Floats:
    """float32[k, len(NAMES)] of the ordered pairs (a, b) of rows, from `categories` (None: all there are)."""
    out = np.full((len(a), len(NAMES)), np.nan, np.float32)
    pairs = a.astype(np.int64), b.astype(np.int64)
    for i, category in enumerate(CATEGORIES):
        kinds = [kind for kind, info in snapshot.kinds.items() if info.category == category]
        if kinds and (categories is None or category in categories):
            block = np.zeros((len(a), len(_COLUMNS)))
            forth, back = _ends(snapshot, kinds)
            _fill(*forth, *back, *pairs, np.zeros(snapshot.n_parties, np.bool_), block)
            out[:, i * len(_COLUMNS) : (i + 1) * len(_COLUMNS)] = np.log1p(block)
    return out


def masked(values: Floats, categories: frozenset[str]) -> Floats:
    """A copy of link features with only the blocks of `categories`."""
    kept = values.copy()
    for i, category in enumerate(CATEGORIES):
        if category not in categories:
            kept[:, i * len(_COLUMNS) : (i + 1) * len(_COLUMNS)] = np.nan
    return kept


_End = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]


def _ends(snapshot: Snapshot, kinds: list[str]) -> tuple[_End, _End]:
    """Who is linked with whom over some kinds, by source and by target; symmetric links count both ways."""
    sources, targets = [], []
    for kind in kinds:
        links = snapshot.links(kind)
        source = np.repeat(np.arange(snapshot.n_parties, dtype=np.int32), np.diff(links.out_indptr))
        sources.append(source)
        targets.append(links.out_target)
        if snapshot.kinds[kind].symmetric:
            sources.append(links.out_target)
            targets.append(source)
    source, target = np.concatenate(sources), np.concatenate(targets)
    return _grouped(source, target, snapshot.n_parties), _grouped(target, source, snapshot.n_parties)


def _grouped(by: npt.NDArray[np.int32], other: npt.NDArray[np.int32], n: int) -> _End:
    pointers = np.concatenate([[0], np.cumsum(np.bincount(by, minlength=n))]).astype(np.int64)
    return pointers, other[np.argsort(by, kind="stable")]


_compiled: Any = numba.njit(cache=True, nogil=True)


@_compiled
def _fill(op, oo, ip, io, sources, targets, seen, out):  # type: ignore[no-untyped-def]
    for k in range(len(sources)):
        a, b = sources[k], targets[k]
        for i in range(op[a], op[a + 1]):
            out[k, 0] += oo[i] == b
            seen[oo[i]] = True
        for i in range(ip[a], ip[a + 1]):
            out[k, 1] += io[i] == b
            seen[io[i]] = True
        seen[a] = seen[b] = False
        for ptr, other in ((op, oo), (ip, io)):
            for i in range(ptr[b], ptr[b + 1]):
                out[k, 2] += seen[other[i]]
                seen[other[i]] = False
        for ptr, other in ((op, oo), (ip, io)):
            for i in range(ptr[a], ptr[a + 1]):
                seen[other[i]] = False
