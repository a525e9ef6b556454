"""Snapshots against the SQLite store they are built from: building, opening, one hop, two hops, shortest paths.

Building is compared with a bare SELECT of the rows of every party and relationship, fetched as tuples and thrown away;
once with links between parties alone, and once where half of the links are of accounts and carried to their holders.
A series of SERIES snapshots as of as many times, from one reading, is compared with building one of them alone.
Exploring is compared with SQL over the store's own tables, which asks nothing about revisions and has one more index,
(target, source), so that it need not look into the table. Every answer is compared before it is timed.
`python -m benchmarks.snapshots [PARTIES RELATIONSHIPS]`.
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
from benchmarks.stores import arrow_batch, load, party_ids
from graph import schema
from graph.explore.bfs import KHopSubgraph, k_hop_subgraph
from graph.explore.neighbours import NeighbourPage, neighbours
from graph.explore.paths import Path as GraphPath
from graph.explore.paths import shortest_path
from graph.snapshots.build import build_snapshot
from graph.snapshots.series import build_series
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from graph.stores.sqlite_tables import PARTY, RELATIONSHIP

KINDS: Final = ("CALLS", "MESSAGES", "KNOWS", "PAYS", "TRUSTS", "GUARANTEES", "WORKED_WITH", "USES_DEVICE")
CHUNK: Final = 50_000
MAX_HOPS: Final = 6
SERIES: Final = 12  # snapshots of a series; together they should cost at most twice one of them

_INDEX: Final = "CREATE INDEX by_target ON relationship (target, source)"
_ONE_HOP: Final = """
SELECT kind, target AS other, 0 AS way, weight, first, last, count, amount, context
  FROM relationship WHERE source = :id
UNION ALL
SELECT kind, source, 1, weight, first, last, count, amount, context
  FROM relationship WHERE target = :id AND source <> :id
ORDER BY 1, 2, 3 LIMIT 100
"""
_COUNTS: Final = """
SELECT kind, sum(leaving), sum(1 - leaving) FROM (
    SELECT kind, 1 AS leaving FROM relationship WHERE source = :id
    UNION ALL
    SELECT kind, 0 FROM relationship WHERE target = :id AND source <> :id
) GROUP BY kind ORDER BY kind
"""
_NEXT: Final = """
SELECT target FROM relationship WHERE source IN (SELECT value FROM json_each(:rows))
UNION SELECT source FROM relationship WHERE target IN (SELECT value FROM json_each(:rows))
"""


def fetched(connection: sqlite3.Connection, statement: str) -> Iterator[list[Any]]:
    """The rows of a statement, CHUNK at a time."""
    cursor = connection.execute(statement)
    while rows := cursor.fetchmany(CHUNK):
        yield rows


def party_batches(parties: int, random: np.random.Generator) -> Iterator[pa.RecordBatch]:
    """People with a name and two attributes."""
    for start in range(0, parties, CHUNK):
        n = min(CHUNK, parties - start)
        numbers = random.integers(10, 200, n).tolist()
        yield arrow_batch(
            schema.PARTIES,
            n,
            id=party_ids(np.arange(start, start + n)),
            kind=["Person"] * n,
            name=[f"Name {number % 1000}" for number in range(start, start + n)],
            attributes=[f'{{"income":{pay},"job":"j{pay % 9}"}}' for pay in numbers],
        )


def link_batches(parties: int, relationships: int, random: np.random.Generator) -> Iterator[pa.RecordBatch]:
    """Links of eight kinds with hubs: sources even, targets squeezed towards the first parties."""
    for start in range(0, relationships, CHUNK):
        n = min(CHUNK, relationships - start)
        first = random.integers(1_500_000_000, 1_700_000_000, n).astype(np.float64)
        yield arrow_batch(
            schema.RELATIONSHIPS,
            n,
            source=party_ids(random.integers(0, parties, n)),
            target=party_ids((parties * random.random(n) ** 2).astype(np.int64)),
            kind=[KINDS[kind] for kind in random.integers(0, len(KINDS), n).tolist()],
            key=[str(key) for key in range(start, start + n)],
            weight=random.random(n),
            first=first,
            last=first + 1e6,
            count=1 + np.arange(n) % 7,
        )


def account_ids(numbers: np.ndarray[Any, Any]) -> list[str]:
    """Ids of accounts, by the number of their first holder."""
    return [f"A{number:08x}" for number in numbers.tolist()]


def held_batches(
    parties: int, relationships: int, random: np.random.Generator
) -> tuple[Iterator[pa.RecordBatch], Iterator[pa.RecordBatch]]:
    """People with an account each, one in twenty of them joint, and links of which half are between accounts."""

    def accounts() -> Iterator[pa.RecordBatch]:
        yield from party_batches(parties, random)
        for start in range(0, parties, CHUNK):
            numbers = np.arange(start, min(start + CHUNK, parties))
            yield arrow_batch(schema.PARTIES, len(numbers), id=account_ids(numbers), kind=["Account"] * len(numbers))

    def links() -> Iterator[pa.RecordBatch]:
        every, joint = np.arange(parties), np.arange(0, parties, 20)
        holder, account = np.concatenate([every, (joint + 1) % parties]), np.concatenate([every, joint])
        for start in range(0, len(holder), CHUNK):
            n = len(holder[start : start + CHUNK])
            source, target = party_ids(holder[start : start + n]), account_ids(account[start : start + n])
            ends = {"source": source, "target": target, "kind": ["HOLDS_ACCOUNT"] * n, "key": source}
            yield arrow_batch(schema.RELATIONSHIPS, n, **ends)
        for batch in link_batches(parties, relationships, random):
            ends = {name: _every_other(batch.column(name).to_pylist()) for name in ("source", "target")}
            columns = [pa.array(ends[f.name], f.type) if f.name in ends else batch.column(f.name) for f in batch.schema]
            yield pa.RecordBatch.from_arrays(columns, schema=batch.schema)

    return accounts(), links()


def _every_other(ids: list[str]) -> list[str]:
    """Ids of parties, every second one replaced by that of the party's account."""
    return [f"A{id[1:]}" if at % 2 else id for at, id in enumerate(ids)]


