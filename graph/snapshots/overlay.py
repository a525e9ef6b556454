"""A snapshot with a few changes in memory: links removed, links added, defaults cured.

It is read like any snapshot, and its arrays equal, byte for byte, those of one that is built from the changed facts.
Rows stay as they are, since no party is added or removed. Only columns that are read are computed. Its network is the
carried one: held facts and own transfers, which nothing but exploring reads, stay those of the base.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from graph.schema import OUTCOME_STATES, OUTCOMES_KNOWN
from graph.snapshots.columns import number_by_first
from graph.snapshots.files import Array
from graph.snapshots.links import KindInfo, Links, LinksOfRows
from graph.snapshots.live.view import SnapshotView
from graph.snapshots.snapshot import Outcomes, Snapshot

Entries = npt.NDArray[np.int64]

_SORTED_BY: Final = ("first", "last", "weight", "count", "amount", "context")  # after source and target
_VIA: Final = ("via_source", "via_target")  # after them, where some facts of the kind are carried
_ADDED: Final = {"via_source": -1, "via_target": -1, "counts_for_source": True, "counts_for_target": True}
_TYPES: Final = {"first": "<f8", "last": "<f8", "weight": "<f4", "count": "<i8", "amount": "<f8", "context": "|u1"}


@dataclass(frozen=True, slots=True)
class RemoveLinks:
    """All links of a kind from one party to another are removed; of a symmetric kind those of both directions.

    Where such a link is carried, so are those that tie other holders by the same fact. Of a holding kind, what its
    sharing says is removed; what was carried through it stays, as it does for a purpose that bars identifiers.
    """

    kind: str
    source: int
    target: int


@dataclass(frozen=True, slots=True)
class AddLinks:
    """`times` equal links are added, of a kind that the snapshot has; NaN where a value is missing.

    They tie the two parties themselves: nothing is carried.
    """

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


class SnapshotOverlay(SnapshotView):
    """`base` after `changes`.

    Raises UnknownKind for a kind of which `base` has no links.
    """

    def __init__(self, base: Snapshot, changes: Iterable[Change]) -> None:
        super().__init__(base)
        self.changes = tuple(changes)
        self.id = hashlib.sha256(f"{base.id} {self.changes!r}".encode()).hexdigest()
        self._links = {kind: base.links(kind) for kind in base.kinds}
        for kind in sorted({change.kind for change in self.changes if not isinstance(change, Cure)}):
            self._links[kind] = self._changed_links(kind)
        self.kinds = {kind: self._links[kind].info for kind in base.kinds if self._links[kind].info.links}
        self._links = {kind: self._links[kind] for kind in self.kinds}
        self.categories = tuple(sorted({info.category for info in self.kinds.values()}))

    def _changed_links(self, kind: str) -> OverlayLinks:
        links = self.base.links(kind)
        changes = [change for change in self.changes if not isinstance(change, Cure) and change.kind == kind]
        removed = [links.relationship(c.source, c.target) for c in changes if isinstance(c, RemoveLinks)]
        entries = links.with_same_fact(np.unique(np.concatenate([np.empty(0, np.int64), *removed])))
        return OverlayLinks(links, entries, [c for c in changes if isinstance(c, AddLinks)], self.n_parties)

    @cached_property
    def outcomes(self) -> Outcomes:
        """Outcomes known at the snapshot's time, cures included."""
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
            *np.full((2, k), np.nan),
        )
        names = [one.name for one in fields(Outcomes)]
        columns = {name: np.concatenate([getattr(base, name), getattr(added, name)]) for name in names}
        by = ("amount", "days_late", "state", "outcome", "closed", "opened", "party")
        order = np.lexsort([columns[name] for name in by])
        return Outcomes(*(columns[name][order] for name in names))


