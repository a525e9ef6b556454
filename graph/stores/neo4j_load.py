"""A load into a Neo4j store: batches are written in transactions that may be repeated, links by two sessions at once.

It gets a function that runs a managed transaction, and does not import the driver.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import StoreError
from graph.stores import cypher
from graph.stores.base import LoadDetails, LoadRecord, Recorded
from graph.stores.shared import DefinedKinds, load_ended, same_as_standing

TRANSACTION_ROWS: Final = 10_000
# Two sessions write links at the same time. Writers of links of the same parties lock each other out, and in a deadlock
# one is rolled back. So the parties of a batch are divided into four groups, and in each of three rounds the sessions
# write links between groups that the other session does not use. TURN[group, group] is 2 * round + session.
TURN: Final = np.array([[0, 0, 2, 4], [0, 0, 5, 3], [2, 5, 1, 1], [4, 3, 1, 1]])

Row = list[Any]
Turn = list[tuple[str, pa.RecordBatch]]  # what one session writes in one round: links by kind


class Transaction(Protocol):
    """The part of the driver's transaction that a load uses."""

    def run(self, query: Any, parameters: dict[str, Any] | None = None, **more: Any) -> Any: ...


def read_loads(rows: Iterable[Row]) -> list[LoadRecord]:
    """The records of loads from the rows of `cypher.LOADS`."""
    return [
        LoadRecord(id, source, fingerprint, revision, undone, LoadDetails.of_text(details))
        for id, source, fingerprint, revision, undone, details in rows
    ]


def lock_load(tx: Transaction, load: int) -> int | None:
    """The load's revision, None while it is unfinished; no other transaction can end the load before this one ends.

    Raises StoreError where it was undone.
    """
    rows = tx.run(cypher.LOCK_LOAD, load=load).values()
    if not rows or rows[0][1]:
        raise load_ended(load)
    revision: int | None = rows[0][0]
    return revision


def lock_unfinished(tx: Transaction, load: int) -> None:
    """Lock a load that must be unfinished.

    It is the last step of a transaction, as the two sessions that write for a load exclude each other from then on.

    Raises StoreError, so that nothing is written, where the load has ended.
    """
    if lock_load(tx, load) is not None:
        raise load_ended(load)


Write = Callable[[Callable[[Any], Any]], Any]  # runs one managed transaction in a session of its own


