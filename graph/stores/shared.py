"""What every store does alike: merging a party, judging an undo, and turning the facts it read into Arrow batches."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import StoreError, UnfinishedLoad, UnknownKind, UsageError
from graph.schema import Party, RelationshipKind
from graph.stores.base import LoadRecord

UNDO: Final = "undo "  # begins the fingerprint of a load that takes another back; the other's number follows


def check_undo(store: str, loads: Iterable[LoadRecord], load: int) -> LoadRecord:
    """The load to take back. Raises UsageError where there is no such load, or it is one that took another back, or
    is taken back already; UnfinishedLoad where a finished one waits for a later load of its source to end.
    """
    known = {one.id: one for one in loads}
    found = known.get(load)
    if found is None:
        raise UsageError(f"load {load} does not exist in {store}")
    if found.revision is None:
        return found
    if found.undone:
        raise UsageError(f"load {load} is already taken back in {store}")
    if found.fingerprint.startswith(UNDO):
        taken = found.fingerprint.removeprefix(UNDO)
        raise UsageError(f"load {load} took load {taken} back; load those files again to have their facts again")
    for other in known.values():
        if other.source == found.source and other.revision is None and other.fingerprint != f"{UNDO}{load}":
            raise UnfinishedLoad(other.id, other.source)
    return found


def ended(load: int) -> StoreError:
    """What a process is told whose load another one has ended meanwhile."""
    return StoreError(
        f"load {load} was finished or taken back by another process while this one wrote; load the same files again"
    )


def check_kind(kind: RelationshipKind, there: RelationshipKind | None) -> None:
    """Raises UnknownKind where a kind of this name exists and means something else."""
    if there is not None and there != kind:
        raise UnknownKind(
            f"kind {kind.name} is already of category {there.category} "
            f"({'symmetric' if there.symmetric else 'directed'}); give this one another name"
        )


class KnownKinds:
    """The kinds that a load may record links of, asked of its store again when one is met that was not there."""

    def __init__(self, ask: Callable[[], dict[str, RelationshipKind]]) -> None:
        self._ask, self._known = ask, ask()

    def check(self, links: pa.RecordBatch) -> None:
        """Raises UnknownKind where a link has a kind that the store does not define."""
        kinds = set(pc.unique(links.column("kind")).to_pylist())
        if kinds - self._known.keys():
            self._known = self._ask()
        if unknown := sorted(kinds - self._known.keys()):
            raise UnknownKind(f"{unknown[0]!r} is no kind of relationship here; give it a category in a mapping")


def merged(facts: Sequence[Sequence[Any]]) -> Party | None:
    """One party of what its sources say, the weightiest last: it decides all but what only others know."""
    if not facts:
        return None
    attributes: dict[str, float | str | None] = {}
    for fact in facts:
        attributes |= {name: value for name, value in json.loads(fact[3]).items() if value is not None}
    names = [fact[2] for fact in facts if fact[2] is not None]
    id, kind, _, _, implied, valid_from, valid_to = facts[-1]
    return Party(id, kind, names[-1] if names else None, attributes, bool(implied), valid_from, valid_to)


def facts_batch(
    schema: pa.Schema, columns: Iterable[Sequence[Any]], loads: Sequence[int], known: Iterable[LoadRecord]
) -> pa.RecordBatch:
    """Columns of facts and the load of each, as a batch of `schema` with `origin` and `recorded` from those loads."""
    arrays = [
        column
        if isinstance(column, pa.Array)
        else pa.array(column).cast(pa.bool_())
        if field.type == pa.bool_()
        else pa.array(column, field.type)
        for column, field in zip(columns, schema, strict=True)
    ]
    by_id = {load.id: load for load in known}
    ids, which = np.unique(np.array(loads, np.int64), return_inverse=True)
    there = [by_id[int(id)] for id in ids]
    arrays.append(pa.array([load.source for load in there], pa.string()).take(pa.array(which)))
    arrays.append(pa.array([load.revision for load in there], pa.int64()).take(pa.array(which)))
    fields = [*schema, pa.field("origin", pa.string()), pa.field("recorded", pa.int64())]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
