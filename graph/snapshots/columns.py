"""Facts in Arrow batches as numpy arrays: the vectorised steps that building a snapshot is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

CHUNK_ROWS: Final = 1 << 20  # facts turned into numbers at a time: bounds memory, and the number of hash tables
_FLOAT32_MAX: Final = float(np.finfo(np.float32).max)

Array = npt.NDArray[Any]


def as_table(batches: Iterable[pa.RecordBatch], columns: Sequence[str]) -> pa.Table:
    """These columns of all batches as one table, with texts as large strings."""
    return pa.Table.from_batches([_select(batch, columns) for batch in batches], _schema(columns))


def chunks(batches: Iterable[pa.RecordBatch], columns: Sequence[str]) -> Iterator[dict[str, pa.Array]]:
    """These columns of about CHUNK_ROWS rows at a time, one contiguous array each."""
    pending: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        pending.append(_select(batch, columns))
        rows += batch.num_rows
        if rows >= CHUNK_ROWS:
            yield _joined(pending, columns)
            pending, rows = [], 0
    if pending:
        yield _joined(pending, columns)


def _joined(batches: list[pa.RecordBatch], columns: Sequence[str]) -> dict[str, pa.Array]:
    table = pa.Table.from_batches(batches)
    return {name: contiguous(table[name]) for name in columns}


def _schema(columns: Sequence[str]) -> pa.Schema:
    floats = {"valid_from", "valid_to", "weight", "first", "last", "amount", "opened", "closed", "days_late"}
    special = {"implied": pa.bool_(), "recorded": pa.int64(), "count": pa.int64()}
    return pa.schema(
        [(name, pa.float64() if name in floats else special.get(name, pa.large_string())) for name in columns]
    )


def _select(batch: pa.RecordBatch, columns: Sequence[str]) -> pa.RecordBatch:
    schema = _schema(columns)
    return pa.RecordBatch.from_arrays([batch.column(f.name).cast(f.type) for f in schema], schema=schema)


def contiguous(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def sorted_unique(texts: pa.Array) -> pa.Array:
    """The distinct texts, sorted by their bytes."""
    distinct = pc.unique(texts.cast(pa.large_binary()))
    return distinct.take(pc.sort_indices(distinct)).cast(pa.large_string())


def index_in(texts: pa.Array, among: pa.Array) -> npt.NDArray[np.int64]:
    """Position of each text in `among`: int64[n], -1 for null and for a text that is not in it."""
    positions = pc.fill_null(pc.index_in(texts, value_set=among, skip_nulls=True), -1)
    return np.asarray(positions.to_numpy(zero_copy_only=False), np.int64)


def floats(column: pa.Array) -> npt.NDArray[np.float64]:
    """A column as float64[n], with one NaN for missing and not finite values, and no -0.0."""
    values = np.array(column.to_numpy(zero_copy_only=False), np.float64) + 0.0
    values[~np.isfinite(values)] = np.nan
    return values


def floats_to_32(values: Array) -> npt.NDArray[np.float32]:
    """Values as float32[n], clipped to its range, with NaN as it is and no -0.0.

    >>> floats_to_32(np.array([-0.0, 1e300, np.nan])).tolist()
    [0.0, 3.4028234663852886e+38, nan]
    """
    return np.clip(values, -_FLOAT32_MAX, _FLOAT32_MAX).astype(np.float32) + np.float32(0)


def counts(column: pa.Array) -> npt.NDArray[np.int64]:
    """A column of counts as int64[n], clipped to 0 and more, 1 where missing.

    >>> counts(pa.array([3, None, -1])).tolist()
    [3, 1, 0]
    """
    values = np.asarray(pc.fill_null(column, 1).to_numpy(zero_copy_only=False), np.int64)
    return np.maximum(values, 0)


def first_of_runs(sorted_rows: Array) -> npt.NDArray[np.bool_]:
    """Whether each row is the first of a run of equal rows: bool[n].

    >>> first_of_runs(np.array([4, 4, 7])).tolist()
    [True, False, True]
    """
    return np.append(True, sorted_rows[1:] != sorted_rows[:-1]) if len(sorted_rows) else np.zeros(0, bool)


def number_by_first(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Values renamed 0, 1, 2 ... in the order in which each first occurs: int64[m].

    >>> number_by_first(np.array([7, 3, 7, 5])).tolist()
    [0, 1, 0, 2]
    """
    _, first, place = np.unique(values, return_index=True, return_inverse=True)
    number = np.empty(len(first), np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    return number[place]


def first_of_pairs(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Whether each pair (a, b) of rows is the first of its kind: bool[m].

    >>> first_of_pairs(np.array([0, 0, 1]), np.array([5, 5, 5])).tolist()
    [True, False, True]
    """
    first = np.zeros(len(a), bool)
    pairs = (np.asarray(a, np.int64) << 32) | np.asarray(b, np.int64)
    first[np.unique(pairs, return_index=True)[1]] = True
    return first
