"""Texts and numbers -> seconds since 1970-01-01 UTC.

`auto` takes a plain number as seconds and anything else as an ISO date or datetime (without a zone: UTC). `seconds`,
`milliseconds` and `days` count from the mapping's `since`; any other unit is a strptime format, such as "%d.%m.%Y".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from loaders.numbers import NUMBER, numbers, over_distinct

SECONDS: Final = {"seconds": 1.0, "milliseconds": 1e-3, "days": 86_400.0}


def times(column: pa.Array, unit: str, since: float) -> npt.NDArray[np.float64]:
    """Seconds, NaN where missing, infinite where the value is no such time."""
    if pa.types.is_temporal(column.type):
        return _of_timestamps(column)
    if unit == "auto" and pa.types.is_string(column.type):
        plain = numbers(column)
        return plain if not np.isinf(plain).any() else over_distinct(column, lambda text: parse(text, unit, since))
    if unit in SECONDS or not pa.types.is_string(column.type):
        # Milliseconds are divided: 1e-3 has no exact binary form.
        counted = numbers(column)
        scaled = counted / 1000.0 if unit == "milliseconds" else counted * SECONDS.get(unit, 1.0)
        return np.asarray(scaled + since, np.float64)
    return over_distinct(column, lambda text: parse(text, unit, since))


def parse(text: str, unit: str, since: float) -> float:
    """One time; infinite when it is none."""
    text = text.strip()
    try:
        if unit == "auto":
            if NUMBER.fullmatch(text):
                return float(text)
            moment = datetime.fromisoformat(text)
        else:
            moment = datetime.strptime(text, unit)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return np.inf


def _of_timestamps(column: pa.Array) -> npt.NDArray[np.float64]:
    try:
        exact = pc.cast(pc.cast(column, pa.timestamp("us"), safe=False), pa.int64())
    except pa.ArrowException:
        return np.where(np.asarray(pc.is_null(column)), np.nan, np.inf)
    seconds = np.asarray(pc.cast(exact, pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64) / 1e6
    return np.asarray(seconds, np.float64)
