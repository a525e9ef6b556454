"""A load into an SQLite store: batches are written in short transactions, new facts first and then corrections."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from graph.stores.base import LoadDetails, Recorded
from graph.stores.shared import DefinedKinds, load_ended, same_as_standing
from graph.stores.sqlite_tables import (
    CONSENT,
    EVENT,
    OUTCOME,
    PARTY,
    RELATIONSHIP,
    TABLES,
    FactTable,
    newest_revision,
    read_loads,
)

TRANSACTION_ROWS: Final = 10_000  # so that no other writer waits long

Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]


class SqliteLoad:
    """A load in progress; see `graph.stores.base.Load`."""

    def __init__(self, transaction: Transaction, kinds: DefinedKinds, id: int, origin: int) -> None:
        self._transaction, self._kinds, self._id, self._origin = transaction, kinds, id, origin
        self._changed = self._restated = False

    @property
    def id(self) -> int:
        return self._id

    def parties(self, batch: pa.RecordBatch) -> Recorded:
        return self._record(PARTY, batch)

    def relationships(self, batch: pa.RecordBatch) -> Recorded:
        self._kinds.check(batch)
        return self._record(RELATIONSHIP, batch)

    def outcomes(self, batch: pa.RecordBatch) -> Recorded:
        return self._record(OUTCOME, batch)

    def events(self, batch: pa.RecordBatch) -> Recorded:
        return self._record(EVENT, batch)

    def consents(self, batch: pa.RecordBatch) -> Recorded:
        return self._record(CONSENT, batch)

    def describe(self, details: LoadDetails) -> None:
        with self._transaction() as db:
            db.execute("UPDATE load SET details = ? WHERE id = ?", (details.to_text(), self._id))

    def end(self, facts: pa.RecordBatch) -> int:
        table = next(table for table in TABLES if set(table.key) <= set(facts.schema.names))
        ended = 0
        for start in range(0, facts.num_rows, TRANSACTION_ROWS):
            part = facts.slice(start, TRANSACTION_ROWS)
            keys = zip(*(part.column(name).to_pylist() for name in table.key), strict=True)
            with self._transaction() as db:
                if self._revision(db) is not None:
                    raise load_ended(self._id)
                before = db.total_changes
                db.executemany(table.retract(), [(self._id, *key, self._origin, self._id) for key in keys])
                ended += db.total_changes - before
        self._changed = self._changed or ended > 0
        return ended

    def _record(self, table: FactTable, batch: pa.RecordBatch) -> Recorded:
        """Rows are written in the order of their key, so that a transaction writes few pages of the index.

        The sort is stable: rows of one key stay in order.
        """
        ordered = batch.take(pc.sort_indices(batch, [(name, "ascending") for name in table.key]))
        recorded = 0
        for start in range(0, batch.num_rows, TRANSACTION_ROWS):
            columns = [column.to_pylist() for column in ordered.slice(start, TRANSACTION_ROWS).columns]
            recorded += self._record_rows(table, columns)
        self._changed = self._changed or recorded > 0
        return Recorded(recorded, batch.num_rows - recorded)

    def _record_rows(self, table: FactTable, columns: list[list[Any]]) -> int:
        """One transaction; returns the number of rows recorded by this load."""
        n = len(columns[0])
        with self._transaction() as db:
            if self._revision(db) is not None:
                raise load_ended(self._id)
            before = db.total_changes
            rows = zip(*columns, [self._origin] * n, [self._id] * n, strict=True)
            db.executemany(f"{table.insert()} ON CONFLICT DO NOTHING", rows)
            new = db.total_changes - before
            return n if new == n else self._correct(db, table, columns)

    def _correct(self, db: sqlite3.Connection, table: FactTable, columns: list[list[Any]]) -> int:
        """Where some keys are stored already: retract the facts that differ and record the rows.

        Returns the number of rows recorded by this load.
        """
        db.execute("DROP TABLE IF EXISTS temp.staged")
        db.execute(f"CREATE TEMP TABLE staged ({', '.join(table.columns)})")
        db.executemany(table.insert("staged"), zip(*columns, strict=True))
        last = table.last_of_each_key("staged")
        live = f"{table.same_key('s')} AND f.origin = ? AND f.retracted_by = 0"
        old = db.execute(
            f"SELECT f.rowid, f.load = ? FROM {last} s JOIN {table.name} f ON {live} WHERE {table.differs()}",
            (self._id, self._origin),
        ).fetchall()
        # No reader has seen what this very load recorded, so it is replaced and not retracted.
        db.executemany(f"DELETE FROM {table.name} WHERE rowid = ?", [(row,) for row, own in old if own])
        retracted = [(self._id, row) for row, own in old if not own]
        db.executemany(f"UPDATE {table.name} SET retracted_by = ? WHERE rowid = ?", retracted)
        names = ", ".join(table.columns)
        db.execute(
            f"INSERT INTO {table.name} ({names}, origin, load) SELECT {names}, ?, ? FROM {last} "
            "WHERE true ON CONFLICT DO NOTHING",
            (self._origin, self._id),
        )
        unchanged = f"SELECT f.rowid FROM {last} s JOIN {table.name} f ON {live} WHERE f.load <> ?"
        before = db.total_changes
        db.execute(table.restate(unchanged), (self._id, self._origin, self._id, self._id))
        self._restated = self._restated or db.total_changes > before
        recorded = f"SELECT count(*) FROM staged s JOIN {table.name} f ON {live} WHERE f.load = ?"
        return int(db.execute(recorded, (self._origin, self._id)).fetchone()[0])

    def finish(self) -> int:
        with self._transaction() as db:
            revision = newest_revision(db)
            if not self._changed and (not self._restated or same_as_standing(read_loads(db), self._id)):
                db.execute("DELETE FROM load WHERE id = ? AND revision IS NULL", (self._id,))
                return revision
            finished = self._revision(db)
            if finished is not None:
                return finished
            revision += self._changed
            db.execute("UPDATE load SET revision = ? WHERE id = ?", (revision, self._id))
            return revision

    def _revision(self, db: sqlite3.Connection) -> int | None:
        """The load's revision, None while it is unfinished. Raises StoreError where it was undone."""
        row = db.execute("SELECT revision FROM load WHERE id = ? AND NOT undone", (self._id,)).fetchone()
        if row is None:
            raise load_ended(self._id)
        revision: int | None = row[0]
        return revision
