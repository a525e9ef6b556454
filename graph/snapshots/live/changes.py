"""What became of a network between two revisions: the parties that changed as they are now, links and outcomes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from graph.schema import OUTCOMES, PARTIES, RELATIONSHIP_KINDS, RELATIONSHIPS, RelationshipKind
from graph.snapshots.build_outcomes import unsuppressed
from graph.stores.base import ChangeReader
from graph.stores.shared import merged_party


def _none(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema)


@dataclass(frozen=True)
class Changes:
    """The facts that came after the revision `after` and until `until`, and those that went.

    parties: every party of which a fact came or went, merged over all sources, as PARTIES; a party that is no more is
    in `gone`. links, ended_links: as RELATIONSHIPS. outcomes, ended_outcomes: as OUTCOMES. Ends are ids. kinds: those
    of the store beside the built-in ones. protected: plain names of protected columns beside those of the schema.
    """

    after: int
    until: int
    parties: pa.RecordBatch = field(default_factory=lambda: _none(PARTIES))
    gone: tuple[str, ...] = ()
    links: pa.RecordBatch = field(default_factory=lambda: _none(RELATIONSHIPS))
    ended_links: pa.RecordBatch = field(default_factory=lambda: _none(RELATIONSHIPS))
    outcomes: pa.RecordBatch = field(default_factory=lambda: _none(OUTCOMES))
    ended_outcomes: pa.RecordBatch = field(default_factory=lambda: _none(OUTCOMES))
    kinds: tuple[RelationshipKind, ...] = ()
    protected: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        """Number of facts that came or went."""
        tables = (self.parties, self.links, self.ended_links, self.outcomes, self.ended_outcomes)
        return sum(table.num_rows for table in tables)


def read_changes(store: ChangeReader, after: int, until: int) -> Changes:
    """What became of a store's network after one revision and until another.

    Raises UsageError for a revision that the store has not reached.
    """
    facts, kinds = store.changes(after, until), store.kinds().values()
    ids = sorted(
        {*facts.parties.column("id").to_pylist(), *facts.ended_parties.column("id").to_pylist()}, key=str.encode
    )
    merged = _merged(store.party_facts(ids, until)) if ids else {}
    return Changes(
        after,
        until,
        pa.RecordBatch.from_pylist([merged[id] for id in ids if id in merged], PARTIES),
        tuple(id for id in ids if id not in merged),
        facts.relationships,
        facts.ended_relationships,
        unsuppressed(facts.outcomes),
        unsuppressed(facts.ended_outcomes),
        tuple(kind for kind in kinds if RELATIONSHIP_KINDS.get(kind.name) != kind),
        store.protected(),
    )


def _merged(facts: pa.RecordBatch) -> dict[str, dict[str, object]]:
    """Parties by id, merged over their facts, as rows of PARTIES."""
    by_id: dict[str, list[dict[str, Any]]] = {}
    for fact in facts.to_pylist():
        by_id.setdefault(fact["id"], []).append(fact)
    found: dict[str, dict[str, object]] = {}
    for id, some in by_id.items():
        some.sort(key=lambda fact: (not fact["implied"], fact["recorded"]))
        party = merged_party([[fact[name] for name in PARTIES.names] for fact in some])
        if party is not None:
            attributes = json.dumps(dict(party.attributes), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            found[id] = {
                "id": id, "kind": party.kind, "name": party.name, "attributes": attributes, "implied": party.implied,
            }  # fmt: skip
    return found


def joined(changes: Sequence[Changes]) -> Changes:
    """Changes that follow one another, at least one, as one; what came and went again is in neither.

    Parties are in the order in which they first occur, each as it was last.
    """
    if len(changes) == 1:
        return changes[0]
    links, ended_links = _balance([(one.links, one.ended_links) for one in changes], RELATIONSHIPS)
    outcomes, ended_outcomes = _balance([(one.outcomes, one.ended_outcomes) for one in changes], OUTCOMES)
    last: dict[str, tuple[int, int]] = {}
    for number, one in enumerate(changes):
        last |= {id: (number, row) for row, id in enumerate(one.parties.column("id").to_pylist())}
    gone = {id for one in changes for id in one.gone}
    every = pa.Table.from_batches([one.parties for one in changes], PARTIES)
    start = [0]
    for one in changes:
        start.append(start[-1] + one.parties.num_rows)
    places = [start[number] + row for number, row in last.values()]
    return Changes(
        changes[0].after,
        changes[-1].until,
        _batch(every.take(pa.array(places, pa.int64())), PARTIES),
        tuple(sorted(gone)),
        links,
        ended_links,
        outcomes,
        ended_outcomes,
        changes[-1].kinds,
        changes[-1].protected,
    )


def _balance(
    pairs: Iterable[tuple[pa.RecordBatch, pa.RecordBatch]], schema: pa.Schema
) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """What came and did not go again, and what went that was there before, from (came, went) one after the other."""
    pairs = list(pairs)
    came = [batch for batch, _ in pairs]
    if not any(went.num_rows for _, went in pairs):
        return _batch(pa.Table.from_batches(came, schema), schema), _none(schema)
    new: dict[tuple[object, ...], int] = {}
    ended: list[tuple[object, ...]] = []
    for batch, went in pairs:
        for row in _rows(went):
            if new.get(row, 0):
                new[row] -= 1
            else:
                ended.append(row)
        for row in _rows(batch):
            new[row] = new.get(row, 0) + 1
    rows = [row for row, times in new.items() for _ in range(times)]
    return _of_rows(rows, schema), _of_rows(ended, schema)


def _rows(batch: pa.RecordBatch) -> Iterable[tuple[object, ...]]:
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _of_rows(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [pa.array(column, one.type) for column, one in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _batch(table: pa.Table, schema: pa.Schema) -> pa.RecordBatch:
    table = table.combine_chunks()
    arrays = [
        pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type) for column in table.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
