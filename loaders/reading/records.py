"""Rows of Python values -> chunks of columns. A column whose values are of one type has that type, others are texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from loaders.reading.chunk import Chunk, MalformedRow
from loaders.values.texts import float_text

MAX_EXACT: Final = 2**53  # beyond it float64 does not hold every integer
MAX_INT64: Final = 2**63


class Record(NamedTuple):
    """One row: its line or number in the file, and its values in the order of the columns."""

    line: int
    values: Sequence[Any]


def record_chunks(names: Sequence[str], records: Iterable[Record | MalformedRow], chunk_rows: int) -> Iterator[Chunk]:
    """The records in order, at most `chunk_rows` in a chunk."""
    remaining = iter(records)
    seen = 0
    while rows := list(islice(remaining, chunk_rows)):
        malformed = tuple(row for row in rows if isinstance(row, MalformedRow))
        good = [(index, row) for index, row in enumerate(rows, seen) if isinstance(row, Record)]
        seen += len(rows)
        cells = list(zip(*(row.values for _, row in good), strict=True)) or [()] * len(names)
        yield Chunk(
            columns={name: typed_column(column) for name, column in zip(names, cells, strict=True)},
            lines=np.array([row.line for _, row in good], np.int64),
            row_indices=np.array([index for index, _ in good], np.int64),
            malformed=malformed,
        )


def typed_column(values: Sequence[Any]) -> pa.Array:
    """The values as booleans, int64, float64 or timestamps where all of them are; else as texts. None is missing."""
    types = {type(value) for value in values if value is not None}
    if types == {bool}:
        return pa.array(values, pa.bool_())
    if types == {int} and all(value is None or -MAX_INT64 <= value < MAX_INT64 for value in values):
        return pa.array(values, pa.int64())
    if types and types <= {int, float} and all(value is None or abs(value) <= MAX_EXACT for value in values):
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    if types == {datetime} and all(value is None or value.tzinfo is None for value in values):
        return pa.array(values, pa.timestamp("us"))
    return pa.array([None if value is None else cell_text(value) for value in values], pa.string())


def cell_text(value: Any) -> str:
    """One value as text: whole floats without `.0`, dates in ISO 8601, a midnight as its day, spans in seconds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() and value.tzinfo is None else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
