"""Facts in Arrow batches -> numpy arrays: the vectorised steps that building a snapshot is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

GROUP: Final = 1 << 20  # facts turned into numbers at a time: bounds memory, spares hash tables
_FLOAT32_MAX: Final = float(np.finfo(np.float32).max)

Array = npt.NDArray[Any]


def table(batches: Iterable[pa.RecordBatch], columns: Sequence[str]) -> pa.Table:
    """All batches as one table with texts as large strings."""
    return pa.Table.from_batches([_narrow(batch, columns) for batch in batches], _narrow_schema(columns))


def groups(batches: Iterable[pa.RecordBatch], columns: Sequence[str]) -> Iterator[dict[str, pa.Array]]:
    """Batches gathered to about GROUP rows, one array a column."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(_narrow(batch, columns))
        rows += batch.num_rows
        if rows >= GROUP:
            yield _columns(held, columns)
            held, rows = [], 0
    if held:
        yield _columns(held, columns)


def _columns(batches: list[pa.RecordBatch], columns: Sequence[str]) -> dict[str, pa.Array]:
    gathered = pa.Table.from_batches(batches)
    return {name: one(gathered[name]) for name in columns}


def _narrow_schema(columns: Sequence[str]) -> pa.Schema:
    floats = {"valid_from", "valid_to", "weight", "first", "last", "amount", "opened", "closed"}
    special = {"implied": pa.bool_(), "recorded": pa.int64(), "count": pa.int64()}
    return pa.schema(
        [(name, pa.float64() if name in floats else special.get(name, pa.large_string())) for name in columns]
    )


def _narrow(batch: pa.RecordBatch, columns: Sequence[str]) -> pa.RecordBatch:
    schema = _narrow_schema(columns)
    return pa.RecordBatch.from_arrays([batch.column(f.name).cast(f.type) for f in schema], schema=schema)


def one(column: pa.ChunkedArray) -> pa.Array:
    """One contiguous array."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def sorted_unique(texts: pa.Array) -> pa.Array:
    """Distinct texts sorted by their bytes."""
    distinct = pc.unique(texts.cast(pa.large_binary()))
    return distinct.take(pc.sort_indices(distinct)).cast(pa.large_string())


def index_in(texts: pa.Array, among: pa.Array) -> npt.NDArray[np.int64]:
    """Position of each text in `among`, -1 where it is null or not there."""
    found = pc.fill_null(pc.index_in(texts, value_set=among, skip_nulls=True), -1)
    return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)


def floats(column: pa.Array) -> npt.NDArray[np.float64]:
    """float64 with one NaN for missing and not finite, and no -0.0."""
    values = np.array(column.to_numpy(zero_copy_only=False), np.float64) + 0.0
    values[~np.isfinite(values)] = np.nan
    return values


def floats_to_32(values: Array) -> npt.NDArray[np.float32]:
    """float32, clipped to its range, NaN kept, no -0.0."""
    return np.clip(values, -_FLOAT32_MAX, _FLOAT32_MAX).astype(np.float32) + np.float32(0)


def counts(column: pa.Array) -> npt.NDArray[np.int32]:
    """int32 from 0 up, 1 where missing."""
    values = np.asarray(pc.fill_null(column, 1).to_numpy(zero_copy_only=False), np.int64)
    return np.clip(values, 0, np.iinfo(np.int32).max).astype(np.int32)


def first_of_runs(sorted_rows: Array) -> npt.NDArray[np.bool_]:
    """Where a run of equal rows begins."""
    return np.append(True, sorted_rows[1:] != sorted_rows[:-1]) if len(sorted_rows) else np.zeros(0, bool)
