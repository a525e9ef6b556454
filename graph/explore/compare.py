"""What changed between two snapshots: parties, links and outcomes that are new, gone or changed.

Parties are told apart by their ids. A snapshot keeps no keys of links and outcomes, so those of the same two parties
and kind, or of one party and outcome, are compared as bags: what is equal in both stays, and of the rest as many as
there are on both sides count as changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.csr import edge_index
from graph.schema import OUTCOMES_KNOWN
from graph.snapshots.columns import first_of_runs, index_in, sorted_unique
from graph.snapshots.snapshot import Snapshot

I64 = npt.NDArray[np.int64]

LINK_CONTENT: Final = ("first", "last", "weight", "count", "amount", "context")
_OUTCOME_CONTENT: Final = ("opened", "closed", "state", "days_late", "amount")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of a party before and after, None where it has none: `kind`, `name` or an attribute."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class PartyChanges:
    """Rows of the parties that are new or changed (rows of the later snapshot) or gone (of the earlier), ascending."""

    new: I64
    gone: I64
    changed: I64


@dataclass(frozen=True, slots=True)
class BagChanges:
    """What changed in k bags, such as the links of two parties: numbers of new, gone and changed items, int64[k] each.

    key int64[k] is the bag, by numbers of `Comparison.ids`.
    """

    key: I64
    new: I64
    gone: I64
    changed: I64


class Comparison:
    """Two snapshots side by side; `ids` are those of either, sorted by their bytes."""

    def __init__(self, before: Snapshot, after: Snapshot) -> None:
        self.before, self.after = before, after
        self.ids = sorted_unique(pa.concat_arrays([before.id_array(), after.id_array()]))
        self._number = [index_in(snapshot.id_array(), self.ids) for snapshot in (before, after)]
        self.row_before = index_in(after.id_array(), before.id_array())  # of each row after, -1 where it is new

    def id_of(self, number: int) -> str:
        """The id of a number."""
        return str(self.ids[number].as_py())

    def parties(self) -> PartyChanges:
        """The parties that are new, gone or changed in kind, name or an attribute."""
        common = np.flatnonzero(self.row_before >= 0)
        before, after = self.row_before[common], common
        changed = np.zeros(len(common), bool)
        for name in _fields(self.before, self.after):
            old, new = _field(self.before, name, before), _field(self.after, name, after)
            same = pc.or_(pc.fill_null(pc.equal(old, new), False), pc.and_(pc.is_null(old), pc.is_null(new)))
            changed |= ~np.asarray(same.to_numpy(zero_copy_only=False), bool)
        gone = np.ones(self.before.n_parties, bool)
        gone[before] = False
        return PartyChanges(np.flatnonzero(self.row_before < 0), np.flatnonzero(gone), common[changed])

    def fields_changed(self, row: int) -> list[FieldChange]:
        """The fields in which a party that both snapshots have differs; `row` is its row after."""
        return fields_changed(self.before, int(self.row_before[row]), self.after, row)

    def links(self) -> Iterator[tuple[str, BagChanges]]:
        """For each kind that has links in either snapshot, ascending, what changed between which two parties.

        A key is number of the source << 32 | number of the target; of a symmetric kind the smaller number comes first.
        """
        for kind in sorted({*self.before.kinds, *self.after.kinds}):
            sides = [
                _links(snapshot, kind, number)
                for snapshot, number in zip((self.before, self.after), self._number, strict=True)
            ]
            yield kind, _bag_changes(*sides)

    def outcomes(self) -> BagChanges:
        """What changed in the outcomes. A key is number of the party << 8 | code into schema.OUTCOMES_KNOWN."""
        sides = []
        for snapshot, number in zip((self.before, self.after), self._number, strict=True):
            outcomes = snapshot.outcomes
            key = (number[outcomes.party] << 8) | outcomes.outcome
            sides.append((key, [bits(getattr(outcomes, name)) for name in _OUTCOME_CONTENT]))
        return _bag_changes(*sides)


def fields_changed(before: Snapshot, row_before: int, after: Snapshot, row: int) -> list[FieldChange]:
    """The fields in which two rows of a party differ, that in the earlier snapshot and that in the later one."""
    found = []
    for name in _fields(before, after):
        sides = (before, name, np.array([row_before])), (after, name, np.array([row]))
        old, new = (_field(*side)[0].as_py() for side in sides)
        if old != new:
            found.append(FieldChange(name, old, new))
    return found


def _fields(before: Snapshot, after: Snapshot) -> list[str]:
    columns = {name for one in (before, after) for name in (*one.numeric, *one.categorical)}
    return ["kind", "name", *sorted(columns - {"kind", "name"})]


def outcome_of(key: int) -> tuple[int, str]:
    """The number of the party and the outcome of a key of `Comparison.outcomes`."""
    return key >> 8, OUTCOMES_KNOWN[key & 0xFF]


def _field(snapshot: Snapshot, name: str, rows: I64) -> pa.Array:
    """A field of some rows as texts, null where it is missing."""
    take = pa.array(rows)
    if name == "kind":
        return pa.array(snapshot.party_kinds, pa.large_string()).take(pa.array(snapshot.party_kind[rows]))
    if name == "name":
        names = snapshot.name_array().take(take)
        return pc.if_else(pc.equal(names, ""), pa.scalar(None, pa.large_string()), names)
    if name in snapshot.numeric:
        values = pa.array(snapshot.numeric[name][rows])
        texts = pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float32()), values)
        return pc.cast(texts, pa.large_string())
    if name in snapshot.categorical:
        codes, texts = snapshot.categorical[name]
        chosen = codes[rows]
        return pa.array(texts, pa.large_string()).take(pa.array(chosen, mask=chosen < 0))
    return pa.nulls(len(rows), pa.large_string())


def _links(snapshot: Snapshot, kind: str, number: I64) -> tuple[I64, list[I64]]:
    """The key of each link of a kind and its content."""
    if kind not in snapshot.kinds:
        return np.empty(0, np.int64), [np.empty(0, np.int64)] * len(LINK_CONTENT)
    links = snapshot.links(kind)
    source, target = (number[side] for side in edge_index(links.out_indptr, links.out_target))
    if links.info.symmetric:
        source, target = np.minimum(source, target), np.maximum(source, target)
    return (source << 32) | target, [bits(getattr(links, name)) for name in LINK_CONTENT]


def bits(values: npt.NDArray[Any]) -> I64:
    """Values as int64 that are equal where the values are, a missing one equal to another."""
    if values.dtype.kind == "f":
        return np.asarray(values, np.float64).view(np.int64)
    return np.asarray(values, np.int64)


def _bag_changes(before: tuple[I64, list[I64]], after: tuple[I64, list[I64]]) -> BagChanges:
    key = np.concatenate([before[0], after[0]])
    content = [np.concatenate(pair) for pair in zip(before[1], after[1], strict=True)]
    if not len(key):
        return BagChanges(*(np.empty(0, np.int64) for _ in range(4)))
    is_after = np.arange(len(key)) >= len(before[0])
    order = np.lexsort((*content, key))
    start = np.flatnonzero(np.logical_or.reduce([first_of_runs(column[order]) for column in (key, *content)]))
    more_after = np.add.reduceat(np.where(is_after[order], 1, -1), start)
    differs = more_after != 0
    key, more_after = key[order][start][differs], more_after[differs]
    if not len(key):
        return BagChanges(*(np.empty(0, np.int64) for _ in range(4)))
    bag = np.flatnonzero(first_of_runs(key))
    new, gone = np.add.reduceat(np.maximum(more_after, 0), bag), np.add.reduceat(np.maximum(-more_after, 0), bag)
    changed = np.minimum(new, gone)
    return BagChanges(key[bag], new - changed, gone - changed, changed)