class OverlayLinks(Links):
    """One kind's links without the entries `removed` (int64, ascending) and with those `added`, in the usual order."""

    def __init__(self, base: Links, removed: Entries, added: Sequence[AddLinks], n: int) -> None:
        self.base, self.removed = base, removed
        self.added = sorted((link for change in added for link in [change] * change.times), key=_sort_key)
        new = len(self.added)
        self.info: KindInfo = replace(
            base.info,
            links=base.info.links - len(removed) + new,
            facts=base.info.facts - base.number_of_facts(removed) + new,
            carried=base.info.carried - self._carried_among(removed),
        )
        self._sorted_by = (*_SORTED_BY, *_VIA) if base.info.carried else _SORTED_BY
        self._n = n

    def leaving(self, rows: Entries) -> LinksOfRows:
        """The links that leave some rows; no column is copied for them."""
        return self._with_added(Links.leaving(self.base, rows), rows, "source", "target")

    def reaching(self, rows: Entries) -> LinksOfRows:
        """The links that reach some rows; no column is copied for them."""
        return self._with_added(Links.reaching(self.base, rows), rows, "target", "source")

    def values(self, column: str, links: LinksOfRows) -> Array:
        """The values [k] of a column, such as `weight`, of links that `leaving` or `reaching` gave."""
        is_new = links.handle >= self.base.info.links
        base: Array = getattr(self.base, column)
        found = np.empty(len(is_new), base.dtype)
        found[~is_new] = base[links.handle[~is_new]]
        new = [
            getattr(self.added[at], column, _ADDED.get(column)) for at in links.handle[is_new] - self.base.info.links
        ]
        found[is_new] = np.array(new, base.dtype)
        return found

    def _with_added(self, there: LinksOfRows, rows: Entries, near: str, far: str) -> LinksOfRows:
        """Links of the base without those removed, and with those added; their handles come after all entries."""
        left = there.where(~np.isin(there.handle, self.removed)) if len(self.removed) else there
        position = {row: at for at, row in enumerate(rows.tolist())}
        new = [(at, link) for at, link in enumerate(self.added) if getattr(link, near) in position]
        if not new:
            return left
        added = LinksOfRows(
            np.array([position[getattr(link, near)] for _, link in new], np.int64),
            np.array([getattr(link, far) for _, link in new], np.int32),
            np.array([self.base.info.links + at for at, _ in new], np.int64),
        )
        both = left.and_also(added)
        return both.where(np.argsort(both.position, kind="stable"))

    def _array(self, name: str, length: int | None = None) -> Array:
        column = name.partition(".")[0]
        if column in _TYPES or column in _ADDED:
            return self._column(column)
        return np.asarray(getattr(self, f"_{column}"))

    def _carried_among(self, entries: Entries) -> int:
        """The number of carried facts among these entries of the base."""
        if not self.base.info.carried:
            return 0
        is_carried = (self.base.via_source[entries] >= 0) | (self.base.via_target[entries] >= 0)
        return self.base.number_of_facts(entries[is_carried])

    def _column(self, column: str) -> Array:
        """An out column: the remaining values, with each added one before the entry that follows it."""
        base = np.asarray(getattr(self.base, column))
        values = np.array([getattr(link, column, _ADDED.get(column)) for link in self.added], base.dtype)
        remaining = base[self._remaining]
        return np.insert(remaining, self._insert_at, values) if self.added else remaining

    @cached_property
    def _fact(self) -> Array:
        new = self.base.info.facts + np.arange(len(self.added), dtype=np.int32)
        remaining = np.asarray(self.base.fact)[self._remaining]
        return number_by_first(np.insert(remaining, self._insert_at, new)).astype(np.int32)

    @cached_property
    def _out_target(self) -> Array:
        remaining = np.asarray(self.base.out_target)[self._remaining]
        targets = np.array([link.target for link in self.added], np.int32)
        return np.insert(remaining, self._insert_at, targets) if self.added else remaining

    @cached_property
    def _out_indptr(self) -> Array:
        removed = np.searchsorted(self.base.out_indptr, self.removed, "right") - 1
        return self._shifted(self.base.out_indptr, removed, [link.source for link in self.added])

    @cached_property
    def _in_indptr(self) -> Array:
        removed = self.base.out_target[self.removed]
        return self._shifted(self.base.in_indptr, removed, [link.target for link in self.added])

    def _shifted(self, indptr: Array, removed: Array, added: Sequence[int]) -> Array:
        """The row pointers after one link fewer in each of the rows `removed` and one more in each of `added`."""
        if not len(removed) and not added:
            return indptr
        change = np.bincount(np.asarray(added, np.int64), minlength=self._n) - np.bincount(removed, minlength=self._n)
        shifted = indptr.copy()
        shifted[1:] += np.cumsum(change)
        return shifted

    @cached_property
    def _in_source(self) -> Array:
        if self.added:
            return np.asarray(np.searchsorted(self.out_indptr, self._in_entry, "right") - 1, np.int32)
        return np.asarray(self.base.in_source)[self._remaining[self.base.in_entry]]

    @cached_property
    def _in_entry(self) -> Array:
        """Incoming order is by target and entry, as `graph.snapshots.build` writes it."""
        if self.added:
            return np.argsort(np.asarray(self.out_target), kind="stable").astype(np.int32)
        number = np.cumsum(self._remaining, dtype=np.int32) - np.int32(1)
        entry = np.asarray(self.base.in_entry)
        return np.asarray(number[entry[self._remaining[entry]]], np.int32)

    @cached_property
    def _remaining(self) -> npt.NDArray[np.bool_]:
        """bool[m]: whether each entry of `base` remains."""
        remaining = np.ones(self.base.info.links, np.bool_)
        remaining[self.removed] = False
        return remaining

    @cached_property
    def _insert_at(self) -> Entries:
        """Position of each added link among the remaining entries, ascending: int64[added]."""
        return np.array([self._position(link) for link in self.added], np.int64)

    def _position(self, link: AddLinks) -> int:
        def key_of(entry: int) -> tuple[Any, ...]:
            values = [self.base.out_target[entry], *(getattr(self.base, name)[entry] for name in self._sorted_by)]
            return link.source, *_comparable(values)

        low, high = self.base.out_indptr[link.source : link.source + 2].tolist()
        via = _comparable([_ADDED[name] for name in self._sorted_by[len(_SORTED_BY) :]])
        entry: int = low + bisect_left(range(low, high), (*_sort_key(link), *via), key=key_of)
        return entry - int(np.searchsorted(self.removed, entry))


def _sort_key(link: AddLinks) -> tuple[Any, ...]:
    values = [np.array(getattr(link, name), _TYPES[name])[()] for name in _SORTED_BY]
    return link.source, *_comparable([link.target, *values])


def _comparable(values: Sequence[Any]) -> tuple[Any, ...]:
    """Values as a tuple that compares like them, with NaN after all others."""
    return tuple((bool(value != value), 0 if value != value else value) for value in values)
