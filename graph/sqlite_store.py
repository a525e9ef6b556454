"""The embedded store: one SQLite file in write-ahead mode, so that readers run beside a writer in other processes.

Each kind of fact has a table: its columns, the origin (source of the load), the load that recorded it and the load
that retracted it (0 while none has). One that an undo brought back also has `restored`, the load that first recorded
it. The natural key with `retracted_by` is unique, so that at most one fact of a key is live and every past one can
still be found.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import StoreError, StoreUnavailable, UnfinishedLoad, Unsupported, UsageError
from graph.schema import OUTCOMES, PARTIES, RELATIONSHIP_KINDS, RELATIONSHIPS, Party, Relationship, RelationshipKind
from graph.store import LoadRecord, Neighbour, Recorded
from graph.store_facts import UNDO, KnownKinds, check_kind, check_undo, facts_batch, merged

PIECE: Final = 10_000  # rows in one transaction, so that no other writer waits long
READ: Final = 50_000  # rows in one batch when reading back
BUSY_SECONDS: Final = 60.0
FORMAT: Final = 2
NEWEST: Final = 2**62  # above every revision


@dataclass(frozen=True, slots=True)
class FactTable:
    """One kind of fact: its table, its Arrow schema and its natural key (without the origin)."""

    name: str
    schema: pa.Schema
    key: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        return [f'"{name}"' for name in self.schema.names]

    @property
    def content(self) -> list[str]:
        return [f'"{name}"' for name in self.schema.names if name not in self.key]

    def create(self) -> str:
        types = {pa.string(): "TEXT", pa.float64(): "REAL", pa.int64(): "INTEGER", pa.bool_(): "INTEGER"}
        columns = [f'"{field.name}" {types[field.type]}' for field in self.schema]
        facts = [
            "origin INTEGER NOT NULL",
            "load INTEGER NOT NULL",
            "retracted_by INTEGER NOT NULL DEFAULT 0",
            "restored INTEGER NOT NULL DEFAULT 0",
        ]
        key = ", ".join(f'"{name}"' for name in self.key)
        return (
            f"CREATE TABLE {self.name} ({', '.join(columns + facts)});"
            f"CREATE UNIQUE INDEX {self.name}_key ON {self.name} ({key}, origin, retracted_by);"
        )

    def insert(self, table: str | None = None) -> str:
        marks = ", ".join("?" * len(self.schema))
        into = f"INSERT INTO {table or self.name} ({', '.join(self.columns)}"
        return f"{into}) VALUES ({marks})" if table else f"{into}, origin, load) VALUES ({marks}, ?, ?)"

    def same_key(self, other: str) -> str:
        """A fact `f` and another row have the same key."""
        return " AND ".join(f'f."{name}" = {other}."{name}"' for name in self.key)

    def last_of_each_key(self, staged: str) -> str:
        """The last row of each key in a table, as SQLite fills columns beside a max()."""
        key = ", ".join(f'"{name}"' for name in self.key)
        return f"(SELECT {', '.join(self.columns)}, max(rowid) FROM {staged} GROUP BY {key})"

    def differs(self) -> str:
        return " OR ".join(f"f.{column} IS NOT s.{column}" for column in self.content)


PARTY: Final = FactTable("party", PARTIES, ("id",))
RELATIONSHIP: Final = FactTable("relationship", RELATIONSHIPS, ("source", "target", "kind", "key"))
OUTCOME: Final = FactTable("outcome", OUTCOMES, ("party", "key"))
TABLES: Final = (PARTY, RELATIONSHIP, OUTCOME)

_SCHEMA: Final = (
    "CREATE TABLE load (id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, fingerprint TEXT NOT NULL,"
    " revision INTEGER, undone INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE origin (id INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE);"
    "CREATE TABLE kind (name TEXT PRIMARY KEY, category TEXT NOT NULL, symmetric INTEGER NOT NULL);"
    "CREATE TABLE protected_column (name TEXT PRIMARY KEY);"
    + "".join(table.create() for table in TABLES)
    + "CREATE INDEX relationship_target ON relationship (target);"
    f"PRAGMA user_version = {FORMAT};"
)


# A fact is live at a revision while its load has finished and the load that retracted it has not.
_FINISHED: Final = "(SELECT id FROM load WHERE revision <= ?)"
VISIBLE: Final = f"load IN {_FINISHED} AND retracted_by NOT IN {_FINISHED}"


@contextmanager
def _one_line(name: str) -> Iterator[None]:
    """Turn SQLite's errors into one line that says what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "unable to open" in str(error):
            raise StoreUnavailable(f"{name}: {error}; close what else writes to it, or check the path") from error
        raise StoreError(f"{name}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{name}: {error}; restore the file from a copy or name another store") from error


