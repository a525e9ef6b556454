"""A snapshot with a few changes, in memory: links that end, links that are added, defaults that are cured.

It is read like any snapshot, and its arrays are those of one that is built from the changed facts, byte for byte.
Rows stay what they are, since no party comes or goes. Only columns that are asked for are spliced.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from graph.schema import OUTCOME_STATES, OUTCOMES_KNOWN
from graph.snapshots.files import Array
from graph.snapshots.snapshot import KindInfo, Links, Outcomes, Snapshot

Entries = npt.NDArray[np.int64]

_SORTED_BY: Final = ("first", "last", "weight", "count", "amount", "context")  # after the two ends
_TYPES: Final = {"first": "<f8", "last": "<f8", "weight": "<f4", "count": "<i4", "amount": "<f4", "context": "|u1"}


@dataclass(frozen=True, slots=True)
class RemoveLinks:
    """Every link of a kind from one party to another ends (in both directions, where the kind is symmetric)."""

    kind: str
    source: int
    target: int


@dataclass(frozen=True, slots=True)
class AddLinks:
    """`times` links of a kind that the snapshot has, all alike; NaN where a value is missing."""

    kind: str
    source: int
    target: int
    times: int = 1
    first: float = float("nan")
    last: float = float("nan")
    weight: float = float("nan")
    count: int = 1
    amount: float = float("nan")
    context: int = 0


@dataclass(frozen=True, slots=True)
class Cure:
    """A party's defaults so far are cured, at the snapshot's time."""

    party: int


Change: TypeAlias = RemoveLinks | AddLinks | Cure


def entries_between(snapshot: Snapshot, kind: str, source: int, target: int) -> Entries:
    """The entries of a kind from one party to the other, ascending; of a symmetric kind in both directions."""
    links = snapshot.links(kind)
    found = _entries(links, source, target)
    if not links.info.symmetric or source == target:
        return found
    return np.sort(np.concatenate([found, _entries(links, target, source)]))


def _entries(links: Links, source: int, target: int) -> Entries:
    low, high = int(links.out_indptr[source]), int(links.out_indptr[source + 1])
    return np.flatnonzero(links.out_target[low:high] == target) + low


class SnapshotOverlay(Snapshot):
    """`base` after `changes`. Raises UnknownKind for a kind that `base` has no link of."""

    def __init__(self, base: Snapshot, changes: Iterable[Change]) -> None:
        super().__init__(base.folder, base.manifest, base.id)
        self.base = base
        self.changes = tuple(changes)
        self.id = hashlib.sha256(f"{base.id} {self.changes!r}".encode()).hexdigest()
        self._links = {kind: base.links(kind) for kind in base.kinds}
        for kind in sorted({change.kind for change in self.changes if not isinstance(change, Cure)}):
            self._links[kind] = self._altered(kind)
        self.kinds = {kind: self._links[kind].info for kind in base.kinds if self._links[kind].info.links}
        self._links = {kind: self._links[kind] for kind in self.kinds}
        self.categories = tuple(sorted({info.category for info in self.kinds.values()}))
        for name in ("party_kind", "implied", "_ids", "_names", "numeric", "categorical"):  # what no change touches
            self.__dict__[name] = getattr(base, name)

    def _altered(self, kind: str) -> Links:
        links = self.base.links(kind)
        mine = [change for change in self.changes if not isinstance(change, Cure) and change.kind == kind]
        ended = [entries_between(self.base, kind, c.source, c.target) for c in mine if isinstance(c, RemoveLinks)]
        gone = np.unique(np.concatenate([np.empty(0, np.int64), *ended]))
        return AlteredLinks(links, gone, [c for c in mine if isinstance(c, AddLinks)], self.n_parties)

    @cached_property
    def outcomes(self) -> Outcomes:
        """Every outcome known at the snapshot's time, cures included."""
        base = self.base.outcomes
        cured = sorted({change.party for change in self.changes if isinstance(change, Cure)})
        if not cured:
            return base
        opened = np.nan if self.as_of is None else self.as_of
        k = len(cured)
        added = Outcomes(
            np.array(cured, np.int32),
            np.full(k, OUTCOMES_KNOWN.index("cured"), np.uint8),
            np.full(k, opened),
            np.full(k, np.nan),
            np.full(k, OUTCOME_STATES.index("active"), np.uint8),
        )
        names = ("party", "outcome", "opened", "closed", "state")
        columns = {name: np.concatenate([getattr(base, name), getattr(added, name)]) for name in names}
        order = np.lexsort([columns[name] for name in ("state", "outcome", "closed", "opened", "party")])
        return Outcomes(*(columns[name][order] for name in names))


