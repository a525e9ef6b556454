"""Times of a zone as seconds since 1970-01-01 UTC, one by one and as whole columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from loaders.values.arrays import F64

DOUBTFUL: Final = -np.inf  # a time that allows several readings
QUARTER: Final = 900.0  # seconds; since 1970, every zone has changed its clock at a quarter of an hour
_EPOCH: Final = datetime(1970, 1, 1)


def utc_seconds(moment: datetime) -> float:
    """Seconds since 1970-01-01 UTC of a datetime; one without a zone is UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def zoned_seconds(moment: datetime, zone: str | None, doubled: str | None, skipped: str | None) -> float:
    """Seconds since 1970 of a datetime, in this zone (UTC for None) if it names none.

    doubled, skipped: what a time means that the zone has twice (`first`, `second`) or not at all (`shift`). Where they
    are None, it is DOUBTFUL or infinite.
    """
    if moment.tzinfo is not None or zone is None:
        return utc_seconds(moment)
    place = ZoneInfo(zone)
    first, second = (moment.replace(tzinfo=place, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.timestamp()
    is_skipped = first.astimezone(UTC).astimezone(place).replace(tzinfo=None) != moment
    if is_skipped:
        return first.timestamp() if skipped == "shift" else np.inf
    if doubled is None:
        return DOUBTFUL
    return (second if doubled == "second" else first).timestamp()


def in_zone(clock: F64, zone: str | None, doubled: str | None, skipped: str | None) -> F64:
    """Seconds since 1970 of a column of times on a zone's clock, which are seconds since 1970 of that clock.

    The zone is asked once for each quarter of an hour, and once for each time before 1970. What is not finite stays.
    """
    if zone is None:
        return clock
    finite = np.isfinite(clock)
    begins = np.where(clock >= 0.0, np.floor(clock / QUARTER) * QUARTER, clock)
    distinct, inverse = np.unique(begins[finite], return_inverse=True)
    moments = [_EPOCH + timedelta(seconds=begin) for begin in distinct.tolist()]
    zoned = np.array([zoned_seconds(moment, zone, doubled, skipped) for moment in moments], np.float64)
    seconds = clock.copy()
    seconds[finite] += (zoned - distinct)[inverse]
    return seconds