class SqliteStore:
    """GraphStore in one file; see `graph.store` for what each method promises."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = f"SQLite store {path}"
        self._lock = threading.RLock()
        with _one_line(self.name):
            self._db = self._connect()
            self._create()

    @staticmethod
    def open(url: str) -> SqliteStore:
        """Open or create `sqlite:///path` (relative) or `sqlite:////path` (absolute)."""
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
            self._db.execute("PRAGMA journal_mode = WAL")
        with self.transaction() as db:
            found = db.execute("PRAGMA user_version").fetchone()[0]
            if found == 0:
                for statement in _SCHEMA.split(";"):
                    db.execute(statement)
            elif found != FORMAT:
                raise StoreError(f"{self.name} has format {found}, this Kith reads {FORMAT}; load the files anew")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One writing transaction; everything in it happens or nothing does."""
        with self._lock, _one_line(self.name):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.rollback()
                raise
            self._db.commit()

    def _all(self, statement: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock, _one_line(self.name):
            return self._db.execute(statement, parameters).fetchall()

    def define_kinds(self, kinds: Iterable[RelationshipKind]) -> None:
        known = self.kinds()
        with self.transaction() as db:
            for kind in kinds:
                check_kind(kind, known.get(kind.name))
                if kind.name not in known:
                    row = (kind.name, kind.category, kind.symmetric)
                    db.execute("INSERT OR IGNORE INTO kind VALUES (?, ?, ?)", row)
                    known[kind.name] = kind

    def kinds(self) -> dict[str, RelationshipKind]:
        own = self._all("SELECT name, category, symmetric FROM kind ORDER BY name")
        return dict(RELATIONSHIP_KINDS) | {n: RelationshipKind(n, c, bool(s)) for n, c, s in own}

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
            return SqliteLoad(self, int(open_load[0] if open_load else new.lastrowid or 0), origin)

    def undo(self, load: int) -> int:
        with self.transaction() as db:
            loads = _loads(db)
            found = check_undo(self.name, loads, load)
            if found.revision is None:
                return self._forget(db, load)
            revision = _newest(db) + 1
            new = db.execute(
                "INSERT INTO load (source, fingerprint, revision) VALUES (?, ?, ?)",
                (found.source, f"{UNDO}{load}", revision),
            ).lastrowid
            db.execute("UPDATE load SET undone = 1 WHERE id = ?", (load,))
            for table in TABLES:
                self._take_back(db, table, load, new)
            return revision

    def _take_back(self, db: sqlite3.Connection, table: FactTable, load: int, by: int | None) -> None:
        """Retract what a load stated; of each key then record anew the newest that loads not taken back state."""
        db.execute(
            f"UPDATE {table.name} SET retracted_by = ? WHERE retracted_by = 0 AND (load = ? OR restored = ?)",
            (by, load, load),
        )
        columns = ", ".join(f"f.{column}" for column in table.columns)
        db.execute(
            f"INSERT INTO {table.name} ({', '.join(table.columns)}, origin, load, restored) "
            f"SELECT {columns}, f.origin, ?, max(f.load) FROM {table.name} gone "
            f"JOIN {table.name} f ON {table.same_key('gone')} AND f.origin = gone.origin AND f.restored = 0 "
            "WHERE gone.retracted_by = ? AND f.load IN (SELECT id FROM load WHERE NOT undone) GROUP BY gone.rowid",
            (by, by),
        )

    def _forget(self, db: sqlite3.Connection, load: int) -> int:
        """Remove an unfinished load without a trace."""
        for table in TABLES:
            db.execute(f"DELETE FROM {table.name} WHERE load = ?", (load,))
            db.execute(f"UPDATE {table.name} SET retracted_by = 0 WHERE retracted_by = ?", (load,))
        db.execute("DELETE FROM load WHERE id = ?", (load,))
        return _newest(db)

    def loads(self) -> list[LoadRecord]:
        with self._lock, _one_line(self.name):
            return _loads(self._db)

    def revision(self) -> int:
        with self._lock, _one_line(self.name):
            return _newest(self._db)

    def missing(self, ids: Iterable[str]) -> set[str]:
        wanted = list(dict.fromkeys(ids))
        present = self._all(
            "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM party WHERE id = value AND retracted_by = 0)",
            (json.dumps(wanted),),
        )
        return set(wanted) - {value for (value,) in present}

    def party(self, id: str, revision: int | None = None) -> Party | None:
        columns = ", ".join(f"p.{column}" for column in PARTY.columns)
        return merged(
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

    def read_relationships(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self._read(RELATIONSHIP, revision)

    def read_outcomes(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self._read(OUTCOME, revision)

    def _read(self, table: FactTable, revision: int | None) -> Iterator[pa.RecordBatch]:
        """Stream live facts over a connection of its own, in one reading transaction: a writer goes on meanwhile."""
        with _one_line(self.name):
            db = self._connect()
            try:
                db.execute("BEGIN")
                loads = _loads(db)
                cursor = db.execute(
                    f"SELECT {', '.join(table.columns)}, load FROM {table.name} WHERE {VISIBLE}", _at(revision)
                )
                while rows := cursor.fetchmany(READ):
                    *columns, load = zip(*rows, strict=True)
                    yield facts_batch(table.schema, columns, load, loads)
            finally:
                db.close()

    def cypher(self, statement: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        raise Unsupported(self.name, "raw Cypher", "SQLite speaks SQL; point --store at a Neo4j")

    def close(self) -> None:
        with self._lock:
            self._db.close()


class SqliteLoad:
    """A load in progress; see `graph.store.Load`."""

    def __init__(self, store: SqliteStore, id: int, origin: int) -> None:
        self._store, self._id, self._origin = store, id, origin
        self._kinds = KnownKinds(store.kinds)
        self._touched = False

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

    def _record(self, table: FactTable, batch: pa.RecordBatch) -> Recorded:
        """In the order of the key (rows of one key keep theirs), so that a piece touches few pages of its index."""
        ordered = batch.take(pc.sort_indices(batch, [(name, "ascending") for name in table.key]))
        recorded = 0
        for start in range(0, batch.num_rows, PIECE):
            columns = [column.to_pylist() for column in ordered.slice(start, PIECE).columns]
            recorded += self._record_piece(table, columns)
        self._touched = self._touched or recorded > 0
        return Recorded(recorded, batch.num_rows - recorded)

    def _record_piece(self, table: FactTable, columns: list[list[Any]]) -> int:
        n = len(columns[0])
        with self._store.transaction() as db:
            before = db.total_changes
            rows = zip(*columns, [self._origin] * n, [self._id] * n, strict=True)
            db.executemany(f"{table.insert()} ON CONFLICT DO NOTHING", rows)
            new = db.total_changes - before
            return n if new == n else self._correct(db, table, columns)

    def _correct(self, db: sqlite3.Connection, table: FactTable, columns: list[list[Any]]) -> int:
        """Some rows were there: retract those that differ and record them anew. Returns rows recorded by this load."""
        db.execute("DROP TABLE IF EXISTS temp.staged")
        db.execute(f"CREATE TEMP TABLE staged ({', '.join(table.columns)})")
        db.executemany(table.insert("staged"), zip(*columns, strict=True))
        last = table.last_of_each_key("staged")
        live = f"{table.same_key('s')} AND f.origin = ? AND f.retracted_by = 0"
        old = db.execute(
            f"SELECT f.rowid, f.load = ? FROM {last} s JOIN {table.name} f ON {live} WHERE {table.differs()}",
            (self._id, self._origin),
        ).fetchall()
        # What this very load recorded was never seen by anybody, so it is replaced and not retracted.
        db.executemany(f"DELETE FROM {table.name} WHERE rowid = ?", [(row,) for row, own in old if own])
        retracted = [(self._id, row) for row, own in old if not own]
        db.executemany(f"UPDATE {table.name} SET retracted_by = ? WHERE rowid = ?", retracted)
        names = ", ".join(table.columns)
        db.execute(
            f"INSERT INTO {table.name} ({names}, origin, load) SELECT {names}, ?, ? FROM {last} "
            "WHERE true ON CONFLICT DO NOTHING",
            (self._origin, self._id),
        )
        recorded = f"SELECT count(*) FROM staged s JOIN {table.name} f ON {live} WHERE f.load = ?"
        return int(db.execute(recorded, (self._origin, self._id)).fetchone()[0])

    def finish(self) -> int:
        with self._store.transaction() as db:
            newest = _newest(db)
            if not self._touched:
                db.execute("DELETE FROM load WHERE id = ?", (self._id,))
                return newest
            db.execute("UPDATE load SET revision = ? WHERE id = ?", (newest + 1, self._id))
            return newest + 1


def _newest(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(revision), 0) FROM load").fetchone()[0])


def _loads(db: sqlite3.Connection) -> list[LoadRecord]:
    rows = db.execute("SELECT id, source, fingerprint, revision, undone FROM load ORDER BY id")
    return [LoadRecord(id, source, print_, revision, bool(undone)) for id, source, print_, revision, undone in rows]


def _at(revision: int | None) -> tuple[int, int]:
    """The parameters of VISIBLE."""
    return (NEWEST, NEWEST) if revision is None else (revision, revision)
