"""The embedded store: one SQLite file in write-ahead mode, so that readers run beside a writer in other processes.

`graph.stores.sqlite_tables` describes its tables, `graph.stores.sqlite_load` writes facts into them.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from graph.errors import StoreError, StoreUnavailable, UnfinishedLoad, Unsupported, UsageError
from graph.locks import locked
from graph.schema import RELATIONSHIP_KINDS, Party, Relationship, RelationshipKind
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
from graph.stores.shared import DefinedKinds, check_undo, fact_batch, facts_alone, in_order, merged_party, new_kinds
from graph.stores.sqlite_load import SqliteLoad
from graph.stores.sqlite_tables import (
    CONSENT,
    CONSENTS_CHANGED,
    DEFINE_KIND,
    FORMAT,
    MIGRATIONS,
    NEWEST_STATEMENT,
    OUTCOME,
    PARTY,
    RECORD_NEEDED_PARTIES,
    RECORDED_BETWEEN,
    RELATIONSHIP,
    RETRACTED_BETWEEN,
    SCHEMA,
    STATED_AGAIN,
    TABLES,
    VISIBLE,
    FactTable,
    migration,
    newest_revision,
    read_loads,
)

BATCH_ROWS: Final = 50_000  # in one batch that is read
BUSY_SECONDS: Final = 60.0  # to wait for another writer
ABOVE_ALL: Final = 2**62  # more than any revision


@contextmanager
def _store_errors(name: str) -> Iterator[None]:
    """Turns SQLite's errors into a StoreError of one line that says what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "unable to open" in str(error):
            raise StoreUnavailable(f"{name}: {error}; close what else writes to it, or check the path") from error
        raise StoreError(f"{name}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{name}: {error}; restore the file from a copy or name another store") from error


