"""Snapshots against plain SQLite tables: building, opening, one hop, two hops, shortest paths.

The peer holds the same facts in two ordinary indexed tables. Building is compared with a bare SELECT of the very rows
it reads (fetched as tuples and thrown away), exploring with SQL over the indexes. Every answer is compared before it
is timed. `python -m benchmarks.snapshots [PARTIES RELATIONSHIPS]`.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from benchmarks.rows import row
from graph import explore, schema
from graph.schema import RelationshipKind
from graph.snapshot import Snapshot
from graph.snapshot_build import build_snapshot

KINDS: Final = ("CALLS", "MESSAGES", "KNOWS", "PAYS", "TRUSTS", "GUARANTEES", "WORKED_WITH", "USES_DEVICE")
CHUNK: Final = 50_000
MAX_HOPS: Final = 6

_TABLES: Final = """
CREATE TABLE parties (id TEXT PRIMARY KEY, kind TEXT, name TEXT, attributes TEXT, implied INTEGER) WITHOUT ROWID;
CREATE TABLE relationships (source TEXT, target TEXT, kind TEXT, key TEXT, weight REAL, first REAL, last REAL,
                            count INTEGER, amount REAL, context TEXT);
"""
_INDEXES: Final = """
CREATE INDEX by_source ON relationships (source, target);
CREATE INDEX by_target ON relationships (target, source);
"""
_SELECT_PARTIES: Final = "SELECT id, kind, name, attributes, implied, NULL, NULL, 'bench', 1 FROM parties"
_SELECT_LINKS: Final = (
    "SELECT source, target, kind, key, weight, first, last, count, amount, context, 'bench', 1 FROM relationships"
)
_ONE_HOP: Final = """
SELECT kind, target AS other, 0 AS way, weight, first, last, count, amount, context
  FROM relationships WHERE source = :id
UNION ALL
SELECT kind, source, 1, weight, first, last, count, amount, context
  FROM relationships WHERE target = :id AND source <> :id
