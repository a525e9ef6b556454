"""Small networks for tests: a store in memory with revisions, and facts as batches."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

import pyarrow as pa

from graph import schema
from graph.schema import Outcome, Party, Relationship, RelationshipKind

Fact = Party | Relationship | Outcome
SCHEMAS = {Party: schema.PARTIES, Relationship: schema.RELATIONSHIPS, Outcome: schema.OUTCOMES}
KEYS = {Party: ("id",), Relationship: ("kind", "source", "target", "key"), Outcome: ("party", "key")}


def row_of_fact(fact: Fact) -> dict[str, Any]:
    row = {f.name: getattr(fact, f.name) for f in fields(fact)}
    if isinstance(fact, Party):
        row["attributes"] = json.dumps(dict(fact.attributes), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return row


def batch(facts: Iterable[Fact], kind: type) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([row_of_fact(f) for f in facts if isinstance(f, kind)], schema=SCHEMAS[kind])


def load_facts(store: Any, facts: Iterable[Fact], source: str = "test", fingerprint: str = "f") -> int:
    """Load facts in one load of any store; returns its revision."""
    facts = list(facts)
    load = store.begin_load(source, fingerprint)
    for kind, record in ((Party, load.parties), (Relationship, load.relationships), (Outcome, load.outcomes)):
        rows = batch(facts, kind)
        if rows.num_rows:
            record(rows)
    return int(load.finish())


class MemoryStore:
    """A FactReader in memory that records loads by natural key; a correction retracts the fact before it."""

    name = "memory"

    def __init__(self) -> None:
        self._facts: list[dict[str, Any]] = []
        self._live: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._revision = 0
        self._kinds = dict(schema.RELATIONSHIP_KINDS)
        self._protected: frozenset[str] = frozenset()

    def define_kinds(self, kinds: Iterable[RelationshipKind]) -> None:
        self._kinds |= {kind.name: kind for kind in kinds}

    def kinds(self) -> dict[str, RelationshipKind]:
        return self._kinds

    def add_protected(self, columns: Iterable[str]) -> None:
        self._protected |= frozenset(columns)

    def protected(self) -> frozenset[str]:
        return self._protected

    def revision(self) -> int:
        return self._revision

    def begin_load(self, source: str, fingerprint: str) -> MemoryLoad:
        return MemoryLoad(self, source)

    def record(self, source: str, kind: type, rows: list[dict[str, Any]], revision: int) -> bool:
        """Whether recording these rows changed anything: new facts are appended, those they correct are retracted."""
        changed = False
        for row in rows:
            key = (source, kind, *(row[name] for name in KEYS[kind]))
            live = self._live.get(key)
            if live is not None and live["row"] == row:
                continue
            if live is not None:
                live["retracted"] = revision
            self._live[key] = {"kind": kind, "row": row, "origin": source, "recorded": revision, "retracted": None}
            self._facts.append(self._live[key])
            changed = True
        return changed

    def finished(self, changed: bool) -> int:
        self._revision += changed
        return self._revision

    def _read(self, kind: type, revision: int | None) -> Iterator[pa.RecordBatch]:
        at = self._revision if revision is None else revision
        more: Mapping[str, pa.DataType] = {"origin": pa.string(), "recorded": pa.int64()}
        columns = pa.schema([*SCHEMAS[kind], *(pa.field(name, type_) for name, type_ in more.items())])
        live = [
            fact["row"] | {"origin": fact["origin"], "recorded": fact["recorded"]}
            for fact in self._facts
            if fact["kind"] is kind and fact["recorded"] <= at and (fact["retracted"] is None or fact["retracted"] > at)
        ]
        piece = max(len(live) // 3, 3)  # several, as a store yields them
        for start in range(0, len(live), piece):
            yield pa.RecordBatch.from_pylist(live[start : start + piece], schema=columns)

    def read_parties(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self._read(Party, revision)

    def read_relationships(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self._read(Relationship, revision)

    def read_outcomes(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self._read(Outcome, revision)


class MemoryLoad:
    """A load that becomes visible when it finishes."""

    def __init__(self, store: MemoryStore, source: str) -> None:
        self._store, self._source = store, source
        self._batches: list[tuple[type, pa.RecordBatch]] = []

    def parties(self, rows: pa.RecordBatch) -> None:
        self._batches.append((Party, rows))

    def relationships(self, rows: pa.RecordBatch) -> None:
        self._batches.append((Relationship, rows))

    def outcomes(self, rows: pa.RecordBatch) -> None:
        self._batches.append((Outcome, rows))

    def finish(self) -> int:
        revision = self._store.revision() + 1
        changed = [self._store.record(self._source, kind, rows.to_pylist(), revision) for kind, rows in self._batches]
        return self._store.finished(any(changed))
