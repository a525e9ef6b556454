"""The links of a snapshot from relationship facts: read, carried to holders, in order, and written by kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.csr import indptr_of
from graph.errors import UnknownKind
from graph.schema import CONTEXTS, SAME_AS, RelationshipKind
from graph.snapshots.carrying import Carried, carry, holdings_of
from graph.snapshots.columns import (
    Array,
    chunks,
    counts,
    first_of_pairs,
    first_of_runs,
    floats,
    floats_to_32,
    index_in,
    number_by_first,
)
from graph.snapshots.files import FileWriter

MISSING_COUNT: Final = np.int64(1)
CROWDED_NAMED: Final = 5  # identifiers with too many holders that a manifest names; it counts them all
COLUMNS: Final = {"first": "f8", "last": "f8", "weight": "f4", "count": "i8", "amount": "f8", "context": "u1"}
READ: Final = ("source", "target", "kind", "weight", "first", "last", "count", "amount", "context")  # of the facts
VIA: Final = {"via_source": "i4", "via_target": "i4"}

Columns = dict[str, Array]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Numbers of links with an end that is no party, of links that begin later, and of links whose totals are cut."""

    dangling: int
    later: int
    totals: int


@dataclass(frozen=True)
class LinkFacts:
    """The columns of m links, whenever they are known. kind is a code into the names by which they were read.

    source and target are positions among the ids of parties, -1 where an end is no party. same_as: the code of SAME_AS.
    """

    columns: Columns
    same_as: int

    def known_at(self, as_of: float | None, place: Array | None) -> tuple[Columns, LeftOut]:
        """The columns of the links known at `as_of`, in their order, and what was left out.

        place: where each id is among those that are valid at `as_of`, -1 where it is not; None where all are.

        A link is known from its first date on. Of one that goes on after `as_of` the totals (last, count, amount) are
        not known yet, so they are missing. A fact that two ids are one party is known while it is valid.
        """
        first, last = self.columns["first"], self.columns["last"]
        visible, goes_on = np.ones(len(first), bool), np.zeros(len(first), bool)
        if as_of is not None:
            identifies = self.columns["kind"] == self.same_as
            visible = np.where(
                identifies,
                ~(first > as_of) & (~(last <= as_of) | (first == last)),
                ~(np.where(np.isnan(first), last, first) > as_of),
            )
            goes_on = visible & (last > as_of) & ~identifies
        ends = {name: self._ends(name, place) for name in ("source", "target")}
        stored = visible & (ends["source"] >= 0) & (ends["target"] >= 0)
        later = 0 if as_of is None else int(np.count_nonzero(~visible & ~identifies))
        dangling = int(np.count_nonzero(visible)) - int(np.count_nonzero(stored))
        known = self.columns | ends
        if not stored.all():
            known, goes_on = {name: values[stored] for name, values in known.items()}, goes_on[stored]
        if goes_on.any():
            known |= {name: np.where(goes_on, np.nan, known[name]) for name in ("last", "amount")}
            known["count"] = np.where(goes_on, MISSING_COUNT, known["count"])
        return known, LeftOut(dangling, later, int(np.count_nonzero(goes_on)))

    def _ends(self, name: str, place: Array | None) -> Array:
        ends = self.columns[name]
        return ends if place is None else np.append(place, -1).astype(np.int32)[ends]

    def sorted(self) -> LinkFacts:
        """The same links by kind and in the order in which entries are written, so that no later sort has work."""
        kind = self.columns["kind"]
        order = np.argsort(kind, kind="stable")
        bounds = [*np.flatnonzero(first_of_runs(kind[order])).tolist(), len(kind)]
        for low, high in pairwise(bounds):
            chosen = order[low:high]
            order[low:high] = chosen[_entry_order({name: v[chosen] for name, v in self.columns.items()}, list(COLUMNS))]
        return replace(self, columns={name: values[order] for name, values in self.columns.items()})


def read_links(batches: Iterable[pa.RecordBatch], names: list[str], ids: pa.Array) -> LinkFacts:
    """The columns of all links, unsorted. ids: those of the parties; names: of the kinds, ascending.

    Raises UnknownKind for a link of another kind.
    """
    kind_names, contexts = pa.array(names, pa.large_string()), pa.array(CONTEXTS, pa.large_string())
    pieces: list[Columns] = [_no_links()]
    for facts in chunks(batches, READ):
        kind = index_in(facts["kind"], kind_names)
        if (kind < 0).any():
            raise UnknownKind(
                f"the store has links of kind {facts['kind'][int(np.argmin(kind))]}, which it does not define"
            )
        pieces.append(
            {
                "kind": kind.astype(np.int16),
                "source": index_in(facts["source"], ids).astype(np.int32),
                "target": index_in(facts["target"], ids).astype(np.int32),
                "first": floats(facts["first"]),
                "last": floats(facts["last"]),
                "weight": floats_to_32(floats(facts["weight"])),
                "count": counts(facts["count"]),
                "amount": floats(facts["amount"]),
                "context": (index_in(facts["context"], contexts) + 1).astype(np.uint8),
            }
        )
    return LinkFacts(
        {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}, names.index(SAME_AS)
    )


