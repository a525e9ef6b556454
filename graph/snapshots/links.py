"""The links of one kind in a snapshot: carried to holders, and the facts that were carried as they came."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.csr import ranges
from graph.snapshots.files import Array, MappedFiles


@dataclass(frozen=True, slots=True)
class KindInfo:
    """A kind of relationship as this snapshot has it.

    links: number of entries. facts: number of links as they were loaded, of which `carried` tie holders of their ends;
    a fact has several entries where an end has several holders.
    """

    name: str
    category: str
    symmetric: bool
    links: int
    facts: int
    carried: int = 0


class IncidentLinks(NamedTuple):
    """The k links of one party in one direction.

    party int32[k]: row of the other end. entry int[k]: place of the link in the out arrays, as in `weight[entry]`.
    """

    party: npt.NDArray[np.int32]
    entry: npt.NDArray[np.integer[Any]]


class LinksOfRows(NamedTuple):
    """The k links of some parties in one direction.

    position int64[k]: of the party among those asked for, ascending. party int32[k]: row of the other end. handle
    int64[k]: what `Links.values` gives the values of the links for.
    """

    position: npt.NDArray[np.int64]
    party: npt.NDArray[np.int32]
    handle: npt.NDArray[np.int64]

    def where(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> LinksOfRows:
        """Those of the links that are chosen, bool[k], or at some places among them."""
        return LinksOfRows(self.position[chosen], self.party[chosen], self.handle[chosen])

    def and_also(self, others: LinksOfRows) -> LinksOfRows:
        """These links and then others."""
        return LinksOfRows(
            np.concatenate([self.position, others.position]),
            np.concatenate([self.party, others.party]),
            np.concatenate([self.handle, others.handle]),
        )


class Links:
    """The links of one kind: n parties, m entries sorted by (source, target, first, last, ...).

    A link of a symmetric kind is stored once, in the direction in which it was loaded: whoever wants all such links of
    a party takes `out` and `into` together, and a self-link once.

    A link of held identifiers has one entry for each pair of their holders. What counts links or sums their amounts
    takes of a party's entries those that count for it (`counts_for_source`, `counts_for_target`).
    """

    folder = "links"

    def __init__(self, files: MappedFiles, info: KindInfo, n: int) -> None:
        self.info = info
        self._files, self._n = files, n

    def _array(self, name: str, length: int | None = None) -> Array:
        length = self.info.links if length is None else length
        return self._files.array(f"{self.folder}/{self.info.name}/{name}", length)

    @cached_property
    def out_indptr(self) -> npt.NDArray[np.int64]:
        """int64[n + 1]: entries of source row i are out_indptr[i]:out_indptr[i + 1]."""
        return self._array("out_indptr.i8", self._n + 1)

    @cached_property
    def out_target(self) -> npt.NDArray[np.int32]:
        """int32[m]: target row of each entry."""
        return self._array("out_target.i4")

    @cached_property
    def weight(self) -> npt.NDArray[np.float32]:
        """float32[m], NaN where missing."""
        return self._array("weight.f4")

    @cached_property
    def amount(self) -> npt.NDArray[np.float64]:
        """float64[m], as the facts say it, NaN where missing."""
        return self._array("amount.f8")

    @cached_property
    def first(self) -> npt.NDArray[np.float64]:
        """float64[m], seconds since 1970, NaN where missing."""
        return self._array("first.f8")

    @cached_property
    def last(self) -> npt.NDArray[np.float64]:
        """float64[m], seconds since 1970, NaN where missing or later than the snapshot's time."""
        return self._array("last.f8")

    @cached_property
    def newest(self) -> float:
        """The newest known last time, seconds since 1970, -inf where none is known."""
        return float(np.fmax.reduce(self.last, initial=-np.inf))

    @cached_property
    def count(self) -> npt.NDArray[np.int64]:
        """int64[m], 1 where missing."""
        return self._array("count.i8")

    @cached_property
    def context(self) -> npt.NDArray[np.uint8]:
        """uint8[m]: 0 none, 1 online, 2 offline."""
        return self._array("context.u1")

    @cached_property
    def via_source(self) -> npt.NDArray[np.int32]:
        """int32[m]: row of the identifier that the source of each entry held, -1 where the source is as loaded."""
        return self._array("via_source.i4") if self.info.carried else np.full(self.info.links, -1, np.int32)

    @cached_property
    def via_target(self) -> npt.NDArray[np.int32]:
        """int32[m]: row of the identifier that the target of each entry held, -1 where the target is as loaded."""
        return self._array("via_target.i4") if self.info.carried else np.full(self.info.links, -1, np.int32)

    def via_of(self, entries: npt.NDArray[np.integer[Any]]) -> list[int]:
        """Rows of the identifiers through which these entries are carried, each once, ascending."""
        if not self.info.carried:
            return []
        rows = np.unique(np.concatenate([self.via_source[entries], self.via_target[entries]]))
        found: list[int] = rows[rows >= 0].tolist()
        return found

    @property
    def once(self) -> bool:
        """Whether every fact has one entry."""
        return self.info.facts == self.info.links

    @cached_property
    def fact(self) -> npt.NDArray[np.int32]:
        """int32[m]: number of the fact of each entry, from 0 in the order of the entries."""
        return np.arange(self.info.links, dtype=np.int32) if self.once else self._array("fact.i4")

    @cached_property
    def counts_for_source(self) -> npt.NDArray[np.bool_]:
        """bool[m]: whether the entry is the first of its fact with this source, so that each fact counts once."""
        return np.ones(self.info.links, bool) if self.once else self._array("counts_for_source.u1").view(np.bool_)

    @cached_property
    def counts_for_target(self) -> npt.NDArray[np.bool_]:
        """bool[m]: whether the entry is the first of its fact with this target, so that each fact counts once."""
        return np.ones(self.info.links, bool) if self.once else self._array("counts_for_target.u1").view(np.bool_)

    def facts_by_source(self) -> npt.NDArray[np.int64]:
        """Number of facts of which each party is a source: int64[n]."""
        return _counted_by(self.out_indptr, None if self.once else self.counts_for_source)

    def facts_by_target(self) -> npt.NDArray[np.int64]:
        """Number of facts of which each party is a target: int64[n]."""
        return _counted_by(self.in_indptr, None if self.once else self.counts_for_target[self.in_entry])

    @cached_property
    def in_indptr(self) -> npt.NDArray[np.int64]:
        """int64[n + 1]: incoming links of row i are in_indptr[i]:in_indptr[i + 1], by source and entry."""
        return self._array("in_indptr.i8", self._n + 1)

    @cached_property
    def in_source(self) -> npt.NDArray[np.int32]:
        """int32[m]: source row of each incoming link."""
        return self._array("in_source.i4")

    @cached_property
    def in_entry(self) -> npt.NDArray[np.int32]:
        """int32[m]: entry of each incoming link, as in `weight[in_entry]`."""
        return self._array("in_entry.i4")

    def out(self, row: int) -> IncidentLinks:
        """The links that leave a row, by target, a self-link among them."""
        low, high = self.out_indptr[row : row + 2].tolist()
        return IncidentLinks(self.out_target[low:high], np.arange(low, high))

    def into(self, row: int) -> IncidentLinks:
        """The links that reach a row, by source, a self-link among them."""
        low, high = self.in_indptr[row : row + 2].tolist()
        return IncidentLinks(self.in_source[low:high], self.in_entry[low:high])

    def leaving(self, rows: npt.NDArray[np.int64]) -> LinksOfRows:
        """The links that leave some rows, by row and target."""
        position, entry = ranges(self.out_indptr[rows], self.out_indptr[rows + 1])
        return LinksOfRows(position, self.out_target[entry], entry)

    def reaching(self, rows: npt.NDArray[np.int64]) -> LinksOfRows:
        """The links that reach some rows, by row and source."""
        position, at = ranges(self.in_indptr[rows], self.in_indptr[rows + 1])
        return LinksOfRows(position, self.in_source[at], np.asarray(self.in_entry[at], np.int64))

    def values(self, column: str, links: LinksOfRows) -> Array:
        """The values [k] of a column, such as `weight`, of links that `leaving` or `reaching` gave."""
        found: Array = getattr(self, column)[links.handle]
        return found

    def between(self, source: int, target: int) -> npt.NDArray[np.int64]:
        """Entries from one row to another in the direction in which they are stored, int64[k] ascending."""
        low, high = self.out_indptr[source : source + 2].tolist()
        first, end = self.out_target[low:high].searchsorted(np.array([target, target + 1], np.int32)).tolist()
        return np.arange(low + first, low + end)

    def number_of_facts(self, entries: npt.NDArray[np.integer[Any]]) -> int:
        """Number of facts that have any of these entries, each of them once."""
        return len(entries) if self.once else len(np.unique(self.fact[entries]))

    def with_same_fact(self, entries: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Entries of the facts of these entries, int64[k] ascending."""
        if self.once or not len(entries):
            return entries
        chosen = np.zeros(self.info.facts, bool)
        chosen[self.fact[entries]] = True
        return np.flatnonzero(chosen[self.fact])

    def ends_of_facts(self, source: int, target: int) -> set[int]:
        """Rows that the facts of the relationship from one row to another tie, where they tie more than the two."""
        if self.once:
            return set()
        entries = self.with_same_fact(self.relationship(source, target))
        sources = np.searchsorted(self.out_indptr, entries, side="right") - 1
        return {*sources.tolist(), *self.out_target[entries].tolist()}

    def relationship(self, source: int, target: int) -> npt.NDArray[np.int64]:
        """Entries of the relationship from one row to another, int64[k] ascending.

        They are `between`, and of a symmetric kind also those stored in the other direction.
        """
        entries = self.between(source, target)
        if not self.info.symmetric or source == target:
            return entries
        return np.sort(np.concatenate([entries, self.between(target, source)]))


def _counted_by(indptr: npt.NDArray[np.int64], counts: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.int64]:
    """The number of entries of each row, int64[n], of which only those that count."""
    if counts is None:
        return np.diff(indptr)
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
    return np.diff(before[indptr])


class HeldLinks(Links):
    """The facts of one kind that were carried, with the ends that they came with, so that an account has its payments.

    `out` are those of a source that was held, `into` those that reach a target that was held; entries whose source was
    held come first. The others of an end's links are in `Links`.
    """

    folder = "held"

    def _array(self, name: str, length: int | None = None) -> Array:
        if name in ("in_source.i4", "in_entry.i4"):
            length = int(self.in_indptr[-1])
        return super()._array(name, length)
