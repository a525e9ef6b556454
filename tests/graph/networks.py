"""Small networks for tests: a store in memory with revisions, and facts as batches."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import pyarrow as pa

from graph import schema
from graph.schema import Consent, Outcome, Party, Relationship, RelationshipKind
from graph.stores.base import FactChanges

Fact = Party | Relationship | Outcome | Consent
SCHEMAS = {
    Party: schema.PARTIES,
    Relationship: schema.RELATIONSHIPS,
    Outcome: schema.OUTCOMES,
    Consent: schema.CONSENTS,
}
KEYS = {
    Party: ("id",),
    Relationship: ("kind", "source", "target", "key"),
    Outcome: ("party", "key"),
    Consent: ("party", "source", "purpose", "given"),
}


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
    for kind, record in (
        (Party, load.parties),
        (Relationship, load.relationships),
        (Outcome, load.outcomes),
        (Consent, load.consents),
    ):
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

    def read_relationships(
        self, revision: int | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        for batch in self._read(Relationship, revision):
            yield batch if columns is None else batch.select(columns)

    def read_outcomes(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self._read(Outcome, revision)

    def read_consents(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self._read(Consent, revision)

    def consents_changed(self, after: int) -> bool:
        times = [
            time for fact in self._facts if fact["kind"] is Consent for time in (fact["recorded"], fact["retracted"])
        ]
        return any(time is not None and time > after for time in times)

    def changes(self, after: int, until: int) -> FactChanges:
        def some(kind: type, came: bool) -> pa.RecordBatch:
            rows = [f["row"] for f in self._facts if f["kind"] is kind and _live(f, until if came else after)
                    and not _live(f, after if came else until)]  # fmt: skip
            return pa.RecordBatch.from_pylist(rows, schema=SCHEMAS[kind])

        return FactChanges(*(some(kind, came) for kind in (Party, Relationship, Outcome) for came in (True, False)))

    def count_changes(self, after: int, until: int) -> int:
        changes = self.changes(after, until)
        return sum(getattr(changes, one.name).num_rows for one in fields(changes))

    def party_facts(self, ids: Iterable[str], revision: int | None = None) -> pa.RecordBatch:
        wanted = set(ids)
        table = pa.Table.from_batches(self._read(Party, revision))
        return table.filter(pa.array([id in wanted for id in table["id"].to_pylist()])).combine_chunks().to_batches()[0]

    def end(self, source: str, kind: type, keys: Iterable[tuple[Any, ...]]) -> int:
        """Retract live facts by their keys, in a load of its own; returns its revision."""
        self._revision += 1
        for key in keys:
            self._live.pop((source, kind, *key))["retracted"] = self._revision
        return self._revision


def _live(fact: dict[str, Any], at: int) -> bool:
    return bool(fact["recorded"] <= at and (fact["retracted"] is None or fact["retracted"] > at))


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

    def consents(self, rows: pa.RecordBatch) -> None:
        self._batches.append((Consent, rows))

    def finish(self) -> int:
        revision = self._store.revision() + 1
        changed = [self._store.record(self._source, kind, rows.to_pylist(), revision) for kind, rows in self._batches]
        return self._store.finished(any(changed))