def carried_row(folder: Path, parties: int, relationships: int, seed: int) -> dict[str, Any]:
    """Building a snapshot where half of the links are carried to holders."""
    folder.mkdir()
    store = open_store(f"sqlite:///{folder / 'kith.db'}")
    load(store, *held_batches(parties, relationships, np.random.default_rng(seed)))
    connection = sqlite3.connect(folder / "kith.db")
    snapshot, built = build_row(store, connection, folder)
    carried = sum(info.carried for info in snapshot.kinds.values()) + sum(snapshot.own_transfers.values())
    assert carried > 0.4 * relationships, carried  # of one kind in eight, of devices, nothing is
    connection.close()
    store.close()
    return built | {"case": "build, half of the links carried"}


def filled(folder: Path, parties: int, relationships: int, seed: int) -> tuple[GraphStore, sqlite3.Connection]:
    """The store, and a plain connection to its file."""
    random = np.random.default_rng(seed)
    store = open_store(f"sqlite:///{folder / 'kith.db'}")
    load(store, party_batches(parties, random), link_batches(parties, relationships, random))
    connection = sqlite3.connect(folder / "kith.db")
    connection.execute(_INDEX)
    connection.execute("ANALYZE")
    return store, connection


def sql_path_length(connection: sqlite3.Connection, a: str, b: str) -> int | None:
    """Number of hops between two parties by two-sided search, one statement a level; None where there is no path."""
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


def build_row(store: GraphStore, connection: sqlite3.Connection, folder: Path) -> tuple[Snapshot, dict[str, Any]]:
    begun = time.perf_counter()
    for table in (PARTY, RELATIONSHIP):
        for _ in fetched(connection, f"SELECT {', '.join(table.columns)}, load FROM {table.name}"):
            pass
    select = time.perf_counter() - begun
    begun = time.perf_counter()
    snapshot = build_snapshot(store, folder / "snapshot")
    return snapshot, row("build", time.perf_counter() - begun, "raw SELECT of the same rows", select, "s")


def series_row(store: GraphStore, snapshot: Snapshot, folder: Path, one: float) -> dict[str, Any]:
    """SERIES snapshots over the dates of the links, the last of them of everything known, against twice `one`."""
    times = [*np.linspace(1_510_000_000, 1_700_000_000, SERIES - 1).tolist(), None]
    begun = time.perf_counter()
    found = build_series(store, folder / "series", times)
    seconds = time.perf_counter() - begun
    assert found[-1].id == snapshot.id
    return row(f"{SERIES} as of as many times", seconds, "twice the build of one", 2 * one, "s")


def query_rows(connection: sqlite3.Connection, snapshot: Snapshot, queries: int, seed: int) -> list[dict[str, Any]]:
    """One hop, two hops and paths of random parties, checked against SQL and timed."""
    random = np.random.default_rng(seed + 1)
    picked: Sequence[int] = random.integers(0, snapshot.n_parties, queries).tolist()
    ids = [snapshot.id_of(at) for at in picked]
    pairs = list(pairwise(ids))

    def one(id: str) -> NeighbourPage:
        return neighbours(snapshot, snapshot.row_of(id), limit=100)

    def two(id: str) -> KHopSubgraph:
        return k_hop_subgraph(snapshot, snapshot.row_of(id), 2, limit=snapshot.n_parties)

    def path(ends: tuple[str, str]) -> GraphPath | None:
        return shortest_path(snapshot, snapshot.row_of(ends[0]), snapshot.row_of(ends[1]), MAX_HOPS)

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
        store, connection = filled(folder, parties, relationships, seed)
        snapshot, built = build_row(store, connection, folder)
        opening = milliseconds(Snapshot.open, [snapshot.folder] * 20)
        begun = time.perf_counter()
        Snapshot.open(snapshot.folder, verify=True)
        verified = 1000 * (time.perf_counter() - begun)
        rows = [
            built,
            series_row(store, snapshot, folder, built["ours"]),
            carried_row(folder / "carried", parties, relationships, seed),
            row("open", opening, "goal", 50.0, "ms"),
            row("open and hash every file", verified, "build", 1000 * built["ours"], "ms"),
            *query_rows(connection, snapshot, queries, seed),
        ]
        connection.close()
        store.close()
    return {"name": "snapshots", "parties": parties, "relationships": relationships, "rows": rows}


if __name__ == "__main__":
    print(json.dumps(run(*map(int, sys.argv[1:3])), indent=2))