class SqliteStore:
    """A GraphStore in one file; `graph.stores.base` describes each method."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = f"SQLite store {path}"
        self._lock = threading.RLock()
        with _store_errors(self.name):
            self._db = self._connect()
            self._create()

    @staticmethod
    def open(url: str) -> SqliteStore:
        """The store at `sqlite:///path` (relative) or `sqlite:////path` (absolute), created if absent.

        Raises UsageError for a URL without a path.
        Raises StoreUnavailable where the file cannot be opened.
        Raises StoreError for a file that is no store of this format.
        """
        path = url.removeprefix("sqlite:///")
        if path == url or path in {"", ":memory:"}:
            raise UsageError(f"{url!r} names no file; write sqlite:///path")
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"{path}: its folder cannot be made ({error.strerror})") from error
        return SqliteStore(Path(path))

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        for pragma in ("synchronous = NORMAL", "cache_size = -65536", "temp_store = MEMORY"):
            db.execute(f"PRAGMA {pragma}")
        return db

    def _create(self) -> None:
        if self._db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            with locked(self.path.parent):  # of two that make the same store, SQLite would refuse one
                self._db.execute("PRAGMA journal_mode = WAL")
        with self.transaction() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version not in {0, FORMAT, *MIGRATIONS}:
                raise StoreError(f"{self.name} has format {version}, this Kith reads {FORMAT}; load the files anew")
            if version != FORMAT:
                for statement in (SCHEMA if version == 0 else migration(version)).split(";"):
                    db.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One writing transaction: it is committed as a whole or not at all."""
        with self._lock, _store_errors(self.name):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.rollback()
                raise
            self._db.commit()

    def _all(self, statement: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock, _store_errors(self.name):
            return self._db.execute(statement, parameters).fetchall()

    def define_kinds(self, kinds: Iterable[RelationshipKind]) -> None:
        known = self.kinds()
        with self.transaction() as db:
            rows = [(k.name, k.category, k.symmetric, k.holding) for k in new_kinds(kinds, known).values()]
            db.executemany(DEFINE_KIND, rows)

    def kinds(self) -> dict[str, RelationshipKind]:
        own = self._all("SELECT name, category, symmetric, holding FROM kind ORDER BY name")
        return dict(RELATIONSHIP_KINDS) | {n: RelationshipKind(n, c, bool(s), bool(h)) for n, c, s, h in own}

    def add_protected(self, columns: Iterable[str]) -> None:
        with self.transaction() as db:
            db.executemany("INSERT OR IGNORE INTO protected_column VALUES (?)", [(name,) for name in columns])

    def protected(self) -> frozenset[str]:
        return frozenset(name for (name,) in self._all("SELECT name FROM protected_column"))

    def begin_load(self, source: str, fingerprint: str) -> SqliteLoad:
        with self.transaction() as db:
            open_load = db.execute(
                "SELECT id, fingerprint FROM load WHERE source = ? AND revision IS NULL", (source,)
            ).fetchone()
            if open_load is not None and open_load[1] != fingerprint:
                raise UnfinishedLoad(open_load[0], source)
            if open_load is None:
                new = db.execute("INSERT INTO load (source, fingerprint) VALUES (?, ?)", (source, fingerprint))
            db.execute("INSERT OR IGNORE INTO origin (source) VALUES (?)", (source,))
            origin = db.execute("SELECT id FROM origin WHERE source = ?", (source,)).fetchone()[0]
            number = int(open_load[0] if open_load else new.lastrowid or 0)
            return SqliteLoad(self.transaction, DefinedKinds(self.kinds), number, origin)

    def undo(self, load: int, details: LoadDetails = NO_DETAILS) -> int:
        with self.transaction() as db:
            loads = read_loads(db)
            record = check_undo(self.name, loads, load)
            if record.revision is None:
                return self._delete_unfinished(db, load)
            revision = newest_revision(db) + 1
            new = db.execute(
                "INSERT INTO load (source, fingerprint, revision, details) VALUES (?, ?, ?, ?)",
                (record.source, f"{UNDO_PREFIX}{load}", revision, details.to_text()),
            ).lastrowid
            db.execute("UPDATE load SET undone = 1 WHERE id = ?", (load,))
            for table in TABLES:
                self._undo_in(db, table, load, new)
            db.execute(RECORD_NEEDED_PARTIES, (new,))
            return revision

    def _undo_in(self, db: sqlite3.Connection, table: FactTable, load: int, by: int | None) -> None:
        """Retract the facts of `load` and record, by the load `by`, what is stated of each key then.

        The keys are those of its facts, and of facts that it ended.
        """
        db.execute(
            f"UPDATE {table.name} SET retracted_by = ? WHERE retracted_by = 0 AND (load = ? OR restored = ?)",
            (by, load, load),
        )
        columns = ", ".join(f"f.{column}" for column in table.columns)
        live = f"SELECT 1 FROM {table.name} f WHERE {table.same_key('old')} AND f.origin = old.origin"
        for retracted_by in (by, load):
            db.execute(
                f"INSERT INTO {table.name} ({', '.join(table.columns)}, origin, load, restored) "
                f"SELECT {', '.join(table.columns)}, origin, ?, max(stated) FROM ("
                f"SELECT old.rowid AS place, {columns}, f.origin, {NEWEST_STATEMENT} AS stated FROM {table.name} old "
                f"JOIN {table.name} f ON {table.same_key('old')} AND f.origin = old.origin "
                f"WHERE old.retracted_by = ? AND NOT EXISTS ({live} AND f.retracted_by = 0)"
                ") WHERE stated IS NOT NULL GROUP BY place",
                (by, retracted_by),
            )

    def undo_counts(self, load: int) -> UndoCounts:
        taken, kept = {}, {}
        tables = {"parties": PARTY, "relationships": RELATIONSHIP, "outcomes": OUTCOME, "consents": CONSENT}
        for name, table in tables.items():
            own = f"FROM {table.name} f WHERE retracted_by = 0 AND (load = ? OR restored = ?)"
            count, stays = self._all(f"SELECT count(*), coalesce(sum({STATED_AGAIN}), 0) {own}", (load, load, load))[0]
            if count or table is not CONSENT:
                taken[name], kept[name] = count - stays, stays
        return UndoCounts(taken, kept)

    def _delete_unfinished(self, db: sqlite3.Connection, load: int) -> int:
        """Delete an unfinished load with all its facts; returns the store's revision."""
        for table in TABLES:
            db.execute(f"DELETE FROM {table.name} WHERE load = ?", (load,))
            db.execute(f"UPDATE {table.name} SET retracted_by = 0 WHERE retracted_by = ?", (load,))
        db.execute("DELETE FROM load WHERE id = ?", (load,))
        return newest_revision(db)

    def erase(self, party: str) -> int:
        with self.transaction() as db:
            before = db.total_changes
            for table, ends in ((RELATIONSHIP, ("source", "target")), (OUTCOME, ("party",)), (PARTY, ("id",))):
                about = " OR ".join(f'"{end}" = :party' for end in ends)
                db.execute(f"DELETE FROM {table.name} WHERE retracted_by <> 0 AND ({about})", {"party": party})
            db.execute("DELETE FROM consent WHERE party = ?", (party,))
            db.execute("DELETE FROM event WHERE instr(body, ?)", (json.dumps(party, ensure_ascii=False),))
            return int(db.total_changes - before)

    def loads(self) -> list[LoadRecord]:
        with self._lock, _store_errors(self.name):
            return read_loads(self._db)

    def revision(self) -> int:
        with self._lock, _store_errors(self.name):
            return newest_revision(self._db)

    def missing(self, ids: Iterable[str]) -> set[str]:
        wanted = list(dict.fromkeys(ids))
        present = self._all(
            "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM party WHERE id = value AND retracted_by = 0)",
            (json.dumps(wanted),),
        )
        return set(wanted) - {value for (value,) in present}

    def of_kinds(self, ids: Iterable[str], kinds: Iterable[str]) -> set[str]:
        rows = self._all(
            "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM party WHERE id = value AND retracted_by = 0 "
            "AND kind IN (SELECT value FROM json_each(?)))",
            (json.dumps(sorted(ids)), json.dumps(sorted(kinds))),
        )
        return {id for (id,) in rows}

    def held(self, ids: Iterable[str]) -> set[str]:
        holding = sorted(name for name, kind in self.kinds().items() if kind.holding)
        rows = self._all(
            "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM relationship WHERE target = value "
            "AND retracted_by = 0 AND kind IN (SELECT value FROM json_each(?)))",
            (json.dumps(sorted(ids)), json.dumps(holding)),
        )
        return {id for (id,) in rows}

    def party(self, id: str, revision: int | None = None) -> Party | None:
        columns = ", ".join(f"p.{column}" for column in PARTY.columns)
        return merged_party(
            self._all(
                f"SELECT {columns} FROM party p JOIN load l ON l.id = p.load JOIN origin o ON o.id = p.origin "
                f"WHERE p.id = ? AND {VISIBLE} ORDER BY p.implied DESC, l.revision, o.source",
                (id, *_at(revision)),
            )
        )

    def neighbours(self, id: str, limit: int, after: int = 0, revision: int | None = None) -> list[Neighbour]:
        columns, at = ", ".join(RELATIONSHIP.columns), _at(revision)
        rows = self._all(
            f"SELECT {columns}, target AS other FROM relationship WHERE source = ? AND {VISIBLE} UNION ALL "
            f"SELECT {columns}, source AS other FROM relationship WHERE target = ? AND source <> ? AND {VISIBLE} "
            "ORDER BY kind, other, source, target, key LIMIT ? OFFSET ?",
            (id, *at, id, id, *at, limit, after),
        )
        return [Neighbour(row[-1], Relationship(*row[:-1])) for row in rows]

    def read_parties(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self._read(PARTY, revision)

    def read_relationships(
        self, revision: int | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        return self._read(RELATIONSHIP, revision, columns)

    def read_outcomes(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self._read(OUTCOME, revision)

    def read_consents(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self._read(CONSENT, revision)

    def consents_changed(self, after: int) -> bool:
        return bool(self._all(CONSENTS_CHANGED, (after,))[0][0])

    def changes(self, after: int, until: int) -> FactChanges:
        def some(table: FactTable, condition: str, *parameters: int) -> pa.RecordBatch:
            rows = db.execute(f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE {condition}", parameters)
            columns = list(zip(*rows.fetchall(), strict=True)) or [()] * len(table.schema)
            return facts_alone(table.schema, columns)

        with self._reading() as db:
            came = [some(table, RECORDED_BETWEEN, after, until, until) for table in (PARTY, RELATIONSHIP, OUTCOME)]
            went = [some(table, RETRACTED_BETWEEN, after, until, after) for table in (PARTY, RELATIONSHIP, OUTCOME)]
        return FactChanges(came[0], went[0], came[1], went[1], came[2], went[2])

    def count_changes(self, after: int, until: int) -> int:
        counts = [
            f"SELECT count(*) FROM {table.name} WHERE {condition}"
            for table in (PARTY, RELATIONSHIP, OUTCOME)
            for condition in (RECORDED_BETWEEN, RETRACTED_BETWEEN)
        ]
        found = self._all(" UNION ALL ".join(counts), (after, until, until, after, until, after) * 3)
        return sum(number for (number,) in found)

    def party_facts(self, ids: Iterable[str], revision: int | None = None) -> pa.RecordBatch:
        statement = (
            f"SELECT {', '.join(PARTY.columns)}, load FROM party "
            f"WHERE id IN (SELECT value FROM json_each(?)) AND {VISIBLE}"
        )
        with self._reading() as db:
            rows = db.execute(statement, (json.dumps(sorted(ids)), *_at(revision))).fetchall()
            *columns, load = zip(*rows, strict=True) if rows else [()] * (len(PARTY.columns) + 1)
            return fact_batch(PARTY.schema, columns, load, read_loads(db))

    def events(self, source: str, ids: Iterable[str]) -> dict[str, str]:
        rows = self._all(
            "SELECT f.id, f.body FROM event f JOIN load l ON l.id = f.load JOIN origin o ON o.id = f.origin "
            "WHERE f.id IN (SELECT value FROM json_each(?)) AND o.source = ? AND f.retracted_by = 0 "
            "AND l.revision IS NOT NULL",
            (json.dumps(sorted(ids)), source),
        )
        return dict(rows)

    def events_of(self, types: Iterable[str]) -> list[RecordedEvent]:
        rows = self._all(
            "SELECT o.source, f.id, f.type, f.time, f.body FROM event f JOIN load l ON l.id = f.load "
            "JOIN origin o ON o.id = f.origin WHERE f.type IN (SELECT value FROM json_each(?)) AND f.retracted_by = 0 "
            "AND l.revision IS NOT NULL",
            (json.dumps(sorted(types)),),
        )
        return in_order(RecordedEvent(*row) for row in rows)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own in one reading transaction, beside which writers continue."""
        with _store_errors(self.name):
            db = self._connect()
            try:
                db.execute("BEGIN")
                yield db
            finally:
                db.close()

    def _read(
        self, table: FactTable, revision: int | None, wanted: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Live facts, or of them the columns that are wanted alone."""
        schema = pa.schema([table.schema.field(name) for name in wanted or table.schema.names])
        selected = ", ".join(f'"{name}"' for name in (*schema.names, *(() if wanted else ("load",))))
        with self._reading() as db:
            loads = read_loads(db)
            cursor = db.execute(f"SELECT {selected} FROM {table.name} WHERE {VISIBLE}", _at(revision))
            while rows := cursor.fetchmany(BATCH_ROWS):
                columns = list(zip(*rows, strict=True))
                if wanted:
                    yield facts_alone(schema, columns)
                else:
                    yield fact_batch(schema, columns[:-1], columns[-1], loads)

    def cypher(self, statement: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        raise Unsupported(self.name, "raw Cypher", "SQLite speaks SQL; point --store at a Neo4j")

    def close(self) -> None:
        with self._lock:
            self._db.close()


def _at(revision: int | None) -> tuple[int, int]:
    """The parameters of VISIBLE for a revision (None: the newest)."""
    return (ABOVE_ALL, ABOVE_ALL) if revision is None else (revision, revision)