class AlteredLinks(Links):
    """One kind's links without the entries `gone` and with those `added`; entries keep their order."""

    def __init__(self, base: Links, gone: Entries, added: Sequence[AddLinks], n: int) -> None:
        self.base, self.gone = base, gone
        self.added = sorted((one for change in added for one in [change] * change.times), key=_key)
        self.info: KindInfo = replace(base.info, links=base.info.links - len(gone) + len(self.added))
        self._n = n

    def _array(self, name: str, length: int | None = None) -> Array:
        column = name.partition(".")[0]
        return self._spliced(column) if column in _TYPES else np.asarray(getattr(self, f"_{column}"))

    def _spliced(self, column: str) -> Array:
        """An out column: the kept values, each added one before the entry that comes after it."""
        old = np.asarray(getattr(self.base, column))
        values = np.array([getattr(one, column) for one in self.added], old.dtype)
        kept = old[self._kept]
        return np.insert(kept, self._places, values) if self.added else kept

    @cached_property
    def _out_target(self) -> Array:
        kept = np.asarray(self.base.out_target)[self._kept]
        targets = np.array([one.target for one in self.added], np.int32)
        return np.insert(kept, self._places, targets) if self.added else kept

    @cached_property
    def _out_indptr(self) -> Array:
        ended = np.searchsorted(self.base.out_indptr, self.gone, "right") - 1
        return self._shifted(self.base.out_indptr, ended, [one.source for one in self.added])

    @cached_property
    def _in_indptr(self) -> Array:
        return self._shifted(self.base.in_indptr, self.base.out_target[self.gone], [one.target for one in self.added])

    def _shifted(self, indptr: Array, ended: Array, begun: Sequence[int]) -> Array:
        if not len(ended) and not begun:
            return indptr
        change = np.bincount(np.asarray(begun, np.int64), minlength=self._n) - np.bincount(ended, minlength=self._n)
        shifted = indptr.copy()
        shifted[1:] += np.cumsum(change)
        return shifted

    @cached_property
    def _in_source(self) -> Array:
        if self.added:
            return np.asarray(np.searchsorted(self.out_indptr, self._in_entry, "right") - 1, np.int32)
        return np.asarray(self.base.in_source)[self._kept[self.base.in_entry]]

    @cached_property
    def _in_entry(self) -> Array:
        """Incoming order is by target, then entry, as `graph.snapshots.build` writes it."""
        if self.added:
            return np.argsort(np.asarray(self.out_target), kind="stable").astype(np.int32)
        number = np.cumsum(self._kept, dtype=np.int32) - np.int32(1)
        entry = np.asarray(self.base.in_entry)
        return np.asarray(number[entry[self._kept[entry]]], np.int32)

    @cached_property
    def _kept(self) -> npt.NDArray[np.bool_]:
        """bool[m]: the entries of `base` that stay."""
        kept = np.ones(self.base.info.links, np.bool_)
        kept[self.gone] = False
        return kept

    @cached_property
    def _places(self) -> Entries:
        """Where among the kept entries each added one belongs, ascending, int64[added]."""
        return np.array([self._place(one) for one in self.added], np.int64)

    def _place(self, one: AddLinks) -> int:
        base, wanted = self.base, _key(one)
        low, high = int(base.out_indptr[one.source]), int(base.out_indptr[one.source + 1])
        while low < high:
            middle = (low + high) // 2
            there = [base.out_target[middle], *(getattr(base, name)[middle] for name in _SORTED_BY)]
            if (one.source, *_ordered(there)) < wanted:
                low = middle + 1
            else:
                high = middle
        return low - int(np.searchsorted(self.gone, low))


def _key(one: AddLinks) -> tuple[Any, ...]:
    values = [np.array(getattr(one, name), _TYPES[name])[()] for name in _SORTED_BY]
    return one.source, *_ordered([one.target, *values])


def _ordered(values: Sequence[Any]) -> tuple[Any, ...]:
    """Values to compare, a missing one after all others."""
    return tuple((bool(value != value), 0 if value != value else value) for value in values)
