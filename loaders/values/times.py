"""Arrow columns of dates, timestamps or numbers -> seconds since 1970-01-01 UTC.

Units: `auto` reads eight digits that make a calendar date of 1900 to 2100, such as 20250131, as that date, any other
plain number as seconds, and anything else as an ISO date or datetime (UTC where it has no zone). `seconds`,
`milliseconds` and `days` count from the mapping's `since`. Any other unit is a strptime format, such as "%d.%m.%Y".
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.values.arrays import F64
from loaders.values.numbers import NUMBER, map_distinct_numbers, parse_numbers
from loaders.values.texts import as_text

SECONDS_PER_UNIT: Final = {"seconds": 1.0, "milliseconds": 1e-3, "days": 86_400.0}
FIRST_DATE: Final = 1900_01_01
LAST_DATE: Final = 2100_12_31


def parse_times(column: pa.Array, unit: str, since: float) -> F64:
    """The times of a column in seconds since 1970-01-01 UTC, float64 of its length.

    NaN where the value is missing, infinite where it is not a time of this unit. `since` is where the unit counts from,
    in seconds since 1970.
    """
    if pa.types.is_temporal(column.type):
        return _timestamp_seconds(column)
    if unit == "auto":
        return _parse_auto(column, since)
    if unit not in SECONDS_PER_UNIT:
        return map_distinct_numbers(as_text(column), lambda text: _parse_time(text, unit, since))
    # Milliseconds are divided: 1e-3 has no exact binary form.
    counted = parse_numbers(column)
    scaled = counted / 1000.0 if unit == "milliseconds" else counted * SECONDS_PER_UNIT[unit]
    return np.asarray(scaled + since, np.float64)


def utc_seconds(moment: datetime) -> float:
    """Seconds since 1970-01-01 UTC of a datetime; one without a zone is UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _parse_auto(column: pa.Array, since: float) -> F64:
    """Times of the unit `auto`; texts are parsed one by one only where some are not plain seconds."""
    counted = parse_numbers(column)
    dates = (counted >= FIRST_DATE) & (counted <= LAST_DATE) & (counted == np.floor(counted))
    if not pa.types.is_string(column.type):
        seconds = counted + since
        distinct, inverse = np.unique(counted[dates], return_inverse=True)
        parsed = [_parse_time(f"{number:.0f}", "auto", since) for number in distinct.tolist()]
        seconds[dates] = np.array(parsed)[inverse]
        return seconds
    if dates.any() or np.isinf(counted).any():
        return map_distinct_numbers(column, lambda text: _parse_time(text, "auto", since))
    return counted + since


def _parse_time(text: str, unit: str, since: float) -> float:
    """Seconds since 1970 of one text; infinite where it is not a time."""
    text = text.strip()
    try:
        if unit != "auto":
            return utc_seconds(datetime.strptime(text, unit))
        if not NUMBER.fullmatch(text):
            return utc_seconds(datetime.fromisoformat(text))
        date = _parse_eight_digits(text)
        return float(text) + since if date is None else date
    except (ValueError, OverflowError):
        return np.inf


def _parse_eight_digits(text: str) -> float | None:
    """Seconds since 1970 of the beginning of a day like 20250131; None where the text is not such a date."""
    if len(text) == len("20250131") and text.isdigit() and FIRST_DATE <= int(text) <= LAST_DATE:
        with suppress(ValueError):
            return utc_seconds(datetime.fromisoformat(text))
    return None


def _timestamp_seconds(column: pa.Array) -> F64:
    """Seconds of an Arrow column of dates or timestamps."""
    try:
        exact = pc.cast(pc.cast(column, pa.timestamp("us"), safe=False), pa.int64())
    except pa.ArrowException:
        return np.where(np.asarray(pc.is_null(column)), np.nan, np.inf)
    seconds = np.asarray(pc.cast(exact, pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64) / 1e6
    return np.asarray(seconds, np.float64)
