"""The order in which files list parties and outcomes: a store does not keep it, and it may tell the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from loaders.checking.checks import Verdict
from loaders.checking.tables import Reading
from loaders.mapping import Mapping, read_mapping
from loaders.plan import BoundFile, bound_files
from loaders.reading.readers import chunks

TABLES: Final = ("parties", "outcomes")


def row_order(paths: Sequence[Path], mapping: str | Path | None = None) -> dict[str, list[str]]:
    """Ids of parties and of outcomes, by table, in the order of the files and their rows, refused rows included.

    They are the ids that a load gives, as the mapping makes them. Raises what a load raises for a whole file.
    """
    chosen = read_mapping(mapping)
    files = bound_files(paths, chosen)
    return {table: [id for file in files if file.table == table for id in _ids(chosen, file)] for table in TABLES}


def _ids(mapping: Mapping, file: BoundFile) -> Iterator[str]:
    for chunk in chunks(file.path, file.form):
        reading = Reading(file, mapping, chunk, Verdict.over(file.name, chunk.lines), now=0.0)
        ids = reading.text("id")
        assert ids is not None
        yield from (id for id in ids.to_pylist() if id is not None)