ORDER BY 1, 2, 3 LIMIT 100
"""
_COUNTS: Final = """
SELECT kind, sum(leaving), sum(1 - leaving) FROM (
    SELECT kind, 1 AS leaving FROM relationships WHERE source = :id
    UNION ALL
    SELECT kind, 0 FROM relationships WHERE target = :id AND source <> :id
) GROUP BY kind ORDER BY kind
"""
_NEXT: Final = """
SELECT target FROM relationships WHERE source IN (SELECT value FROM json_each(:rows))
UNION SELECT source FROM relationships WHERE target IN (SELECT value FROM json_each(:rows))
"""


class TableFacts:
    """The peer's tables as the facts a snapshot is built from."""

    name = "plain tables"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def revision(self) -> int:
        return 1

    def kinds(self) -> dict[str, RelationshipKind]:
        return dict(schema.RELATIONSHIP_KINDS)

    def protected(self) -> frozenset[str]:
        return frozenset()

    def read_parties(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self._batches(_SELECT_PARTIES, schema.PARTIES)

    def read_relationships(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self._batches(_SELECT_LINKS, schema.RELATIONSHIPS)

    def read_outcomes(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return iter(())

    def _batches(self, statement: str, columns: pa.Schema) -> Iterator[pa.RecordBatch]:
        fields = [*columns, pa.field("origin", pa.string()), pa.field("recorded", pa.int64())]
        for rows in fetched(self.connection, statement):
            arrays = []
            for field, values in zip(fields, zip(*rows, strict=True), strict=True):
                array = pa.array(values)
                arrays.append(array if array.type == field.type else array.cast(field.type))
            yield pa.RecordBatch.from_arrays(arrays, names=[field.name for field in fields])


def fetched(connection: sqlite3.Connection, statement: str) -> Iterator[list[Any]]:
    """The rows of a statement, CHUNK at a time."""
    cursor = connection.execute(statement)
    while rows := cursor.fetchmany(CHUNK):
        yield rows


def fill(connection: sqlite3.Connection, parties: int, relationships: int, seed: int) -> None:
    """A network of eight kinds with hubs: sources even, targets squeezed towards the first parties."""
    random = np.random.default_rng(seed)
    connection.executescript(_TABLES)
    ids = [f"P{number:08x}" for number in random.permutation(parties)]
    income = random.integers(10, 200, parties).tolist()
    connection.executemany(
        "INSERT INTO parties VALUES (?, 'Person', ?, ?, 0)",
        (
            (id, f"Name {id[-4:]}", f'{{"income":{pay},"job":"j{pay % 9}"}}')
            for id, pay in zip(ids, income, strict=True)
        ),
    )
    for start in range(0, relationships, CHUNK):
        size = min(CHUNK, relationships - start)
        source = random.integers(0, parties, size).tolist()
        target = (parties * random.random(size) ** 2).astype(np.int64).tolist()
        kind, weight = random.integers(0, len(KINDS), size).tolist(), random.random(size).tolist()
        first = random.integers(1_500_000_000, 1_700_000_000, size).tolist()
        connection.executemany(
            "INSERT INTO relationships VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
            (
                (ids[s], ids[t], KINDS[k], str(start + i), w, float(f), f + 1e6, 1 + i % 7)
                for i, (s, t, k, w, f) in enumerate(zip(source, target, kind, weight, first, strict=True))
            ),
        )
    connection.executescript(_INDEXES)
    connection.execute("ANALYZE")
    connection.commit()


def sql_path_length(connection: sqlite3.Connection, a: str, b: str) -> int | None:
    """Hops between two parties by two-sided search, one statement a level."""
    sides = [({a}, {a}), ({b}, {b})]
    for hops in range(MAX_HOPS + 1):
        if sides[0][0] & sides[1][0]:
            return hops
        nearer = 0 if len(sides[0][0]) <= len(sides[1][0]) else 1
        frontier, seen = sides[nearer]
        rows = json.dumps(sorted(frontier))
        level = {row for (row,) in connection.execute(_NEXT, {"rows": rows})} - seen
        sides[nearer] = (level, seen | level)
    return None


def sql_within_two(connection: sqlite3.Connection, id: str) -> set[str]:
    """The parties at most two hops away."""
    seen = {id}
    for _ in range(2):
        seen |= {row for (row,) in connection.execute(_NEXT, {"rows": json.dumps(sorted(seen))})}
    return seen


def milliseconds(act: Callable[[Any], Any], arguments: Iterable[Any]) -> float:
    """Median time of one call."""
    times = []
    for argument in arguments:
        begun = time.perf_counter()
        act(argument)
        times.append(time.perf_counter() - begun)
    return 1000 * statistics.median(times)


def build_row(connection: sqlite3.Connection, folder: Path) -> tuple[Snapshot, dict[str, Any]]:
    begun = time.perf_counter()
    for statement in (_SELECT_PARTIES, _SELECT_LINKS):
        for _ in fetched(connection, statement):
            pass
    select = time.perf_counter() - begun
    begun = time.perf_counter()
    store: Any = TableFacts(connection)
    snapshot = build_snapshot(store, folder / "snapshot")
    return snapshot, row("build", time.perf_counter() - begun, "raw SELECT of the same rows", select, "s")


def query_rows(connection: sqlite3.Connection, snapshot: Snapshot, queries: int, seed: int) -> list[dict[str, Any]]:
    """One hop, two hops and paths of random parties, checked against SQL and timed."""
    random = np.random.default_rng(seed + 1)
    picked: Sequence[int] = random.integers(0, snapshot.n_parties, queries).tolist()
    ids = [snapshot.id_of(at) for at in picked]
    pairs = list(pairwise(ids))

    def one(id: str) -> explore.NeighbourPage:
        return explore.neighbours(snapshot, snapshot.row_of(id), limit=100)

    def two(id: str) -> explore.Neighbourhood:
        return explore.within(snapshot, snapshot.row_of(id), 2, limit=snapshot.n_parties)

    def path(ends: tuple[str, str]) -> explore.Path | None:
        return explore.shortest_path(snapshot, snapshot.row_of(ends[0]), snapshot.row_of(ends[1]), MAX_HOPS)

    def sql_one(id: str) -> Any:
        """A page and the counts by kind, as `one` answers both."""
        return tuple(connection.execute(statement, {"id": id}).fetchall() for statement in (_ONE_HOP, _COUNTS))

    for id in ids[:10]:
        page, (links, counts) = one(id), sql_one(id)
        assert [(i.kind, snapshot.id_of(i.party)) for i in page.items] == [(link[0], link[1]) for link in links]
        assert [(kind, n["out"], n["in"]) for kind, n in page.counts.items()] == counts
        assert {snapshot.id_of(at) for at in two(id).rows.tolist()} == sql_within_two(connection, id)
    for ends in pairs[:5]:
        found = path(ends)
        assert (found.hops if found else None) == sql_path_length(connection, *ends)
    few = ids[: max(queries // 5, 5)]
    return [
        row("one hop with counts", milliseconds(one, ids), "SQL over indexes", milliseconds(sql_one, ids), "ms"),
        row(
            "two hops",
            milliseconds(two, few),
            "iterated SQL over indexes",
            milliseconds(lambda id: sql_within_two(connection, id), few),
            "ms",
        ),
        row(
            "shortest path, at most 6 hops",
            milliseconds(path, pairs),
            "two-sided iterated SQL over indexes",
            milliseconds(lambda ends: sql_path_length(connection, *ends), pairs[: len(few)]),
            "ms",
        ),
    ]


def run(parties: int = 200_000, relationships: int = 2_000_000, queries: int = 100, seed: int = 0) -> dict[str, Any]:
    """Measure in a temporary folder; the answer is what `kith bench snapshots` prints."""
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as name:
        folder = Path(name)
        connection = sqlite3.connect(folder / "tables.db")
        fill(connection, parties, relationships, seed)
        snapshot, built = build_row(connection, folder)
        opening = milliseconds(Snapshot.open, [snapshot.folder] * 20)
        begun = time.perf_counter()
        Snapshot.open(snapshot.folder, verify=True)
        verified = 1000 * (time.perf_counter() - begun)
        rows = [
            built,
            row("open", opening, "goal", 50.0, "ms"),
            row("open and hash every file", verified, "build", 1000 * built["ours"], "ms"),
            *query_rows(connection, snapshot, queries, seed),
        ]
        connection.close()
    return {"name": "snapshots", "parties": parties, "relationships": relationships, "rows": rows}


if __name__ == "__main__":
    print(json.dumps(run(*map(int, sys.argv[1:3])), indent=2))
