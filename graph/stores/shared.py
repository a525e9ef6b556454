"""What both stores do alike: check an undo and the kinds of links, merge a party, make Arrow batches of facts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import StoreError, UnfinishedLoad, UnknownKind, UsageError
from graph.schema import Party, RelationshipKind, nearest_kinds
from graph.stores.base import UNDO_PREFIX, GraphStore, Load, LoadRecord, RecordedEvent


def in_order(events: Iterable[RecordedEvent]) -> list[RecordedEvent]:
    """Events by time, source and id; those without a time first."""
    return sorted(events, key=lambda one: (one.time is not None, one.time or 0.0, one.source, one.id))


def begin_anew(store: GraphStore, source: str, fingerprint: str) -> Load:
    """A load of the source; an interrupted one of other content, of which nobody was told, is removed first."""
    try:
        return store.begin_load(source, fingerprint)
    except UnfinishedLoad as interrupted:
        store.undo(interrupted.load)
        return store.begin_load(source, fingerprint)


def check_undo(store: str, loads: Iterable[LoadRecord], load: int) -> LoadRecord:
    """The record of the load to undo.

    Raises UsageError where there is no such load, where it is undone already, or where it is an undo.
    Raises UnfinishedLoad where it is finished and a later load of its source is not.
    """
    by_id = {record.id: record for record in loads}
    record = by_id.get(load)
    if record is None:
        raise UsageError(f"load {load} does not exist in {store}")
    if record.revision is None:
        return record
    if record.undone:
        raise UsageError(f"load {load} is already taken back in {store}")
    if record.undoes is not None:
        raise UsageError(
            f"load {load} took load {record.undoes} back; load those files again to have their facts again"
        )
    for other in by_id.values():
        if other.source == record.source and other.revision is None and other.fingerprint != f"{UNDO_PREFIX}{load}":
            raise UnfinishedLoad(other.id, other.source)
    return record


def same_as_standing(loads: Iterable[LoadRecord], load: int) -> bool:
    """Whether a load is of the same files as an earlier one that still counts."""
    by_id = {record.id: record for record in loads}
    own = by_id.get(load)
    return own is not None and any(
        record.source == own.source
        and record.fingerprint == own.fingerprint
        and record.revision is not None
        and not record.undone
        for record in by_id.values()
        if record.id != load
    )


def load_ended(load: int) -> StoreError:
    """The error of a process that writes to a load which another process has finished or undone."""
    return StoreError(
        f"load {load} was finished or taken back by another process while this one wrote; load the same files again"
    )


def new_kinds(
    kinds: Iterable[RelationshipKind], defined: Mapping[str, RelationshipKind]
) -> dict[str, RelationshipKind]:
    """Those of the kinds, by name, that a store must write: new ones, and defined ones that become holding.

    A kind that is holding stays it: whoever defines it again need not say so.

    Raises UnknownKind where a defined kind of the name has another category or direction.
    """
    new: dict[str, RelationshipKind] = {}
    for kind in kinds:
        existing = new.get(kind.name, defined.get(kind.name))
        if existing is not None and (existing.category, existing.symmetric) != (kind.category, kind.symmetric):
            raise UnknownKind(
                f"kind {kind.name} is already of category {existing.category} "
                f"({'symmetric' if existing.symmetric else 'directed'}); give this one another name"
            )
        if existing is None or (kind.holding and not existing.holding):
            new[kind.name] = kind
    return new


class DefinedKinds:
    """The kinds of links that a load may record; read from its store again when a new kind occurs."""

    def __init__(self, read: Callable[[], dict[str, RelationshipKind]]) -> None:
        self._read, self._kinds = read, read()

    def check(self, links: pa.RecordBatch) -> None:
        """Check the kinds of a batch of links.

        Raises UnknownKind where the store does not define one of them.
        """
        kinds = set(pc.unique(links.column("kind")).to_pylist())
        if kinds - self._kinds.keys():
            self._kinds = self._read()
        if unknown := sorted(kinds - self._kinds.keys()):
            near = nearest_kinds(unknown[0], self._kinds)
            raise UnknownKind.named(unknown[0], "of relationship here", near, "give it a category in a mapping")


def merged_party(facts: Sequence[Sequence[Any]]) -> Party | None:
    """The party that facts of one id describe, ordered by precedence, the highest last; None without facts.

    A name or attribute comes from the last fact that has it, everything else from the last fact.
    """
    if not facts:
        return None
    attributes: dict[str, float | str | None] = {}
    for fact in facts:
        attributes |= {name: value for name, value in json.loads(fact[3]).items() if value is not None}
    names = [fact[2] for fact in facts if fact[2] is not None]
    id, kind, _, _, implied, valid_from, valid_to = facts[-1]
    return Party(id, kind, names[-1] if names else None, attributes, bool(implied), valid_from, valid_to)


def fact_batch(
    schema: pa.Schema, columns: Iterable[Sequence[Any]], loads: Sequence[int], records: Iterable[LoadRecord]
) -> pa.RecordBatch:
    """A batch of `schema` plus `origin` and `recorded`, from columns of facts and the load of each fact.

    records: those of these loads, and possibly more.
    """
    arrays = _arrays(schema, columns)
    by_id = {record.id: record for record in records}
    ids, place = np.unique(np.array(loads, np.int64), return_inverse=True)
    distinct = [by_id[int(id)] for id in ids]
    arrays.append(pa.array([record.source for record in distinct], pa.string()).take(pa.array(place)))
    arrays.append(pa.array([record.revision for record in distinct], pa.int64()).take(pa.array(place)))
    fields = [*schema, pa.field("origin", pa.string()), pa.field("recorded", pa.int64())]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def facts_alone(schema: pa.Schema, columns: Iterable[Sequence[Any]]) -> pa.RecordBatch:
    """A batch of `schema` from columns of facts."""
    return pa.RecordBatch.from_arrays(_arrays(schema, columns), schema=schema)


def _arrays(schema: pa.Schema, columns: Iterable[Sequence[Any]]) -> list[pa.Array]:
    return [
        column
        if isinstance(column, pa.Array)
        else pa.array(column, pa.int64() if not column else None).cast(pa.bool_())
        if field.type == pa.bool_()
        else pa.array(column, field.type)
        for column, field in zip(columns, schema, strict=True)
    ]
