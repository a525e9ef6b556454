"""Stores against the plainest code that could do the same work: SQLite's load, Neo4j's load, Neo4j's export.

SQLite's peer is a bare `executemany` of tuples that are there already, into tables with the same keys and indexes.
Neo4j's load stands beside two sessions of one UNWIND ... MERGE that keeps a key and a weight and nothing of where a
link came from; each of the two loads a server of its own, fresh and with the parties in it. Its export, which asks of
each fact whether it counts and gives Arrow batches with sources and revisions, stands beside the same values of every
link there is, read as quickly as we could into plain lists. Each pair is checked to hold as many links.
`python -m benchmarks.stores [PARTIES RELATIONSHIPS]`.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import neo4j
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.rows import row
from graph.schema import PARTIES, RELATIONSHIPS
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from graph.stores.sqlite_tables import PARTY, RELATIONSHIP, FactTable
from neo4j_server.server import Server, start

CHUNK: Final = 50_000  # rows in a batch, as the loaders hand them over
PEER_BATCH: Final = 10_000
SESSIONS: Final = 2

# The driver tells of each deadlock that the peer's sessions run into; they are part of what is measured.
logging.getLogger("neo4j").addHandler(logging.NullHandler())

PEER_SCHEMA: Final = "CREATE CONSTRAINT FOR (p:Party) REQUIRE p.id IS UNIQUE"
PEER_PARTIES: Final = "UNWIND $rows AS id CREATE (:Party {id: id})"
PEER_LINKS: Final = (
    "UNWIND $rows AS r MATCH (a:Party {id:r[0]}) MATCH (b:Party {id:r[1]}) "
    "MERGE (a)-[e:K {key:r[2]}]->(b) SET e.weight = r[3]"
)
PEER_COUNT: Final = "MATCH ()-[e:K]->() RETURN count(e)"
# Of the reads tried, the quickest: a page of parties at a time, their links as a list for each column, and null for a
# column that is missing throughout the page, as five of them are here.
PEER_EXPORT: Final = (
    "MATCH (a:Party) WITH collect(a) AS parties UNWIND range(0, size(parties) - 1, 1000) AS at "
    "CALL (parties, at) { UNWIND parties[at .. at + 1000] AS a WITH a, a.id AS source MATCH (a)-[e]->(b) "
    "RETURN collect([source, b.id, type(e), e.key, e.weight, e.first, e.last, e.count, e.amount, e.context, e.load]) "
    "AS rows } RETURN "
) + ", ".join(
    f"CASE WHEN any(r IN rows WHERE r[{i}] IS NOT NULL) THEN [r IN rows | r[{i}]] END"
    if 4 <= i < 10
    else f"[r IN rows | r[{i}]]"
    for i in range(11)
)


def party_batches(parties: int) -> list[pa.RecordBatch]:
    """Parties as a loader hands them over."""
    batches = []
    for first in range(0, parties, CHUNK):
        n = min(CHUNK, parties - first)
        batches.append(arrow_batch(PARTIES, n, id=party_ids(np.arange(first, first + n)), kind=["Person"] * n))
    return batches


def link_batches(parties: int, relationships: int, seed: int) -> list[pa.RecordBatch]:
    """Payments with a weight: sources even, targets squeezed towards the first parties, so that there are hubs."""
    random = np.random.default_rng(seed)
    batches = []
    for first in range(0, relationships, CHUNK):
        n = min(CHUNK, relationships - first)
        batches.append(
            arrow_batch(
                RELATIONSHIPS,
                n,
                source=party_ids(random.integers(0, parties, n)),
                target=party_ids((parties * random.random(n) ** 2).astype(np.int64)),
                kind=["PAYS"] * n,
                key=[str(key) for key in range(first, first + n)],
                weight=random.random(n),
            )
        )
    return batches


def party_ids(numbers: np.ndarray[Any, Any]) -> list[str]:
    return [f"P{number:08x}" for number in numbers.tolist()]


def arrow_batch(schema: pa.Schema, n: int, **given: Any) -> pa.RecordBatch:
    """Columns as a batch of the schema; those not given are missing."""
    given = {"attributes": ["{}"] * n, "implied": [False] * n} | given
    columns = [pa.array(given[f.name], f.type) if f.name in given else pa.nulls(n, f.type) for f in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def load(store: GraphStore, parties: Iterable[pa.RecordBatch], links: Iterable[pa.RecordBatch]) -> None:
    new = store.begin_load("bench", "1")
    for batch in parties:
        new.parties(batch)
    for batch in links:
        new.relationships(batch)
    new.finish()


def tuples(batch: pa.RecordBatch, *more: object) -> list[tuple[Any, ...]]:
    columns = [column.to_pylist() for column in batch.columns] + [[value] * batch.num_rows for value in more]
    return list(zip(*columns, strict=True))


def sqlite_row(folder: Path, parties: list[pa.RecordBatch], links: list[pa.RecordBatch]) -> dict[str, Any]:
    """A whole load, parties and relationships, a commit for each batch of the peer's too."""
    store = open_store(f"sqlite:///{folder / 'ours.db'}")
    ours = seconds(lambda: load(store, parties, links))
    store.close()
    peer = sqlite3.connect(folder / "peer.db", isolation_level=None)
    peer.execute("PRAGMA journal_mode = WAL")
    for pragma in ("synchronous = NORMAL", "cache_size = -65536", "temp_store = MEMORY"):
        peer.execute(f"PRAGMA {pragma}")
    for table in (PARTY, RELATIONSHIP):
        peer.executescript(table.create())
    peer.execute("CREATE INDEX relationship_target ON relationship (target)")

    took = 0.0
    for table, batches in ((PARTY, parties), (RELATIONSHIP, links)):
        for batch in batches:
            took += insert_seconds(peer, table, tuples(batch, 1, 1))
    held = peer.execute("SELECT count(*) FROM relationship").fetchone()[0]
    assert held == sum(batch.num_rows for batch in links)
    peer.close()
    rows = held + sum(batch.num_rows for batch in parties)
    return rate("SQLite load", rows, ours, "bare executemany, same keys and indexes", took)