class Neo4jLoad:
    """A load in progress; see `graph.stores.base.Load`."""

    def __init__(self, store: str, write: Write, kinds: DefinedKinds, id: int, origin: str) -> None:
        self._store, self._write, self._kinds, self._id, self._origin = store, write, kinds, id, origin
        self._changed = self._restated = False

    @property
    def id(self) -> int:
        return self._id

    def parties(self, batch: pa.RecordBatch) -> Recorded:
        """Each party becomes a node with its kind as a label, and a fact of this source about it."""

        def nodes(tx: Transaction, rows: list[Row]) -> None:
            tx.run(cypher.ENTITIES, ids=[row[0] for row in rows]).consume()
            for kind in sorted({row[1] for row in rows}):
                tx.run(cypher.give_label(kind), ids=[row[0] for row in rows if row[1] == kind]).consume()

        statements = cypher.party_statements()
        return self._recorded(batch, sum(self._record(statements, part, nodes) for part in _parts(batch)))

    def outcomes(self, batch: pa.RecordBatch) -> Recorded:
        statements = cypher.outcome_statements()
        return self._recorded(batch, sum(self._record(statements, part) for part in _parts(batch)))

    def events(self, batch: pa.RecordBatch) -> Recorded:
        statements = cypher.event_statements()
        return self._recorded(batch, sum(self._record(statements, part) for part in _parts(batch)))

    def consents(self, batch: pa.RecordBatch) -> Recorded:
        statements = cypher.consent_statements()
        return self._recorded(batch, sum(self._record(statements, part) for part in _parts(batch)))

    def relationships(self, batch: pa.RecordBatch) -> Recorded:
        """Links are written by two sessions at once, in rounds in which they have no party in common."""
        self._kinds.check(batch)

        def write(turn: Turn) -> int:
            return sum(self._record(cypher.link_statements(kind), part) for kind, part in turn)

        with ThreadPoolExecutor(2) as pool:
            return self._recorded(batch, sum(sum(pool.map(write, turns)) for turns in _rounds(batch)))

    def describe(self, details: LoadDetails) -> None:
        self._write(lambda tx: tx.run(cypher.DESCRIBE_LOAD, load=self._id, details=details.to_text()).consume())

    def end(self, facts: pa.RecordBatch) -> int:
        """Links are ended kind by kind, in one session."""
        names = set(facts.schema.names)
        if "kind" in names and "source" in names:
            kinds = facts.column("kind")
            ended = sum(
                self._end(kind, facts.filter(pc.equal(kinds, kind)), ("source", "target", "key"))
                for kind in pc.unique(kinds).to_pylist()
            )
        elif "purpose" in names:
            ended = self._end("ConsentFact", facts, cypher.CONSENT_KEY)
        elif "party" in names:
            ended = self._end("OutcomeFact", facts, ("party", "key"))
        else:
            ended = self._end("PartyFact", facts, ("id",))
        self._changed = self._changed or ended > 0
        return ended

    def _end(self, kind_or_label: str, facts: pa.RecordBatch, key: tuple[str, ...]) -> int:
        ended = 0
        for part in _parts(facts):
            rows = list(map(list, zip(*(part.column(name).to_pylist() for name in key), strict=True)))
            given = {"load": self._id, "origin": self._origin, "rows": rows}

            def work(tx: Transaction, given: dict[str, Any] = given) -> int:
                ((count,),) = tx.run(cypher.end(kind_or_label), given).values()
                lock_unfinished(tx, self._id)
                return int(count)

            ended += self._write(work)
        return ended

    def _record(
        self,
        statements: cypher.FactStatements,
        batch: pa.RecordBatch,
        before: Callable[[Transaction, list[Row]], None] | None = None,
    ) -> int:
        """Record new facts and correct those that differ, in one transaction; returns the rows recorded by this load.

        Of a key that comes several times the last row is written, and its other rows are counted like it.
        """
        columns = [column.to_pylist() for column in batch.columns]
        keys = list(zip(*(columns[at] for at in statements.key), strict=True))
        last = dict(zip(keys, zip(*columns, strict=True), strict=True))
        placed = [[*row, place] for place, row in enumerate(last.values())]
        given = {"load": self._id, "origin": self._origin}

        def work(tx: Transaction) -> set[int]:
            if before is not None:
                before(tx, placed)
            ((matched, others, differing),) = tx.run(statements.record, given | {"rows": placed}).values()
            if matched != len(placed):
                lock_unfinished(tx, self._id)  # where the load was undone, its parties were deleted with it
                raise StoreError(f"{self._store}: {len(placed) - matched} links have an end that is no party")
            if differing:
                changed = given | {"rows": [placed[place] for place in differing]}
                tx.run(statements.replace_own, changed).consume()
                tx.run(statements.retract_other, changed).consume()
            same = set(others) - set(differing)
            if same:
                tx.run(statements.restate, given | {"rows": [placed[place] for place in sorted(same)]}).consume()
            lock_unfinished(tx, self._id)
            return same

        unchanged = self._write(work)
        self._restated = self._restated or bool(unchanged)
        times = Counter(keys)
        return len(keys) - sum(count for place, count in enumerate(times.values()) if place in unchanged)

    def _recorded(self, batch: pa.RecordBatch, recorded: int) -> Recorded:
        self._changed = self._changed or recorded > 0
        return Recorded(recorded, batch.num_rows - recorded)

    def finish(self) -> int:
        if self._changed:
            return self.complete()

        def end(tx: Transaction) -> int:
            revision = int(tx.run(cypher.REVISION).values()[0][0])
            loads = read_loads(tx.run(cypher.LOADS).values())
            if not self._restated or same_as_standing(loads, self._id):
                tx.run(cypher.DELETE_LOAD, load=self._id)
                return revision
            finished = lock_load(tx, self._id)
            if finished is None:
                tx.run(cypher.FINISH_LOAD, load=self._id, revision=revision)
            return revision if finished is None else finished

        return int(self._write(end))

    def complete(self, undone: int | None = None) -> int:
        """Finish the load with a revision of its own, and mark the load `undone` as undone by it; returns the revision.

        A load that is finished already keeps its revision: another process finished it, or an earlier try did whose
        answer was lost.
        """

        def work(tx: Transaction) -> int:
            finished = lock_load(tx, self._id)
            if finished is not None:
                return finished
            ((revision,),) = tx.run(cypher.NEXT_REVISION).values()
            tx.run(cypher.FINISH_LOAD, load=self._id, revision=revision)
            tx.run(cypher.MARK_UNDONE, undone=undone)
            return int(revision)

        return int(self._write(work))


def _parts(batch: pa.RecordBatch) -> list[pa.RecordBatch]:
    """The batch in parts of TRANSACTION_ROWS rows."""
    return [batch.slice(start, TRANSACTION_ROWS) for start in range(0, batch.num_rows, TRANSACTION_ROWS)]


def _rounds(links: pa.RecordBatch) -> list[tuple[Turn, Turn]]:
    """The links that the two sessions write in each round; those of one key stay in order."""
    ends = pa.concat_arrays([links.column("source"), links.column("target")]).dictionary_encode().indices.to_numpy()
    source, target = (ends % len(TURN)).reshape(2, -1)
    kinds = links.column("kind").dictionary_encode()
    group = TURN[source, target] * len(kinds.dictionary) + kinds.indices.to_numpy()
    ordered = links.take(pa.array(np.argsort(group, kind="stable")))
    turns: list[Turn] = [[] for _ in range(TURN.max() + 1)]
    start = 0
    for at, n in enumerate(np.bincount(group).tolist()):
        turn, kind = divmod(at, len(kinds.dictionary))
        turns[turn] += [(kinds.dictionary[kind].as_py(), part) for part in _parts(ordered.slice(start, n))]
        start += n
    return list(zip(turns[::2], turns[1::2], strict=True))
