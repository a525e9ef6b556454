"""What lies in the file of an SQLite store.

Each kind of fact has a table: its columns, the origin (source of the load), the load that recorded it and the load
that retracted it (0 while none has). One that an undo brought back also has `restored`, the load that first recorded
it. The natural key with `retracted_by` is unique, so that at most one fact of a key is live and every past one can
still be found.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from graph.schema import OUTCOMES, PARTIES, RELATIONSHIPS

FORMAT: Final = 2


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

SCHEMA: Final = (
    "CREATE TABLE load (id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, fingerprint TEXT NOT NULL,"
    " revision INTEGER, undone INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE origin (id INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE);"
    "CREATE TABLE kind (name TEXT PRIMARY KEY, category TEXT NOT NULL, symmetric INTEGER NOT NULL);"
    "CREATE TABLE protected_column (name TEXT PRIMARY KEY);"
    + "".join(table.create() for table in TABLES)
    + "CREATE INDEX relationship_target ON relationship (target);"
    f"PRAGMA user_version = {FORMAT};"
)


# A party that an undo retracted, and that no load states any more, stays bare while links or outcomes of its source
# need it. From now on it counts as stated by the oldest of the loads that state these.
_STATED: Final = "SELECT CASE restored WHEN 0 THEN load ELSE restored END AS stated FROM"
_LIVE: Final = "origin = gone.origin AND retracted_by = 0"
KEEP_ENDS: Final = (
    "INSERT INTO party (id, kind, attributes, implied, origin, load, restored) SELECT * FROM ("
    "SELECT gone.id, gone.kind, '{}', 1, gone.origin, gone.retracted_by, ("
    f"SELECT min(stated) FROM ({_STATED} relationship WHERE source = gone.id AND {_LIVE} "
    f"UNION ALL {_STATED} relationship WHERE target = gone.id AND {_LIVE} "
    f"UNION ALL {_STATED} outcome WHERE party = gone.id AND {_LIVE})) AS oldest "
    "FROM party gone WHERE gone.retracted_by = ? "
    f"AND NOT EXISTS (SELECT 1 FROM party WHERE id = gone.id AND {_LIVE})) WHERE oldest IS NOT NULL"
)


# A fact is live at a revision while its load has finished and the load that retracted it has not.
_FINISHED: Final = "(SELECT id FROM load WHERE revision <= ?)"
VISIBLE: Final = f"load IN {_FINISHED} AND retracted_by NOT IN {_FINISHED}"


def newest(db: sqlite3.Connection) -> int:
    """The newest revision, 0 in an empty store."""
    return int(db.execute("SELECT coalesce(max(revision), 0) FROM load").fetchone()[0])
