"""Parquet files -> chunks of columns, which keep their Arrow types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from graph.errors import InputError
from loaders.reading.chunk import Chunk


def parquet_columns(path: Path) -> tuple[str, ...]:
    """Names of the columns that hold one value a row. Raises InputError."""
    with _open(path) as file:
        return tuple(_flat_columns(file))


def parquet_nested_columns(path: Path) -> list[str]:
    """Names of the columns that hold lists or records, which are no fields of a fact. Raises InputError."""
    with _open(path) as file:
        flat = _flat_columns(file)
        return [name for name in file.schema_arrow.names if name not in flat]


def parquet_chunks(path: Path, chunk_rows: int) -> Iterator[Chunk]:
    """The rows of a file in order, at most `chunk_rows` in a chunk. Raises InputError where the file is damaged."""
    seen = 0
    with _open(path) as file:
        batches = file.iter_batches(batch_size=chunk_rows, columns=_flat_columns(file))
        while True:
            try:
                batch = next(batches, None)
                if batch is not None:
                    batch.validate(full=True)  # texts may hold bytes that are not UTF-8
            except (pa.ArrowException, OSError) as error:
                why = str(error).splitlines()[0]
                raise InputError(f"{path} is damaged after row {seen} ({why}); write it again") from error
            if batch is None:
                return
            row_indices = np.arange(seen, seen + batch.num_rows, dtype=np.int64)
            seen += batch.num_rows
            columns = {
                name: plain_column(column) for name, column in zip(batch.schema.names, batch.columns, strict=True)
            }
            yield Chunk(columns, lines=row_indices + 1, row_indices=row_indices)


def plain_column(column: pa.Array) -> pa.Array:
    """A column without an extension type: UUIDs as texts, others as what they are stored as."""
    if not isinstance(column.type, pa.BaseExtensionType):
        return column
    if isinstance(column.type, pa.UuidType):
        uuids = [None if raw is None else str(UUID(bytes=raw)) for raw in column.storage.to_pylist()]
        return pa.array(uuids, pa.string())
    return column.storage


def _open(path: Path) -> pq.ParquetFile:
    try:
        # The default unit of old timestamps, nanoseconds, wraps round before 1677 and after 2262.
        return pq.ParquetFile(path, coerce_int96_timestamp_unit="us")
    except (pa.ArrowException, OSError) as error:
        why = str(error).splitlines()[0]
        raise InputError(f"{path} cannot be read as Parquet ({why}); write it again") from error


def _flat_columns(file: pq.ParquetFile) -> list[str]:
    return [field.name for field in file.schema_arrow if not pa.types.is_nested(field.type)]
