"""Writing small input files and reading back what a store holds."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa

from graph.stores.base import GraphStore
from loaders.ingest import LoadResult

PEOPLE = "id\nann\nbo\ncy\n"
HEAD = "source,target,kind\n"
LINK = "ann,bo,KNOWS\n"


def write(folder: Path, **tables: str | bytes) -> Path:
    """An exchange folder: parties="...", relationships="...", outcomes="..." are the contents of its CSV files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in tables.items():
        raw = content.encode() if isinstance(content, str) else content
        (folder / f"{name}.csv").write_bytes(raw)
    return folder


def parties(store: GraphStore) -> dict[str, dict[str, object]]:
    return {row["id"]: row for row in pa.Table.from_batches(store.read_parties()).to_pylist()}


def links(store: GraphStore) -> list[dict[str, object]]:
    rows = [row for batch in store.read_relationships() for row in batch.to_pylist()]
    return sorted(rows, key=lambda row: (row["source"], row["target"], row["kind"], row["key"]))


def endpoints(store: GraphStore) -> list[tuple[object, object, object]]:
    return [(row["source"], row["target"], row["kind"]) for row in links(store)]


def outcomes(store: GraphStore) -> list[dict[str, object]]:
    rows = [row for batch in store.read_outcomes() for row in batch.to_pylist()]
    return sorted(rows, key=lambda row: (row["party"], row["key"]))


def facts(store: GraphStore) -> set[tuple[object, ...]]:
    """Everything that is live, without the revision that recorded it."""
    rows: set[tuple[object, ...]] = set()
    for read in (store.read_parties, store.read_relationships, store.read_outcomes):
        for batch in read():
            for row in batch.to_pylist():
                row.pop("recorded")
                rows.add(tuple(row.values()))
    return rows


def rejects(path: Path | None) -> list[dict[str, str]]:
    assert path is not None
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def rejected_rows(result: LoadResult) -> list[tuple[int, str, str, str]]:
    """(line, column, value, code) of every rejected row of a load; its counts add up."""
    assert result.read == sum(result.loaded.values()) + result.unchanged + result.rejected
    assert result.rejected == len(result.examples) == sum(result.reasons.values())
    return [(reject.line, reject.column, reject.value, reject.code) for reject in result.examples]
