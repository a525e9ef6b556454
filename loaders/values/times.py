"""Texts and numbers -> seconds since 1970-01-01 UTC.

`auto` takes eight digits that make a calendar date of 1900 to 2100, such as 20250131, as that date, any other plain
number as seconds, and anything else as an ISO date or datetime (without a zone: UTC). `seconds`, `milliseconds` and
`days` count from the mapping's `since`; any other unit is a strptime format, such as "%d.%m.%Y".
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from loaders.values.numbers import NUMBER, as_text, numbers, over_distinct

SECONDS: Final = {"seconds": 1.0, "milliseconds": 1e-3, "days": 86_400.0}
FIRST_DATE: Final = 1900_01_01
LAST_DATE: Final = 2100_12_31


def times(column: pa.Array, unit: str, since: float) -> npt.NDArray[np.float64]:
    """Seconds, NaN where missing, infinite where the value is no such time."""
    if pa.types.is_temporal(column.type):
        return _of_timestamps(column)
    if unit == "auto":
        return _moments(column, since)
    if unit not in SECONDS:
        return over_distinct(as_text(column), lambda text: parse(text, unit, since))
    # Milliseconds are divided: 1e-3 has no exact binary form.
    counted = numbers(column)
    scaled = counted / 1000.0 if unit == "milliseconds" else counted * SECONDS[unit]
    return np.asarray(scaled + since, np.float64)


def _moments(column: pa.Array, since: float) -> npt.NDArray[np.float64]:
    """Times whose unit is not said; the texts are looked at one by one only where some are more than seconds."""
    counted = numbers(column)
    dates = (counted >= FIRST_DATE) & (counted <= LAST_DATE) & (counted == np.floor(counted))
    if not pa.types.is_string(column.type):
        moments = counted + since
        distinct, which = np.unique(counted[dates], return_inverse=True)
        moments[dates] = np.array([parse(f"{number:.0f}", "auto", since) for number in distinct.tolist()])[which]
        return moments
    if dates.any() or np.isinf(counted).any():
        return over_distinct(column, lambda text: parse(text, "auto", since))
    return counted + since


def parse(text: str, unit: str, since: float) -> float:
    """One time; infinite when it is none."""
    text = text.strip()
    try:
        if unit == "auto":
            if NUMBER.fullmatch(text):
                return float(text) + since if (date := _date(text)) is None else date
            moment = datetime.fromisoformat(text)
        else:
            moment = datetime.strptime(text, unit)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return np.inf


def _date(text: str) -> float | None:
    """Eight digits as the beginning of that day, if they make one."""
    if len(text) == len("20250131") and text.isdigit() and FIRST_DATE <= int(text) <= LAST_DATE:
        with suppress(ValueError):
            return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    return None


def _of_timestamps(column: pa.Array) -> npt.NDArray[np.float64]:
    try:
        exact = pc.cast(pc.cast(column, pa.timestamp("us"), safe=False), pa.int64())
    except pa.ArrowException:
        return np.where(np.asarray(pc.is_null(column)), np.nan, np.inf)
    seconds = np.asarray(pc.cast(exact, pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64) / 1e6
    return np.asarray(seconds, np.float64)
