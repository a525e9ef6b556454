"""A load into a Neo4j store: batches written in transactions that may be repeated, links by two sessions at once.

It is given a way to run a managed transaction, and does not know the driver.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa

from graph.errors import StoreError
from graph.stores import cypher
from graph.stores.base import Recorded
from graph.stores.shared import KnownKinds, ended

PIECE: Final = 10_000  # rows in one transaction
# Two sessions write links at the same time. The parties of a batch fall into four groups; in each of three rounds the
# two take links between groups that the other does not touch. Writers that touch the same parties would wait for each
# other, and where each waits for the other, one is thrown back. TURN[group, group] is 2 * round + session.
TURN: Final = np.array([[0, 0, 2, 4], [0, 0, 5, 3], [2, 5, 1, 1], [4, 3, 1, 1]])

Row = list[Any]
Turn = list[tuple[str, pa.RecordBatch]]  # pieces of links, each of one kind


class Transaction(Protocol):
    """What a load asks of a transaction of the driver."""

    def run(self, query: Any, parameters: dict[str, Any] | None = None, **more: Any) -> Any: ...


def hold(tx: Transaction, load: int) -> int | None:
    """Keep others from ending the load until this transaction ends; returns its revision, None while it is unfinished.

    Raises StoreError where it was taken back.
    """
    rows = tx.run(cypher.HOLD_LOAD, load=load).values()
    if not rows or rows[0][1]:
        raise ended(load)
    revision: int | None = rows[0][0]
    return revision


def hold_unfinished(tx: Transaction, load: int) -> None:
    """Comes last in a transaction that writes for a load: two sessions write for one, and would wait for each other.

    Raises StoreError, so that nothing is written, where the load has ended.
    """
    if hold(tx, load) is not None:
        raise ended(load)


Write = Callable[[Callable[[Any], Any]], Any]  # runs one managed transaction in a session of its own


class Neo4jLoad:
    """A load in progress; see `graph.stores.base.Load`."""

    def __init__(self, store: str, write: Write, kinds: KnownKinds, id: int, origin: str) -> None:
        self._store, self._write, self._kinds, self._id, self._origin = store, write, kinds, id, origin
        self._touched = False

    @property
    def id(self) -> int:
        return self._id

    def parties(self, batch: pa.RecordBatch) -> Recorded:
        """A party is a node with its kind for a label, and the fact that this source states about it."""

        def nodes(tx: Transaction, rows: list[Row]) -> None:
            tx.run(cypher.ENTITIES, ids=[row[0] for row in rows]).consume()
            for kind in sorted({row[1] for row in rows}):
                tx.run(cypher.give_label(kind), ids=[row[0] for row in rows if row[1] == kind]).consume()

        statements = cypher.party_statements()
        return self._told(batch, sum(self._record(statements, piece, nodes) for piece in _pieces(batch)))

    def outcomes(self, batch: pa.RecordBatch) -> Recorded:
        statements = cypher.outcome_statements()
        return self._told(batch, sum(self._record(statements, piece) for piece in _pieces(batch)))

    def relationships(self, batch: pa.RecordBatch) -> Recorded:
        """Two sessions at once, in rounds in which they touch no party in common."""
        self._kinds.check(batch)

        def write(turn: Turn) -> int:
            return sum(self._record(cypher.link_statements(kind), piece) for kind, piece in turn)

        with ThreadPoolExecutor(2) as pool:
            return self._told(batch, sum(sum(pool.map(write, turns)) for turns in _rounds(batch)))

    def _record(
        self,
        statements: cypher.FactStatements,
        batch: pa.RecordBatch,
        before: Callable[[Transaction, list[Row]], None] | None = None,
    ) -> int:
        """One transaction: record what is new, correct what differs. Returns the rows recorded by this load.

        Where a key comes several times, its last row counts, and the others count as that one does.
        """
        columns = [column.to_pylist() for column in batch.columns]
        keys = list(zip(*(columns[at] for at in statements.key), strict=True))
        last = dict(zip(keys, zip(*columns, strict=True), strict=True))
        placed = [[*row, place] for place, row in enumerate(last.values())]
        given = {"load": self._id, "origin": self._origin}

        def work(tx: Transaction) -> set[int]:
            if before is not None:
                before(tx, placed)
            ((met, others, differing),) = tx.run(statements.record, given | {"rows": placed}).values()
            if met != len(placed):
                hold_unfinished(tx, self._id)  # where the load was taken back, its parties went with it
                raise StoreError(f"{self._store}: {len(placed) - met} links have an end that is no party")
            if differing:
                changed = given | {"rows": [placed[place] for place in differing]}
                tx.run(statements.replace_own, changed).consume()
                tx.run(statements.retract_other, changed).consume()
            hold_unfinished(tx, self._id)
            return set(others) - set(differing)

        unchanged = self._write(work)
        times = Counter(keys)
        return len(keys) - sum(count for place, count in enumerate(times.values()) if place in unchanged)

    def _told(self, batch: pa.RecordBatch, recorded: int) -> Recorded:
        self._touched = self._touched or recorded > 0
        return Recorded(recorded, batch.num_rows - recorded)

    def finish(self) -> int:
        if self._touched:
            return self.complete()

        def vanish(tx: Transaction) -> int:
            tx.run(cypher.DELETE_LOAD, load=self._id)
            return int(tx.run(cypher.REVISION).values()[0][0])

        return int(self._write(vanish))

    def complete(self, undone: int | None = None) -> int:
        """Give the load its revision: from now on everybody sees what it wrote, and that it took back `undone`.

        It may have one: another process finished it, or an earlier try did whose answer was lost.
        """

        def work(tx: Transaction) -> int:
            finished = hold(tx, self._id)
            if finished is not None:
                return finished
            ((revision,),) = tx.run(cypher.NEXT_REVISION).values()
            tx.run(cypher.FINISH_LOAD, load=self._id, revision=revision)
            tx.run(cypher.MARK_UNDONE, undone=undone)
            return int(revision)

        return int(self._write(work))


def _pieces(batch: pa.RecordBatch) -> list[pa.RecordBatch]:
    return [batch.slice(start, PIECE) for start in range(0, batch.num_rows, PIECE)]


def _rounds(links: pa.RecordBatch) -> list[tuple[Turn, Turn]]:
    """Links as what each session writes in each round; those of one key keep their order."""
    ends = pa.concat_arrays([links.column("source"), links.column("target")]).dictionary_encode().indices.to_numpy()
    source, target = (ends % len(TURN)).reshape(2, -1)
    kinds = links.column("kind").dictionary_encode()
    share = TURN[source, target] * len(kinds.dictionary) + kinds.indices.to_numpy()
    ordered = links.take(pa.array(np.argsort(share, kind="stable")))
    turns: list[Turn] = [[] for _ in range(TURN.max() + 1)]
    start = 0
    for at, n in enumerate(np.bincount(share).tolist()):
        turn, kind = divmod(at, len(kinds.dictionary))
        turns[turn] += [(kinds.dictionary[kind].as_py(), piece) for piece in _pieces(ordered.slice(start, n))]
        start += n
    return list(zip(turns[::2], turns[1::2], strict=True))