def _no_links() -> Columns:
    types = {"kind": "i2", "source": "i4", "target": "i4", "first": "f8", "last": "f8"}
    types |= {"weight": "f4", "count": "i8", "amount": "f8", "context": "u1"}
    return {name: np.empty(0, dtype) for name, dtype in types.items()}


@dataclass(frozen=True, slots=True)
class WrittenLinks:
    """What the manifest says of the links: the kinds that have any, those with carried facts, and crowded identifiers.

    kinds: name, category, symmetric, links (entries), facts, and of these carried (to holders). held: name, category,
    symmetric, facts (as they came) and of these own (transfers). crowded: the number of identifiers with too many
    holders at the time of a link, and the first ids.
    """

    kinds: list[dict[str, Any]]
    held: list[dict[str, Any]]
    crowded: dict[str, Any]


def write_links(
    writer: FileWriter,
    links: Columns,
    known: Mapping[str, RelationshipKind],
    is_identifier: npt.NDArray[np.bool_],
    ids: pa.Array,
) -> WrittenLinks:
    """Write the links of each kind that has any, those of held identifiers carried to their holders.

    links: columns of `LinkFacts` over the sorted names of `known`. is_identifier bool[n] and ids are the parties'.
    """
    names, n = sorted(known), len(ids)
    by_kind = np.argsort(links["kind"], kind="stable")
    bounds = np.searchsorted(links["kind"][by_kind], np.arange(len(names) + 1))
    holding = [code for code, name in enumerate(names) if known[name].holding]
    places = np.concatenate([by_kind[:0], *(by_kind[bounds[code] : bounds[code + 1]] for code in holding)])
    ends_and_times = ("source", "target", "first", "last")
    holdings = holdings_of({column: links[column][places] for column in ends_and_times}, is_identifier)
    kinds, held, crowded = [], [], [np.empty(0, np.int32)]
    for code, name in enumerate(names):
        chosen = by_kind[bounds[code] : bounds[code + 1]]
        if not len(chosen) or name == SAME_AS:
            continue
        described = {"name": name, "category": known[name].category, "symmetric": known[name].symmetric}
        facts = {column: values[chosen] for column, values in links.items() if column != "kind"}
        may_be_held = len(holdings.holder) > 0 and known[name].category != "identifier"
        carried = carry(facts, holdings) if may_be_held else None
        if carried is not None:
            crowded.append(carried.crowded)
        if carried is None or not carried.held.any():
            _write_kind(writer, name, facts, n)
            kinds.append(described | {"links": len(chosen), "facts": len(chosen), "carried": 0})
            continue
        if len(carried.fact):
            kinds.append(described | _write_carried(writer, name, facts, carried, n))
        _write_held(writer, name, facts, carried, n)
        _write_own(writer, name, facts["amount"], carried)
        held.append(described | {"facts": int(carried.held.sum()), "own": int(carried.own.sum())})
    rows = np.unique(np.concatenate(crowded))
    first = ids.take(pa.array(rows[:CROWDED_NAMED])).to_pylist()
    return WrittenLinks(kinds, held, {"identifiers": len(rows), "ids": first})


def _write_kind(writer: FileWriter, name: str, links: Columns, n: int) -> None:
    """Write the links of one kind by source and by target."""
    order = _entry_order(links, list(COLUMNS))
    _write_csr(writer, f"links/{name}", links, order, n)


def _write_carried(writer: FileWriter, name: str, facts: Columns, carried: Carried, n: int) -> dict[str, int]:
    """Write the entries of one kind of which facts were carried; returns their numbers for the manifest."""
    links = {column: facts[column][carried.fact] for column in COLUMNS}
    links |= {"source": carried.source, "target": carried.target, "fact": carried.fact}
    links |= {"via_source": carried.via_source, "via_target": carried.via_target}
    # The number of the fact goes last: entries that are equal before it are of equal facts, which are interchangeable.
    order = _entry_order(links, [*COLUMNS, *VIA, "fact"])
    _write_csr(writer, f"links/{name}", links, order, n)
    for column in VIA:
        writer.array(f"links/{name}/{column}.i4", links[column][order], "<i4")
    counted = int(np.count_nonzero(carried.held & ~carried.own))
    number = np.bincount(carried.fact, minlength=len(carried.own))
    several = int(np.count_nonzero(number))
    if several < len(order):
        fact = number_by_first(links["fact"][order])
        writer.array(f"links/{name}/fact.i4", fact, "<i4")
        for side in ("source", "target"):
            writer.array(f"links/{name}/counts_for_{side}.u1", first_of_pairs(fact, links[side][order]), "|u1")
    return {"links": len(order), "facts": several, "carried": counted}


