"""The production store: a Neo4j database over Bolt. No other file imports the driver.

Every write is a managed transaction, which the driver repeats after a restart of the server or a deadlock; all are
idempotent. `graph.stores.neo4j_load` writes facts, `graph.stores.cypher` has the statements.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import neo4j
import pyarrow as pa
from neo4j.exceptions import AuthError, DriverError, Neo4jError, ServiceUnavailable, SessionExpired

from graph.errors import StoreError, StoreUnavailable, UnfinishedLoad, UsageError
from graph.schema import (
    CONSENTS,
    OUTCOMES,
    PARTIES,
    RELATIONSHIP_KINDS,
    RELATIONSHIPS,
    Party,
    Relationship,
    RelationshipKind,
)
from graph.stores import cypher
from graph.stores.base import (
    NO_DETAILS,
    UNDO_PREFIX,
    FactChanges,
    LoadDetails,
    LoadRecord,
    Neighbour,
    RecordedEvent,
    UndoCounts,
)
from graph.stores.neo4j_load import Neo4jLoad, lock_unfinished, read_loads
from graph.stores.shared import DefinedKinds, check_undo, fact_batch, facts_alone, in_order, merged_party, new_kinds

UNDO_FACTS: Final = 20_000  # in one transaction of an undo
BATCH_FACTS: Final = 10_000  # in one batch that is read, about
RETRY_SECONDS: Final = 180.0  # in which a server may restart
FETCH_BATCHES: Final = 100  # that the server sends ahead
TABLE_OF_LABEL: Final = {"PartyFact": "parties", "OutcomeFact": "outcomes", "ConsentFact": "consents"}

Row = list[Any]

# The driver logs every retry; what a person must know is in the error that is raised when all have failed.
logging.getLogger("neo4j").addHandler(logging.NullHandler())


class Neo4jStore:
    """A GraphStore over Bolt; `graph.stores.base` describes each method."""

    def __init__(self, driver: neo4j.Driver, database: str, name: str) -> None:
        self._driver, self._database, self.name = driver, database, name
        self._indexed = set[str]()  # kinds of links that are indexed by their loads

    @staticmethod
    def open(url: str) -> Neo4jStore:
        """The store at `neo4j://user:password@host:7687/database`.

        Raises UsageError for an incomplete URL.
        Raises StoreUnavailable where the server cannot be reached or refuses the password.
        """
        host, port, user, password, database = _parts(url)
        driver = neo4j.GraphDatabase.driver(
            f"{urlsplit(url).scheme}://{host}:{port}",
            auth=(user, password),
            max_transaction_retry_time=RETRY_SECONDS,
            initial_retry_delay=0.1,
            retry_delay_multiplier=1.25,  # so that a restarted server is used soon
            notifications_min_severity="OFF",
        )
        store = Neo4jStore(driver, database, f"Neo4j store {host}:{port}")
        try:
            store._prepare()
        except BaseException:
            store.close()
            raise
        return store

    def _prepare(self) -> None:
        """Check that the server answers, and create the constraints, indexes and counters."""
        try:
            self._driver.verify_connectivity()
        except AuthError as error:
            raise StoreUnavailable(f"{self.name} refuses this user or password") from error
        except (DriverError, Neo4jError) as error:
            raise StoreUnavailable(f"{self.name} cannot be reached; is it running?") from error
        self.transaction(lambda tx: [tx.run(statement).consume() for statement in cypher.SCHEMA])
        self._write(cypher.COUNTERS)

    @contextmanager
    def _store_errors(self) -> Iterator[None]:
        """Turns the driver's errors into a StoreError of one line without values."""
        try:
            yield
        except (ServiceUnavailable, SessionExpired) as error:
            raise StoreUnavailable(f"{self.name} does not answer; start it and do the same again") from error
        except Neo4jError as error:
            raise StoreError(f"{self.name} refused: {error.code}") from error
        except DriverError as error:
            raise StoreError(f"{self.name}: {type(error).__name__}") from error

    def transaction(self, work: Callable[[neo4j.ManagedTransaction], Any]) -> Any:
        """The result of `work` in one managed write transaction, which the driver may repeat."""
        with self._store_errors(), self._driver.session(database=self._database) as session:
            return session.execute_write(work)

    def _write(self, statement: str, **parameters: Any) -> list[Row]:
        rows: list[Row] = self.transaction(lambda tx: tx.run(statement, parameters).values())
        return rows

    def _read(self, statement: str, **parameters: Any) -> list[Row]:
        with self._store_errors(), self._driver.session(database=self._database) as session:
            rows: list[Row] = session.execute_read(lambda tx: tx.run(statement, parameters).values())
            return rows

    def define_kinds(self, kinds: Iterable[RelationshipKind]) -> None:
        for kind in new_kinds(kinds, self.kinds()).values():
            self._write(cypher.DEFINE_KIND, **asdict(kind))

    def kinds(self) -> dict[str, RelationshipKind]:
        own = self._read(cypher.KINDS)
        return dict(RELATIONSHIP_KINDS) | {row[0]: RelationshipKind(*row) for row in own}

    def add_protected(self, columns: Iterable[str]) -> None:
        self._write(cypher.ADD_PROTECTED, columns=sorted(columns))

    def protected(self) -> frozenset[str]:
        return frozenset(name for (name,) in self._read(cypher.PROTECTED))

    def begin_load(self, source: str, fingerprint: str) -> Neo4jLoad:
        def begin(tx: neo4j.ManagedTransaction) -> Row:
            ((number,),) = tx.run(cypher.NEXT_LOAD).values()
            unfinished: list[Row] = tx.run(cypher.UNFINISHED, source=source).values()
            if unfinished:
                return unfinished[0]
            tx.run(cypher.CREATE_LOAD, load=number, source=source, fingerprint=fingerprint)
            return [number, fingerprint, False]

        number, fingerprint_of_load, undone = self.transaction(begin)
        if undone:
            raise StoreError(
                f"load {number} of source {source!r} is being taken back: "
                f"finish that with `kith load --undo {number}`, then load again"
            )
        if fingerprint_of_load != fingerprint:
            raise UnfinishedLoad(number, source)
        return Neo4jLoad(self.name, self.transaction, DefinedKinds(self.kinds), number, source)

    def undo(self, load: int, details: LoadDetails = NO_DETAILS) -> int:
        record = check_undo(self.name, self.loads(), load)
        if record.revision is None:
            return self._delete_unfinished(load)
        undo = self.begin_load(record.source, f"{UNDO_PREFIX}{load}")
        undo.describe(details)
        remaining = self._remaining(load)
        for kind in (*cypher.NODES, *self._types()):
            self._in_steps(cypher.retract(kind), writer=undo.id, load=load, by=undo.id)
            for retracted_by in (undo.id, load):  # what the load recorded, then what it ended
                retracted = {"retracted_by": retracted_by, "remaining": remaining}
                self._in_steps(cypher.restore(kind), writer=undo.id, by=undo.id, **retracted)
        self._in_steps(cypher.RECORD_NEEDED_PARTIES, writer=undo.id, by=undo.id)
        return undo.complete(undone=load)

    def erase(self, party: str) -> int:
        def erased(tx: neo4j.ManagedTransaction) -> int:
            values = {"party": party, "quoted": json.dumps(party, ensure_ascii=False)}
            counts = [tx.run(statement, values).single(strict=True)[0] for statement in cypher.ERASE]
            tx.run(cypher.ERASE_ENTITY, party=party).consume()
            return sum(counts)

        return int(self.transaction(erased))

    def undo_counts(self, load: int) -> UndoCounts:
        counts = Counter[str](), Counter[str]()
        remaining = self._remaining(load)
        for kind in (*TABLE_OF_LABEL, *self._types()):
            table = TABLE_OF_LABEL.get(kind, "relationships")
            ((own, stated),) = self._read(cypher.count_own(kind), load=load, remaining=remaining)
            counts[0][table] += own - stated
            counts[1][table] += stated
        tables = ["parties", "relationships", "outcomes"]
        tables += ["consents"] if any(one["consents"] for one in counts) else []
        taken, kept = ({name: one[name] for name in tables} for one in counts)
        return UndoCounts(taken, kept)

    def _remaining(self, load: int) -> list[int]:
        """The loads that still count when this one does not."""
        return [one.id for one in self.loads() if one.id != load and one.revision is not None and not one.undone]

    def _delete_unfinished(self, load: int) -> int:
        """Delete an unfinished load with all its facts; returns the store's revision.

        It is marked as undone first, so that no process records more facts for it meanwhile.
        """
        self.transaction(lambda tx: _mark_undone(tx, load))
        kinds = (*self._types(), *cypher.NODES)
        for kind in kinds:
            if kind == "PartyFact":
                continue
            self._in_steps(cypher.delete(kind), load=load)
        self._in_steps(cypher.DELETE_ENTITIES, load=load)
        self._in_steps(cypher.delete("PartyFact"), load=load)
        for kind in kinds:
            self._in_steps(cypher.unretract(kind), load=load)
        self._write(cypher.DELETE_LOAD, load=load)
        return self.revision()

    def _types(self) -> list[str]:
        """Names of all relationship types that this database ever had."""
        return [name for (name,) in self._read(cypher.TYPES)]

    def _in_steps(self, statement: str, writer: int | None = None, **parameters: Any) -> None:
        """Run a statement that changes at most $limit facts until it changes none, each time in its own transaction.

        No other writer then waits long. writer: the load that the changes belong to, which must be unfinished.
        """

        def step(tx: neo4j.ManagedTransaction) -> int:
            ((changed,),) = tx.run(statement, parameters | {"limit": UNDO_FACTS}).values()
            if writer is not None:
                lock_unfinished(tx, writer)
            return int(changed)

        while self.transaction(step):
            pass

    def loads(self) -> list[LoadRecord]:
        return read_loads(self._read(cypher.LOADS))

    def revision(self) -> int:
        return int(self._read(cypher.REVISION)[0][0])

    def missing(self, ids: Iterable[str]) -> set[str]:
        wanted = set(ids)
        return wanted - set(self._read(cypher.PRESENT, ids=sorted(wanted))[0][0])

    def of_kinds(self, ids: Iterable[str], kinds: Iterable[str]) -> set[str]:
        return set(self._read(cypher.OF_KINDS, ids=sorted(ids), kinds=sorted(kinds))[0][0])

    def held(self, ids: Iterable[str]) -> set[str]:
        holding = sorted(name for name, kind in self.kinds().items() if kind.holding)
        return set(self._read(cypher.HELD, ids=sorted(ids), kinds=holding)[0][0])

    def party(self, id: str, revision: int | None = None) -> Party | None:
        finished = [load.id for load in self._finished(revision)]
        return merged_party([row[0] for row in self._read(cypher.party_facts(), id=id, finished=finished)])

    def neighbours(self, id: str, limit: int, after: int = 0, revision: int | None = None) -> list[Neighbour]:
        finished = [load.id for load in self._finished(revision)]
        rows = self._read(cypher.neighbours(), id=id, finished=finished, after=after, limit=limit)
        return [Neighbour(other, Relationship(*values)) for other, values in rows]

    def read_parties(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self._stream(PARTIES, cypher.read_facts("PartyFact", PARTIES), BATCH_FACTS, revision)

    def read_relationships(
        self, revision: int | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        for batch in self._stream(RELATIONSHIPS, cypher.read_links(), BATCH_FACTS // 10, revision):
            yield batch if columns is None else batch.select(columns)

    def read_outcomes(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self._stream(OUTCOMES, cypher.read_facts("OutcomeFact", OUTCOMES), BATCH_FACTS, revision)

    def changes(self, after: int, until: int) -> FactChanges:
        self._index_links()
        finished, loads = self._finished_between(after, until)

        def some(schema: pa.Schema, statements: Iterable[tuple[str, int]]) -> pa.RecordBatch:
            rows = [
                row for statement, at in statements for row in self._read(statement, loads=loads, finished=finished[at])
            ]
            return facts_alone(schema, list(zip(*rows, strict=True)) or [()] * len(schema))

        types, found = self._types(), []
        for came, at in ((True, until), (False, after)):
            found.append(some(PARTIES, [(cypher.changed_facts("PartyFact", PARTIES, came), at)]))
            found.append(some(RELATIONSHIPS, [(cypher.changed_links(kind, came), at) for kind in types]))
            found.append(some(OUTCOMES, [(cypher.changed_facts("OutcomeFact", OUTCOMES, came), at)]))
        return FactChanges(found[0], found[3], found[1], found[4], found[2], found[5])

    def count_changes(self, after: int, until: int) -> int:
        self._index_links()
        finished, loads = self._finished_between(after, until)
        return sum(
            int(self._read(cypher.count_changed(kind, came), loads=loads, finished=finished[at])[0][0])
            for kind in ("PartyFact", "OutcomeFact", *self._types())
            for came, at in ((True, until), (False, after))
        )

    def _finished_between(self, after: int, until: int) -> tuple[dict[int, list[int]], list[int]]:
        """The loads that had finished at each of two revisions, and those that had at the second alone."""
        finished = {at: [load.id for load in self._finished(at)] for at in (after, until)}
        before = set(finished[after])
        return finished, [load for load in finished[until] if load not in before]

    def _index_links(self) -> None:
        """Make the indexes by which changed links are found, of kinds that have none yet."""
        if not self._indexed and not self._read(cypher.ENDED_KNOWN)[0][0]:
            for kind in (*cypher.NODES, *self._types()):
                self._in_steps(cypher.say_ended(kind))
            self._write(cypher.SET_ENDED_KNOWN)
        for kind in sorted({*self._types()} - self._indexed):
            for statement in cypher.index_by_loads(kind):
                self._write(statement)
            self._indexed.add(kind)

    def party_facts(self, ids: Iterable[str], revision: int | None = None) -> pa.RecordBatch:
        loads = self._finished(revision)
        rows = self._read(cypher.facts_of_parties(), ids=sorted(set(ids)), finished=[load.id for load in loads])
        *columns, load = zip(*rows, strict=True) if rows else [()] * (len(PARTIES) + 1)
        return fact_batch(PARTIES, columns, load, loads)

    def events(self, source: str, ids: Iterable[str]) -> dict[str, str]:
        return dict(self._read(cypher.EVENTS_OF, source=source, ids=sorted(set(ids))))

    def events_of(self, types: Iterable[str]) -> list[RecordedEvent]:
        return in_order(RecordedEvent(*row) for row in self._read(cypher.EVENTS_OF_TYPES, types=sorted(set(types))))

    def read_consents(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self._stream(CONSENTS, cypher.read_facts("ConsentFact", CONSENTS), BATCH_FACTS, revision)

    def consents_changed(self, after: int) -> bool:
        return bool(self._read(cypher.CONSENTS_CHANGED, after=after)[0][0])

    def _stream(self, schema: pa.Schema, statement: str, page: int, revision: int | None) -> Iterator[pa.RecordBatch]:
        loads = self._finished(revision)
        finished = [load.id for load in loads]
        with self._store_errors(), self._driver.session(database=self._database, fetch_size=FETCH_BATCHES) as session:
            for *columns, load in session.run(statement, finished=finished, page=page):
                n = len(load)
                filled = [pa.nulls(n, f.type) if c is None else c for c, f in zip(columns, schema, strict=True)]
                yield fact_batch(schema, filled, load, loads)

    def _finished(self, revision: int | None) -> list[LoadRecord]:
        """The loads that had finished at a revision (None: the newest)."""
        finished = [load for load in self.loads() if load.revision is not None]
        return finished if revision is None else [load for load in finished if (load.revision or 0) <= revision]

    def cypher(self, statement: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """Rows that a reading Cypher statement returns.

        Raises StoreError for a statement that writes: the server refuses it.
        """
        with (
            self._store_errors(),
            self._driver.session(database=self._database, default_access_mode=neo4j.READ_ACCESS) as session,
        ):
            rows: list[dict[str, Any]] = session.execute_read(lambda tx: tx.run(statement, parameters).data())
            return rows

    def close(self) -> None:
        self._driver.close()


def _mark_undone(tx: neo4j.ManagedTransaction, load: int) -> None:
    """Mark an unfinished load as undone. Raises StoreError where it has been finished or deleted meanwhile."""
    rows = tx.run(cypher.LOCK_LOAD, load=load).values()
    if not rows or rows[0][0] is not None:
        raise StoreError(f"load {load} was finished or taken back by another process just now; ask again")
    tx.run(cypher.MARK_UNDONE, undone=load)


def _parts(url: str) -> tuple[str, int, str, str, str]:
    """Host, port, user, password and database of a store's URL. Raises UsageError where one is missing."""
    parts = urlsplit(url)
    try:
        port = parts.port or 7687
    except ValueError:
        port = 0
    if not parts.hostname or not port or parts.username is None or parts.password is None:
        raise UsageError("a Neo4j store is neo4j://user:password@host:7687/database")
    return parts.hostname, port, unquote(parts.username), unquote(parts.password), parts.path.strip("/") or "neo4j"
