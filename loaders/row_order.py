"""The order in which files list parties and outcomes: a store does not keep it, and it may leak the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from loaders.checking.chunk_context import ChunkContext
from loaders.checking.conditions import rows_to_load
from loaders.mapping import SourceMapping
from loaders.mapping_file import read_mapping
from loaders.plan import ResolvedFile, resolve_files
from loaders.reading.readers import chunks

ORDERED_TABLES: Final = ("parties", "outcomes")


def row_order(paths: Sequence[Path], mapping: str | Path | None = None) -> dict[str, list[str]]:
    """Ids of parties and of outcomes, by table, in the order of the files and their rows, rejected rows included.

    They are the ids that a load records, as the mapping makes them.

    Raises InputError and MappingError as a load does.
    """
    source_mapping = read_mapping(mapping)
    files = resolve_files(paths, source_mapping)
    return {
        table: [id for file in files if file.table == table for id in _ids(source_mapping, file)]
        for table in ORDERED_TABLES
    }


def _ids(mapping: SourceMapping, file: ResolvedFile) -> Iterator[str]:
    for raw_chunk in chunks(file.path, file.dialect):
        chunk = rows_to_load(raw_chunk, file, mapping)
        ids = ChunkContext.of_chunk(file, mapping, chunk, now=0.0).text("id")
        assert ids is not None
        yield from (id for id in ids.to_pylist() if id is not None)