def insert_seconds(peer: sqlite3.Connection, table: FactTable, rows: list[tuple[Any, ...]]) -> float:
    begun = time.perf_counter()
    peer.execute("BEGIN")
    peer.executemany(table.insert(), rows)
    peer.execute("COMMIT")
    return time.perf_counter() - begun


def neo4j_rows(folder: Path, parties: list[pa.RecordBatch], links: list[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    """Load and export. The peer loads first into its own server, so that neither has the other beside it."""
    n = sum(batch.num_rows for batch in links)
    server = start(folder / "peer")
    try:
        peer = peer_load(server, parties, links)
    finally:
        server.stop()
    server = start(folder / "ours")
    try:
        store = open_store(server.url)
        load(store, parties, ())
        ours = seconds(lambda: load(store, (), links))
        yield rate("Neo4j load", n, ours, "two sessions of UNWIND ... MERGE", peer)
        yield export_row(server, store, n)
        store.close()
    finally:
        server.stop()


def peer_load(server: Server, parties: list[pa.RecordBatch], links: list[pa.RecordBatch]) -> float:
    rows = [list(link) for batch in links for link in tuples(batch.select(["source", "target", "key", "weight"]))]
    pieces = [rows[start : start + PEER_BATCH] for start in range(0, len(rows), PEER_BATCH)]
    with driver_of(server) as driver:
        driver.execute_query(PEER_SCHEMA)
        for batch in parties:
            driver.execute_query(PEER_PARTIES, {"rows": batch["id"].to_pylist()})

        def write(tx: neo4j.ManagedTransaction, piece: list[list[Any]]) -> None:
            tx.run(PEER_LINKS, {"rows": piece}).consume()

        def session(mine: list[list[list[Any]]]) -> None:
            with driver.session(database="neo4j") as session:
                for piece in mine:
                    session.execute_write(write, piece)

        def both() -> None:
            with ThreadPoolExecutor(SESSIONS) as pool:
                list(pool.map(session, [pieces[which::SESSIONS] for which in range(SESSIONS)]))

        took = seconds(both)
        assert driver.execute_query(PEER_COUNT).records[0][0] == len(rows)
        return took


def export_row(server: Server, store: GraphStore, n: int) -> dict[str, Any]:
    """Each reads everything three times, in turn; the best of them counts, as the first finds the server cold."""
    ours, peer = [], []
    with driver_of(server) as driver, driver.session(database="neo4j", fetch_size=100) as session:
        for _ in range(3):
            begun = time.perf_counter()
            columns = [record.values() for record in session.run(PEER_EXPORT)]
            peer.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            batches = list(store.read_relationships())
            ours.append(time.perf_counter() - begun)
            assert sum(len(page[0]) for page in columns) == sum(batch.num_rows for batch in batches) == n
            assert all(pc.min(batch["recorded"]).as_py() >= 1 for batch in batches)
    return rate("Neo4j export", n, min(ours), "collected read into a list for each column", min(peer))


def driver_of(server: Server) -> neo4j.Driver:
    parts = urlsplit(server.url)
    return neo4j.GraphDatabase.driver(
        f"bolt://127.0.0.1:{server.port}",
        auth=(parts.username or "", parts.password or ""),
        notifications_min_severity="OFF",
    )


def rate(case: str, rows: int, ours: float, peer: str, peer_seconds: float) -> dict[str, Any]:
    return row(case, ours, peer, peer_seconds, "s") | {"rows_per_second": round(rows / ours)}


def run(parties: int = 200_000, relationships: int = 2_000_000, seed: int = 0) -> dict[str, Any]:
    """Measure in a temporary folder; the answer is what `kith bench stores` prints."""
    people, links = party_batches(parties), link_batches(parties, relationships, seed)
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as name:
        rows = [sqlite_row(Path(name), people, links), *neo4j_rows(Path(name), people, links)]
    return {"name": "stores", "parties": parties, "relationships": relationships, "rows": rows}


if __name__ == "__main__":
    print(json.dumps(run(*map(int, sys.argv[1:3])), indent=2))
