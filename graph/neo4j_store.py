"""The production store: a Neo4j database over Bolt. The only file that imports the driver for facts.

Every write is a managed transaction, which the driver repeats when the server restarts or two writers meet; all are
idempotent. Large batches of links go out over two sessions.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import neo4j
import pyarrow as pa
from neo4j.exceptions import AuthError, DriverError, Neo4jError, ServiceUnavailable, SessionExpired

from graph import cypher
from graph.errors import StoreError, StoreUnavailable, UnfinishedLoad, UnknownKind, UsageError
from graph.schema import OUTCOMES, PARTIES, RELATIONSHIP_KINDS, RELATIONSHIPS, Party, Relationship, RelationshipKind
from graph.store import LoadRecord, Neighbour, Recorded

PIECE: Final = 10_000  # rows in one transaction
SESSIONS: Final = 2  # that write links at the same time
MOST: Final = 20_000  # facts in one step of an undo
READ: Final = 50_000  # rows in one batch when reading back
RETRY_SECONDS: Final = 180.0
FETCH: Final = 5_000

Row = list[Any]


class Neo4jStore:
    """GraphStore over Bolt; see `graph.store` for what each method promises."""

    def __init__(self, driver: neo4j.Driver, database: str, name: str) -> None:
        self._driver, self._database, self.name = driver, database, name
        with self._one_line():
            for statement in cypher.SCHEMA:
                self._write(statement)
            self._write(cypher.COUNTERS)

    @staticmethod
    def open(url: str) -> Neo4jStore:
        """Open `neo4j://user:password@host:7687/database`. Raises UsageError, StoreUnavailable."""
        parts = urlsplit(url)
        if not parts.hostname or parts.username is None or parts.password is None:
            raise UsageError("a Neo4j store is neo4j://user:password@host:7687/database")
        address = f"{parts.scheme}://{parts.hostname}:{parts.port or 7687}"
        name = f"Neo4j store {parts.hostname}:{parts.port or 7687}"
        driver = neo4j.GraphDatabase.driver(
            address,
            auth=(unquote(parts.username), unquote(parts.password)),
            max_transaction_retry_time=RETRY_SECONDS,
            notifications_min_severity="OFF",
        )
        try:
            driver.verify_connectivity()
        except AuthError as error:
            driver.close()
            raise StoreUnavailable(f"{name} refuses this user or password") from error
        except (DriverError, Neo4jError) as error:
            driver.close()
            raise StoreUnavailable(f"{name} cannot be reached; is it running?") from error
        return Neo4jStore(driver, parts.path.strip("/") or "neo4j", name)

    @contextmanager
    def _one_line(self) -> Iterator[None]:
        """Turn the driver's errors into one line without values."""
        try:
            yield
        except (ServiceUnavailable, SessionExpired) as error:
            raise StoreUnavailable(f"{self.name} does not answer; start it and do the same again") from error
        except Neo4jError as error:
            raise StoreError(f"{self.name} refused: {error.code}") from error
        except DriverError as error:
            raise StoreError(f"{self.name}: {type(error).__name__}") from error

    def transaction(self, work: Callable[[neo4j.ManagedTransaction], Any]) -> Any:
        """Run one managed write transaction; the driver repeats it where that may help."""
        with self._one_line(), self._driver.session(database=self._database) as session:
            return session.execute_write(work)

    def _write(self, statement: str, **parameters: Any) -> list[Row]:
        rows: list[Row] = self.transaction(lambda tx: tx.run(statement, parameters).values())
        return rows

    def _read(self, statement: str, **parameters: Any) -> list[Row]:
        with self._one_line(), self._driver.session(database=self._database) as session:
            rows: list[Row] = session.execute_read(lambda tx: tx.run(statement, parameters).values())
            return rows

    def define_kinds(self, kinds: Iterable[RelationshipKind]) -> None:
        known = self.kinds()
        for kind in kinds:
            there = known.get(kind.name)
            if there is not None and there != kind:
                raise UnknownKind(
                    f"kind {kind.name} is already of category {there.category} "
                    f"({'symmetric' if there.symmetric else 'directed'}); give this one another name"
                )
            if there is None:
                self._write(cypher.ADD_KIND, name=kind.name, category=kind.category, symmetric=kind.symmetric)

    def kinds(self) -> dict[str, RelationshipKind]:
        own = self._read(cypher.KINDS)
        return dict(RELATIONSHIP_KINDS) | {row[0]: RelationshipKind(*row) for row in own}

    def add_protected(self, columns: Iterable[str]) -> None:
        self._write(cypher.ADD_PROTECTED, columns=sorted(columns))

    def protected(self) -> frozenset[str]:
        return frozenset(name for (name,) in self._read(cypher.PROTECTED))

    def begin_load(self, source: str, fingerprint: str) -> Neo4jLoad:
        def begin(tx: neo4j.ManagedTransaction) -> tuple[int, str]:
            ((number,),) = tx.run(cypher.NEXT_LOAD).values()
            unfinished = tx.run(cypher.UNFINISHED, source=source).values()
            if unfinished:
                return unfinished[0][0], unfinished[0][1]
            tx.run(cypher.CREATE_LOAD, load=number, source=source, fingerprint=fingerprint)
            return number, fingerprint

        number, of = self.transaction(begin)
        if of != fingerprint:
            raise UnfinishedLoad(number, source)
        return Neo4jLoad(self, number, source)

    def undo(self, load: int) -> int:
        found = self._read(cypher.LOAD, load=load)
        if not found or found[0][2]:
            raise UsageError(f"load {load} {'is already taken back' if found else 'does not exist'} in {self.name}")
        source, revision, _ = found[0]
        if revision is None:
            return self._forget(load)
        undoing = self.begin_load(source, f"undo {load}")
        for kind in (*cypher.NODES, *sorted(self.kinds())):
            self._in_steps(cypher.retract(kind), load=load, by=undoing.id)
            self._write(cypher.restore(kind), load=load, by=undoing.id)
        self._write(cypher.MARK_UNDONE, load=load)
        return undoing.complete()

    def _forget(self, load: int) -> int:
        """Remove an unfinished load without a trace."""
        for kind in (*cypher.NODES, *sorted(self.kinds())):
            self._in_steps(cypher.delete(kind), load=load)
            self._in_steps(cypher.unretract(kind), load=load)
        self._in_steps(cypher.FORGET_ENTITIES)
        self._write(cypher.DELETE_LOAD, load=load)
        return self.revision()

    def _in_steps(self, statement: str, **parameters: Any) -> None:
        """Repeat a statement that handles at most $most facts until it finds none, so that no writer waits long."""
        while self._write(statement, most=MOST, **parameters)[0][0]:
            pass

    def loads(self) -> list[LoadRecord]:
        return [LoadRecord(*row) for row in self._read(cypher.LOADS)]

    def revision(self) -> int:
        return int(self._read(cypher.REVISION)[0][0])

    def missing(self, ids: Iterable[str]) -> set[str]:
        wanted = set(ids)
        return wanted - set(self._read(cypher.PRESENT, ids=sorted(wanted))[0][0])

    def party(self, id: str, revision: int | None = None) -> Party | None:
        everything, finished, _ = self._finished(revision)
        facts = [row[0] for row in self._read(cypher.party_facts(everything), id=id, finished=finished)]
        if not facts:
            return None
        attributes: dict[str, float | str | None] = {}
        for fact in facts:
            attributes |= {name: value for name, value in json.loads(fact[3]).items() if value is not None}
        names = [fact[2] for fact in facts if fact[2] is not None]
        last = facts[-1]
        return Party(last[0], last[1], names[-1] if names else None, attributes, last[4], last[5], last[6])

    def neighbours(self, id: str, limit: int, after: int = 0, revision: int | None = None) -> list[Neighbour]:
        everything, finished, _ = self._finished(revision)
        rows = self._read(cypher.neighbours(everything), id=id, finished=finished)
        found = [Neighbour(other, Relationship(*values)) for _, other, values in rows]

        def place(one: Neighbour) -> tuple[bytes, ...]:
            link = one.relationship
            return tuple(text.encode() for text in (link.kind, one.party, link.source, link.target, link.key))

        return sorted(found, key=place)[after : after + limit]

    def read_parties(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        everything, finished, revisions = self._finished(revision)
        rows = self._stream(cypher.read_facts("PartyFact", PARTIES, everything), finished)
        return _batches(PARTIES, (row[0] for row in rows), revisions)

    def read_outcomes(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        everything, finished, revisions = self._finished(revision)
        rows = self._stream(cypher.read_facts("OutcomeFact", OUTCOMES, everything), finished)
        return _batches(OUTCOMES, (row[0] for row in rows), revisions)

    def read_relationships(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        everything, finished, revisions = self._finished(revision)
        rows = self._stream(cypher.read_links(everything), finished)
        return _batches(RELATIONSHIPS, ([source, *link] for source, links in rows for link in links), revisions)

    def _stream(self, statement: str, finished: list[int]) -> Iterator[Row]:
        with self._one_line(), self._driver.session(database=self._database, fetch_size=FETCH) as session:
            for record in session.run(statement, finished=finished):
                yield record.values()

    def _finished(self, revision: int | None) -> tuple[bool, list[int], dict[int, int | None]]:
        """Whether every load counts at this revision, the ids of those that do, and each load's revision."""
        loads = self.loads()
        at = self.revision() if revision is None else revision
        finished = [load.id for load in loads if load.revision is not None and load.revision <= at]
        return len(finished) == len(loads), finished, {load.id: load.revision for load in loads}

    def cypher(self, statement: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """Raw Cypher that reads; the server refuses one that writes."""
        with (
            self._one_line(),
            self._driver.session(database=self._database, default_access_mode=neo4j.READ_ACCESS) as session,
        ):
            rows: list[dict[str, Any]] = session.execute_read(lambda tx: tx.run(statement, parameters).data())
            return rows

    def close(self) -> None:
        self._driver.close()


class Neo4jLoad:
    """A load in progress; see `graph.store.Load`."""

    def __init__(self, store: Neo4jStore, id: int, origin: str) -> None:
        self._store, self._id, self._origin = store, id, origin
        self._touched = False

    @property
    def id(self) -> int:
        return self._id

    def parties(self, batch: pa.RecordBatch) -> Recorded:
        rows = _rows(batch)
        kinds: dict[str, list[str]] = {}
        for row in rows:
            kinds.setdefault(row[1], []).append(row[0])
        for piece in _pieces([row[0] for row in rows]):
            self._store._write(cypher.ENTITIES, ids=piece)
        for kind, ids in sorted(kinds.items()):
            for piece in _pieces(ids):
                self._store._write(cypher.give_label(kind), ids=piece)
        return self._told(batch, sum(self._record(cypher.party_statements(), piece) for piece in _pieces(rows)))

    def outcomes(self, batch: pa.RecordBatch) -> Recorded:
        return self._told(
            batch, sum(self._record(cypher.outcome_statements(), piece) for piece in _pieces(_rows(batch)))
        )

    def relationships(self, batch: pa.RecordBatch) -> Recorded:
        """Two sessions at once; a party's outgoing links stay in one of them, so that the two seldom meet."""
        work: list[list[tuple[cypher.FactStatements, list[Row]]]] = [[] for _ in range(SESSIONS)]
        parts: dict[tuple[str, int], list[Row]] = {}
        for row in _rows(batch):
            parts.setdefault((row[2], zlib.crc32(row[0].encode()) % SESSIONS), []).append(row)
        for (kind, session), rows in sorted(parts.items()):
            work[session] += [(cypher.link_statements(kind), piece) for piece in _pieces(rows)]
        with ThreadPoolExecutor(SESSIONS) as pool:
            done = pool.map(lambda share: sum(self._record(*piece) for piece in share), work)
            return self._told(batch, sum(done))

    def _record(self, statements: cypher.FactStatements, rows: list[Row]) -> int:
        """One transaction: record what is new, correct what differs. Returns the rows recorded by this load."""
        placed = [[*row, place] for place, row in enumerate(rows)]

        def work(tx: neo4j.ManagedTransaction) -> tuple[int, int]:
            given = {"load": self._id, "origin": self._origin}
            ((met, own, differing),) = tx.run(statements.record, given | {"rows": placed}).values()
            if differing:
                changed = [placed[place] for place in differing]
                tx.run(statements.replace_own, given | {"rows": changed}).consume()
                made = tx.run(statements.retract_other, given | {"rows": changed}).consume().counters
                own += made.nodes_created + made.relationships_created
            return met, own

        met, own = self._store.transaction(work)
        if met != len(rows):
            raise StoreError(f"{self._store.name}: {len(rows) - met} links have an end that is no party")
        return int(own)

    def _told(self, batch: pa.RecordBatch, recorded: int) -> Recorded:
        self._touched = self._touched or recorded > 0
        return Recorded(recorded, batch.num_rows - recorded)

    def finish(self) -> int:
        if self._touched:
            return self.complete()
        self._store._write(cypher.DELETE_LOAD, load=self._id)
        return self._store.revision()

    def complete(self) -> int:
        """Give the load its revision: from now on everybody sees what it wrote."""

        def work(tx: neo4j.ManagedTransaction) -> int:
            ((revision,),) = tx.run(cypher.NEXT_REVISION).values()
            tx.run(cypher.FINISH_LOAD, load=self._id, revision=revision)
            return int(revision)

        return int(self._store.transaction(work))


def _rows(batch: pa.RecordBatch) -> list[Row]:
    return [list(row) for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)]


def _pieces(rows: list[Any]) -> list[list[Any]]:
    return [rows[start : start + PIECE] for start in range(0, len(rows), PIECE)]


def _batches(schema: pa.Schema, rows: Iterable[Row], revisions: dict[int, int | None]) -> Iterator[pa.RecordBatch]:
    fields = pa.schema([*schema, pa.field("origin", pa.string()), pa.field("recorded", pa.int64())])
    collected: list[Row] = []
    for row in rows:
        collected.append(row)
        if len(collected) == READ:
            yield _batch(fields, collected, revisions)
            collected = []
    if collected:
        yield _batch(fields, collected, revisions)


def _batch(fields: pa.Schema, rows: list[Row], revisions: dict[int, int | None]) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True))
    columns[-1] = tuple(revisions[load] for load in columns[-1])
    return pa.RecordBatch.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, fields, strict=True)], schema=fields
    )