def _write_csr(writer: FileWriter, folder: str, links: Columns, order: Array, n: int) -> None:
    source, target = links["source"][order], links["target"][order]
    # Incoming order is by target and entry, hence by source.
    incoming = np.sort((target.astype(np.int64) << 32) | np.arange(len(target))) & 0xFFFFFFFF
    writer.array(f"{folder}/out_indptr.i8", indptr_of(np.bincount(source, minlength=n)), "<i8")
    writer.array(f"{folder}/out_target.i4", target, "<i4")
    writer.array(f"{folder}/in_indptr.i8", indptr_of(np.bincount(target, minlength=n)), "<i8")
    writer.array(f"{folder}/in_source.i4", source[incoming], "<i4")
    writer.array(f"{folder}/in_entry.i4", incoming, "<i4")
    _write_columns(writer, folder, links, order)


def _write_held(writer: FileWriter, name: str, facts: Columns, carried: Carried, n: int) -> None:
    """Write the facts that were carried as they came: by source where it was held, and by target where that was.

    Those whose source was held come first.
    """
    held = np.flatnonzero(carried.held)
    raw = {column: facts[column][held] for column in ("source", "target", *COLUMNS)}
    order = _entry_order(raw, list(COLUMNS))
    order = order[np.argsort(~carried.source_held[held][order], kind="stable")]
    source, target = raw["source"][order], raw["target"][order]
    leaving = int(carried.source_held.sum())
    arriving = np.flatnonzero(carried.target_held[held][order])
    incoming = arriving[np.lexsort((arriving, source[arriving], target[arriving]))]
    folder = f"held/{name}"
    writer.array(f"{folder}/out_indptr.i8", indptr_of(np.bincount(source[:leaving], minlength=n)), "<i8")
    writer.array(f"{folder}/out_target.i4", target, "<i4")
    writer.array(f"{folder}/in_indptr.i8", indptr_of(np.bincount(target[incoming], minlength=n)), "<i8")
    writer.array(f"{folder}/in_source.i4", source[incoming], "<i4")
    writer.array(f"{folder}/in_entry.i4", incoming, "<i4")
    _write_columns(writer, folder, raw, order)


def _write_columns(writer: FileWriter, folder: str, links: Columns, order: Array) -> None:
    for column, suffix in COLUMNS.items():
        writer.array(f"{folder}/{column}.{suffix}", links[column][order], "|u1" if suffix == "u1" else f"<{suffix}")


def _write_own(writer: FileWriter, name: str, amount: Array, carried: Carried) -> None:
    """Write the own transfers of each party that made any: their number and the sum of their known amounts."""
    if not len(carried.own_fact):
        return
    amounts = amount[carried.own_fact]
    order = np.lexsort((amounts, carried.own_holder))  # so that a sum depends on no order of facts or parties
    party, amounts = carried.own_holder[order], amounts[order]
    first = np.flatnonzero(first_of_runs(party))
    known = np.add.reduceat(~np.isnan(amounts), first, dtype=np.int64)
    total = np.add.reduceat(np.nan_to_num(amounts), first)
    writer.array(f"own/{name}/party.i4", party[first], "<i4")
    writer.array(f"own/{name}/facts.i8", np.diff(np.append(first, len(party))), "<i8")
    writer.array(f"own/{name}/amount.f8", np.where(known > 0, total, np.nan), "<f8")


def _entry_order(links: Columns, columns: Sequence[str]) -> Array:
    """The permutation int64[m] that sorts links by (source, target, *columns).

    NaN is last. One key sorts the ends; only parallel links are then compared in full. Links that compare equal are
    identical, so that the result does not depend on the order of the facts. What is in order costs no sort.
    """
    ends = (links["source"].astype(np.int64) << 32) | links["target"]
    order = np.arange(len(ends)) if (ends[1:] >= ends[:-1]).all() else np.argsort(ends)
    ends = ends[order]
    equal = ends[1:] == ends[:-1]
    parallel = np.flatnonzero(np.append(equal, False) | np.insert(equal, 0, False))
    if len(parallel):
        facts = order[parallel]
        keys = [ends[parallel], *(links[column][facts] for column in columns)]
        if not _ascending(keys):
            order[parallel] = facts[np.lexsort(keys[::-1])]
    return order


def _ascending(keys: Sequence[Array]) -> bool:
    """Whether rows ascend by these keys, the first before the others, NaN last."""
    settled = np.zeros(max(len(keys[0]) - 1, 0), bool)  # pairs of neighbours of which the first is the lesser
    for key in keys:
        before, after = key[:-1], key[1:]
        less, more = before < after, before > after
        if key.dtype.kind == "f":
            less, more = less | (np.isnan(after) & ~np.isnan(before)), more | (np.isnan(before) & ~np.isnan(after))
        if (more & ~settled).any():
            return False
        settled |= less
    return True
