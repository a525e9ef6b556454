"""One kind's links after a change: some entries of a snapshot gone, others added, in arrays.

A change copies what it adds and what was added before it, never the links of the snapshot. Whole columns, which only
exploring reads, are put together when they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from graph.csr import indptr_of, ranges
from graph.snapshots.carrying import Carried
from graph.snapshots.columns import first_of_pairs, number_by_first
from graph.snapshots.files import Array
from graph.snapshots.links import HeldLinks, KindInfo, Links, LinksOfRows

COLUMNS: Final = ("first", "last", "weight", "count", "amount", "context")
VIA: Final = ("via_source", "via_target")
TYPES: Final[Mapping[str, str]] = {
    "source": "<i4", "target": "<i4", "first": "<f8", "last": "<f8", "weight": "<f4", "count": "<i8", "amount": "<f8",
    "context": "|u1", "via_source": "<i4", "via_target": "<i4", "fact": "<i4",
    "counts_for_source": "|b1", "counts_for_target": "|b1",
}  # fmt: skip

I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LinkDelta:
    """Entries of a snapshot that are gone, int64 ascending, and those that were added, by source and target.

    added: by the names of TYPES arrays [a] each. facts: numbers of facts that were ever given out, from those of the
    snapshot on.
    """

    gone: I64
    added: Mapping[str, Array]
    facts: int

    @staticmethod
    def none(facts: int) -> LinkDelta:
        """No change of a kind with so many facts."""
        return LinkDelta(np.empty(0, np.int64), {name: np.empty(0, kind) for name, kind in TYPES.items()}, facts)

    def without(self, gone: I64, facts: I64) -> LinkDelta:
        """The delta in which further entries of the snapshot, and added facts by their numbers, are gone too."""
        kept = ~np.isin(self.added["fact"], facts)
        left = {name: values[kept] for name, values in self.added.items()} if not kept.all() else self.added
        return LinkDelta(np.union1d(self.gone, gone), left, self.facts)

    def plus(self, facts: Mapping[str, Array], carried: Carried) -> LinkDelta:
        """The delta with facts added, and carried. facts: source, target and COLUMNS, [m] each."""
        if not len(carried.fact):
            return self
        new = {name: np.asarray(facts[name], TYPES[name])[carried.fact] for name in COLUMNS}
        new |= {name: np.asarray(getattr(carried, name), np.int32) for name in ("source", "target", *VIA)}
        number = (self.facts + np.unique(carried.fact, return_inverse=True)[1]).astype(np.int32)
        new["fact"] = number
        for side in ("source", "target"):
            new[f"counts_for_{side}"] = first_of_pairs(number, new[side])
        both = {name: np.concatenate([values, new[name]]) for name, values in self.added.items()}
        order = np.lexsort((both["fact"], both["target"], both["source"]))
        return LinkDelta(self.gone, {name: values[order] for name, values in both.items()}, int(number.max()) + 1)

    @cached_property
    def added_facts(self) -> int:
        """Number of the facts that were added."""
        return len(np.unique(self.added["fact"]))

    @cached_property
    def added_carried(self) -> int:
        """Number of those of them that were carried."""
        is_carried = (self.added["via_source"] >= 0) | (self.added["via_target"] >= 0)
        return len(np.unique(self.added["fact"][is_carried]))

    @cached_property
    def by_target(self) -> I64:
        """Positions of the added entries by target and source."""
        return np.argsort(self.added["target"], kind="stable")


class ChangedLinks(Links):
    """The links of `base` after a delta, among n parties of which the first are those of `base`."""

    def __init__(self, base: Links, delta: LinkDelta, n: int) -> None:
        self.base, self.delta, self._n = base, delta, n
        self._n_base = len(base.out_indptr) - 1
        info, added = base.info, delta.added
        self.info: KindInfo = replace(
            info,
            links=info.links - len(delta.gone) + len(added["fact"]),
            facts=info.facts - base.number_of_facts(delta.gone) + delta.added_facts,
            carried=info.carried - self._carried_among(delta.gone) + delta.added_carried,
        )

    def _carried_among(self, entries: I64) -> int:
        """The number of carried facts among entries of the base."""
        if not self.base.info.carried or not len(entries):
            return 0
        is_carried = (self.base.via_source[entries] >= 0) | (self.base.via_target[entries] >= 0)
        return self.base.number_of_facts(entries[is_carried])

    def leaving(self, rows: I64) -> LinksOfRows:
        """The links that leave some rows; no column is copied for them."""
        added = self.delta.added
        return self._both(self.base.leaving, rows, added["source"], added["target"], None)

    def reaching(self, rows: I64) -> LinksOfRows:
        """The links that reach some rows; no column is copied for them."""
        added, order = self.delta.added, self.delta.by_target
        return self._both(self.base.reaching, rows, added["target"][order], added["source"][order], order)

    def _both(
        self, there: Callable[[I64], LinksOfRows], rows: I64, near: Array, far: Array, order: I64 | None
    ) -> LinksOfRows:
        known = rows < self._n_base
        if known.all():
            left = there(rows)
        else:
            left = there(rows[known])
            left = LinksOfRows(np.flatnonzero(known)[left.position], left.party, left.handle)
        if len(self.delta.gone):
            left = left.where(~np.isin(left.handle, self.delta.gone))
        if not len(near):
            return left
        low, high = np.searchsorted(near, rows, "left"), np.searchsorted(near, rows, "right")
        position, at = ranges(low, high)
        if not len(at):
            return left
        handle = self.base.info.links + (at if order is None else order[at])
        both = left.and_also(LinksOfRows(position, far[at], handle))
        return both.where(np.argsort(both.position, kind="stable"))

    def values(self, column: str, links: LinksOfRows) -> Array:
        """The values [k] of a column, such as `weight`, of links that `leaving` or `reaching` gave."""
        return self._values(column, links.handle)

    def _values(self, column: str, handle: I64) -> Array:
        """The values of entries of the base by their place, and of added ones by their place behind all of these."""
        is_new = handle >= self.base.info.links
        base: Array = getattr(self.base, column)
        found = np.empty(len(handle), base.dtype)
        found[~is_new] = base[handle[~is_new]]
        found[is_new] = self.delta.added[column.replace("out_", "")][handle[is_new] - self.base.info.links]
        return found

    @cached_property
    def newest(self) -> float:
        """The newest known last time, seconds since 1970, -inf where none is known."""
        there = self.base.newest
        if len(self.delta.gone) and (np.asarray(self.base.last)[self.delta.gone] == there).any():
            remaining = np.ones(self.base.info.links, np.bool_)
            remaining[self.delta.gone] = False
            there = float(np.fmax.reduce(np.asarray(self.base.last)[remaining], initial=-np.inf))
        return float(np.fmax.reduce(self.delta.added["last"], initial=there))

    @cached_property
    def _handle(self) -> I64:
        """The handle of every entry, in the order of (source, target): added ones behind others of the same ends."""
        remaining = np.ones(self.base.info.links, np.bool_)
        remaining[self.delta.gone] = False
        kept = np.flatnonzero(remaining)
        source = np.repeat(np.arange(self._n_base, dtype=np.int64), np.diff(self.base.out_indptr))[kept]
        ends = (source << 32) | np.asarray(self.base.out_target)[kept]
        added = self.delta.added
        new = (added["source"].astype(np.int64) << 32) | added["target"]
        place = np.searchsorted(ends, new, "right")
        return np.insert(kept, place, self.base.info.links + np.arange(len(new)))

    @cached_property
    def _sources(self) -> npt.NDArray[np.int32]:
        """int32[m]: source row of each entry."""
        return np.repeat(np.arange(self._n, dtype=np.int32), np.diff(self.out_indptr))

    def _array(self, name: str, length: int | None = None) -> Array:
        column = name.partition(".")[0]
        if column == "fact":
            return number_by_first(self._values("fact", self._handle)).astype(np.int32)
        if column == "out_indptr":
            return self._pointers(self.base.out_indptr, self._gone_ends()[0], self.delta.added["source"])
        if column == "in_indptr":
            return self._pointers(self.base.in_indptr, self._gone_ends()[1], self.delta.added["target"])
        if column == "in_entry":
            return np.argsort(np.asarray(self.out_target), kind="stable").astype(np.int32)
        if column == "in_source":
            return self._sources[self.in_entry]
        return self._values(column, self._handle)

    def _gone_ends(self) -> tuple[Array, Array]:
        gone = self.delta.gone
        return np.searchsorted(self.base.out_indptr, gone, "right") - 1, np.asarray(self.base.out_target)[gone]

    def _pointers(self, base: Array, gone: Array, added: Array) -> Array:
        length = np.zeros(self._n, np.int64)
        length[: self._n_base] = np.diff(base)
        length += np.bincount(added, minlength=self._n) - np.bincount(gone, minlength=self._n)
        return indptr_of(length)


class NoLinks(Links):
    """No links of a kind, among n parties."""

    def __init__(self, name: str, category: str, symmetric: bool, n: int) -> None:
        self.info, self._n = KindInfo(name, category, symmetric, 0, 0), n

    def _array(self, name: str, length: int | None = None) -> Array:
        column = name.partition(".")[0]
        if column.endswith("indptr"):
            return np.zeros(self._n + 1, np.int64)
        types = {"out_target": "<i4", "in_source": "<i4", "in_entry": "<i4"}
        return np.empty(0, types.get(column) or TYPES[column])


class HeldBefore(HeldLinks):
    """The facts of a snapshot that were carried, for a network with more parties, which hold none of them."""

    def __init__(self, base: HeldLinks, n: int) -> None:
        self.info, self._base, self._n = base.info, base, n

    def _array(self, name: str, length: int | None = None) -> Array:
        column = name.partition(".")[0]
        found: Array = getattr(self._base, column)
        if column.endswith("indptr"):
            return np.concatenate([found, np.full(self._n + 1 - len(found), found[-1])])
        return found
