"""The tables of an SQLite store.

Each kind of fact has a table: its columns, the origin (source of the load), the load that recorded it and the load
that retracted it (0 for a live fact). A fact that an undo restored also has `restored`, the load whose fact it counts
as. `restated` is a JSON list of the later loads that left the fact unchanged. The natural key with `retracted_by` is
unique, so that at most one fact of a key is live, beside any number of retracted ones.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from graph.schema import CONSENTS, EVENTS, OUTCOMES, PARTIES, RELATIONSHIPS
from graph.stores.base import LoadDetails, LoadRecord

FORMAT: Final = 5


@dataclass(frozen=True, slots=True)
class FactTable:
    """One kind of fact: its table, its Arrow schema and its natural key (without the origin)."""

    name: str
    schema: pa.Schema
    key: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """Quoted names of all columns of the schema."""
        return [f'"{name}"' for name in self.schema.names]

    @property
    def content(self) -> list[str]:
        """Quoted names of the columns that are no part of the key."""
        return [f'"{name}"' for name in self.schema.names if name not in self.key]

    def create(self) -> str:
        """The statements that create the table and its unique index."""
        types = {pa.string(): "TEXT", pa.float64(): "REAL", pa.int64(): "INTEGER", pa.bool_(): "INTEGER"}
        columns = [f'"{field.name}" {types[field.type]}' for field in self.schema]
        facts = [
            "origin INTEGER NOT NULL",
            "load INTEGER NOT NULL",
            "retracted_by INTEGER NOT NULL DEFAULT 0",
            "restored INTEGER NOT NULL DEFAULT 0",
            "restated TEXT",
        ]
        key = ", ".join(f'"{name}"' for name in self.key)
        return (
            f"CREATE TABLE {self.name} ({', '.join(columns + facts)});"
            f"CREATE UNIQUE INDEX {self.name}_key ON {self.name} ({key}, origin, retracted_by);"
        )

    def insert(self, table: str | None = None) -> str:
        """The statement that inserts a fact with its origin and load; into another `table`, a fact alone."""
        marks = ", ".join("?" * len(self.schema))
        into = f"INSERT INTO {table or self.name} ({', '.join(self.columns)}"
        return f"{into}) VALUES ({marks})" if table else f"{into}, origin, load) VALUES ({marks}, ?, ?)"

    def same_key(self, other: str) -> str:
        """The condition that a fact `f` and a row of `other` have the same key."""
        return " AND ".join(f'f."{name}" = {other}."{name}"' for name in self.key)

    def retract(self) -> str:
        """Retract the live fact of a key, unless the load that retracts recorded it."""
        key = " AND ".join(f'"{name}" = ?' for name in self.key)
        return f"UPDATE {self.name} SET retracted_by = ? WHERE {key} AND origin = ? AND retracted_by = 0 AND load <> ?"

    def restate(self, facts: str) -> str:
        """Note that a load left facts unchanged, whose rowids the subquery `facts` gives; each load is noted once."""
        noted = "SELECT 1 FROM json_each(restated) WHERE value = ?"
        return (
            f"UPDATE {self.name} SET restated = json_insert(coalesce(restated, '[]'), '$[#]', ?) "
            f"WHERE rowid IN ({facts}) AND NOT EXISTS ({noted})"
        )

    def last_of_each_key(self, staged: str) -> str:
        """The subquery of the last row of each key in a table; SQLite takes columns beside a max() from its row."""
        key = ", ".join(f'"{name}"' for name in self.key)
        return f"(SELECT {', '.join(self.columns)}, max(rowid) FROM {staged} GROUP BY {key})"

    def differs(self) -> str:
        """The condition that a fact `f` and a row `s` of the same key have different content."""
        return " OR ".join(f"f.{column} IS NOT s.{column}" for column in self.content)


PARTY: Final = FactTable("party", PARTIES, ("id",))
RELATIONSHIP: Final = FactTable("relationship", RELATIONSHIPS, ("source", "target", "kind", "key"))
OUTCOME: Final = FactTable("outcome", OUTCOMES, ("party", "key"))
EVENT: Final = FactTable("event", EVENTS, ("id",))
CONSENT: Final = FactTable("consent", CONSENTS, ("party", "source", "purpose", "given"))
TABLES: Final = (PARTY, RELATIONSHIP, OUTCOME, EVENT, CONSENT)

# What changed between two revisions is found by the loads: most facts were never retracted.
BY_LOAD: Final = "".join(
    f"CREATE INDEX {table.name}_load ON {table.name} (load);"
    f"CREATE INDEX {table.name}_retracted ON {table.name} (retracted_by) WHERE retracted_by <> 0;"
    for table in TABLES
)
BY_REVISION: Final = "CREATE INDEX load_revision ON load (revision);"

SCHEMA: Final = (
    "CREATE TABLE load (id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, fingerprint TEXT NOT NULL,"
    " revision INTEGER, undone INTEGER NOT NULL DEFAULT 0, details TEXT);"
    "CREATE TABLE origin (id INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE);"
    "CREATE TABLE kind (name TEXT PRIMARY KEY, category TEXT NOT NULL, symmetric INTEGER NOT NULL,"
    " holding INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE protected_column (name TEXT PRIMARY KEY);"
    + "".join(table.create() for table in TABLES)
    + "CREATE INDEX relationship_target ON relationship (target);"
    + BY_LOAD
    + BY_REVISION
    + f"PRAGMA user_version = {FORMAT};"
)

# Of two processes that define a kind at once, the one that says that it is holding counts.
DEFINE_KIND: Final = (
    "INSERT INTO kind (name, category, symmetric, holding) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (name) DO UPDATE SET holding = max(holding, excluded.holding)"
)
# What a store of each earlier format lacks beside the next.
MIGRATIONS: Final = {
    2: "ALTER TABLE load ADD COLUMN details TEXT;"
    "ALTER TABLE kind ADD COLUMN holding INTEGER NOT NULL DEFAULT 0;"
    + "".join(f"ALTER TABLE {table.name} ADD COLUMN restated TEXT;" for table in (PARTY, RELATIONSHIP, OUTCOME)),
    3: "ALTER TABLE outcome ADD COLUMN days_late INTEGER; ALTER TABLE outcome ADD COLUMN amount REAL;",
    4: EVENT.create() + CONSENT.create() + BY_LOAD + BY_REVISION,
}


def migration(version: int) -> str:
    """The statements that make a store of an earlier format one of FORMAT."""
    return "".join(MIGRATIONS[old] for old in range(version, FORMAT)) + f"PRAGMA user_version = {FORMAT}"


# A party that an undo retracted, and that no other load records, is recorded without attributes while live links or
# outcomes of its source need it. It then counts as recorded by the oldest of the loads of these links and outcomes.
_FIRST_RECORDED: Final = "SELECT CASE restored WHEN 0 THEN load ELSE restored END AS first FROM"
_LIVE: Final = "origin = old.origin AND retracted_by = 0"
RECORD_NEEDED_PARTIES: Final = (
    "INSERT INTO party (id, kind, attributes, implied, origin, load, restored) SELECT * FROM ("
    "SELECT old.id, old.kind, '{}', 1, old.origin, old.retracted_by, ("
    f"SELECT min(first) FROM ({_FIRST_RECORDED} relationship WHERE source = old.id AND {_LIVE} "
    f"UNION ALL {_FIRST_RECORDED} relationship WHERE target = old.id AND {_LIVE} "
    f"UNION ALL {_FIRST_RECORDED} outcome WHERE party = old.id AND {_LIVE})) AS oldest "
    "FROM party old WHERE old.retracted_by = ? "
    f"AND NOT EXISTS (SELECT 1 FROM party WHERE id = old.id AND {_LIVE})) WHERE oldest IS NOT NULL"
)


# The loads that stated a fact `f`, as a JSON list: that which recorded it, unless it is a copy that an undo made, and
# those that left it unchanged. Of them the newest that still counts.
_STATED: Final = (
    "CASE f.restored WHEN 0 THEN json_insert(coalesce(f.restated, '[]'), '$[#]', f.load) ELSE f.restated END"
)
_STANDING: Final = "value IN (SELECT id FROM load WHERE revision IS NOT NULL AND NOT undone)"
NEWEST_STATEMENT: Final = f"(SELECT max(value) FROM json_each({_STATED}) WHERE {_STANDING})"
STATED_AGAIN: Final = f"EXISTS (SELECT 1 FROM json_each(f.restated) WHERE {_STANDING} AND value <> ?)"

CONSENTS_CHANGED: Final = (
    "SELECT EXISTS (SELECT 1 FROM load WHERE revision > ? AND (EXISTS (SELECT 1 FROM consent WHERE load = load.id) "
    "OR EXISTS (SELECT 1 FROM consent WHERE retracted_by = load.id)))"
)

# A fact is live at a revision while its load has finished and the load that retracted it has not.
_FINISHED: Final = "(SELECT id FROM load WHERE revision <= ?)"
VISIBLE: Final = f"load IN {_FINISHED} AND retracted_by NOT IN {_FINISHED}"
# Of the facts that loads between two revisions recorded, those that are live at the second; and of those that such
# loads retracted, those that were live at the first.
_BETWEEN: Final = "(SELECT id FROM load WHERE revision > ? AND revision <= ?)"
RECORDED_BETWEEN: Final = f"load IN {_BETWEEN} AND retracted_by NOT IN {_FINISHED}"
RETRACTED_BETWEEN: Final = f"retracted_by <> 0 AND retracted_by IN {_BETWEEN} AND load IN {_FINISHED}"


def newest_revision(db: sqlite3.Connection) -> int:
    """The newest revision, 0 in an empty store."""
    return int(db.execute("SELECT coalesce(max(revision), 0) FROM load").fetchone()[0])


def read_loads(db: sqlite3.Connection) -> list[LoadRecord]:
    """The history of loads, oldest first."""
    rows = db.execute("SELECT id, source, fingerprint, revision, undone, details FROM load ORDER BY id")
    return [
        LoadRecord(id, source, fingerprint, revision, bool(undone), LoadDetails.of_text(details))
        for id, source, fingerprint, revision, undone, details in rows
    ]
