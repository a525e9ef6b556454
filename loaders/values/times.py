"""Arrow columns of dates, timestamps or numbers -> seconds since 1970-01-01 UTC.

Units: `auto` reads what allows one reading (below); `seconds`, `milliseconds`, `microseconds`, `nanoseconds` and `days`
count from the mapping's `since`; `spreadsheet-days` from 1899-12-30; `months` is 2004-07 or 200407, `years` is 1998.
Any other unit is a strptime format, such as "%d.%m.%Y". Of several units the first that fits counts.

`auto` reads ISO dates and datetimes (UTC where they have no zone); years; months; eight digits that make a date of
1900 to 2100, such as 20250131; dates such as 31/01/2025, whose order of day and month some value of the column must
show; and other plain numbers as seconds since 1970. Of those, numbers within a year of 1970 count only where the whole
column counts so, and not where they may be the day numbers of a spreadsheet.
"""

from __future__ import annotations

import calendar
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.values import zones
from loaders.values.arrays import F64, Bools
from loaders.values.digit_formats import digit_times
from loaders.values.numbers import NUMBER, map_distinct_numbers, parse_numbers
from loaders.values.texts import as_text
from loaders.values.zones import DOUBTFUL

UNITS_PER_SECOND: Final = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
SECONDS_PER_DAY: Final = 86_400.0
COUNTED_UNITS: Final = (*UNITS_PER_SECOND, "days", "spreadsheet-days")
UNITS: Final = ("auto", *COUNTED_UNITS, "months", "years")
SPREADSHEET_EPOCH: Final = -25_569 * SECONDS_PER_DAY  # 1899-12-30
FIRST_DATE: Final = 1900_01_01
LAST_DATE: Final = 2100_12_31
FIRST_YEAR: Final = 1000
LAST_YEAR: Final = 2100
YEAR_SECONDS: Final = 366 * SECONDS_PER_DAY
LATEST: Final = 253_402_300_799.0  # the end of the year 9999
SPREADSHEET_DAYS: Final = (10_000.0, 100_000.0)  # 1927 to 2173

_DAY_MONTH: Final = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_DAY_FIRST: Final = r"^\s*(1[3-9]|2[0-9]|3[01])([./-])[0-9]{1,2}[./-][0-9]{4}(\s|T|$)"
_MONTH_FIRST: Final = r"^\s*[0-9]{1,2}([./-])(1[3-9]|2[0-9]|3[01])[./-][0-9]{4}(\s|T|$)"
_ISO_MONTH: Final = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True)
class TimeNotation:
    """How the times of a field are written.

    units: tried in order. since: where counted units begin, in seconds since 1970.
    zone: the IANA zone of times that name none; None for UTC.
    doubled, skipped: what a time means that the zone has twice (`first`, `second`) or not at all (`shift`: as if the
    clock had not been changed); None to reject it.
    is_end: whether a year or a month means its last day, not its first.
    """

    units: tuple[str, ...] = ("auto",)
    since: float = 0.0
    zone: str | None = None
    doubled: str | None = None
    skipped: str | None = None
    is_end: bool = False

    @property
    def is_counted(self) -> bool:
        """Whether values are read as numbers as they stand."""
        return any(unit == "auto" or unit in COUNTED_UNITS for unit in self.units)


ISO_TIMES: Final = TimeNotation()


@dataclass(frozen=True, slots=True)
class TimeEvidence:
    """What the values of a column show under the unit `auto`; `|` joins what two parts of it show.

    dates: some are dates, or numbers of seconds that are not within a year of 1970.
    counts: some are numbers within a year of 1970 that are neither years nor months, and others than day numbers.
    day_numbers: some may be days of a spreadsheet.
    day_first, month_first: some can only be read in this order.
    """

    dates: bool = False
    counts: bool = False
    day_numbers: bool = False
    day_first: bool = False
    month_first: bool = False

    def __or__(self, other: TimeEvidence) -> TimeEvidence:
        return TimeEvidence(
            self.dates or other.dates,
            self.counts or other.counts,
            self.day_numbers or other.day_numbers,
            self.day_first or other.day_first,
            self.month_first or other.month_first,
        )

    @staticmethod
    def of(column: pa.Array) -> TimeEvidence:
        """What the values of one column show."""
        if pa.types.is_temporal(column.type):
            return TimeEvidence(dates=len(column) > column.null_count)
        numbers = parse_numbers(column)
        is_number = np.isfinite(numbers)
        texts = column.filter(pa.array(np.isinf(numbers)))
        has_texts = pa.types.is_string(column.type) and len(texts) > 0
        near = is_number & (np.abs(numbers) < YEAR_SECONDS) & ~_are_calendar_numbers(numbers)
        is_day_number = near & (numbers >= SPREADSHEET_DAYS[0]) & (numbers < SPREADSHEET_DAYS[1])
        return TimeEvidence(
            dates=has_texts or bool((is_number & ~near & (np.abs(numbers) > LAST_YEAR * 100 + 12)).any()),
            counts=bool((near & ~is_day_number).any()),
            day_numbers=bool(is_day_number.any()),
            day_first=has_texts and bool(pc.any(pc.match_substring_regex(texts, _DAY_FIRST)).as_py()),
            month_first=has_texts and bool(pc.any(pc.match_substring_regex(texts, _MONTH_FIRST)).as_py()),
        )

    @property
    def counts_seconds(self) -> bool:
        """Whether every number of the column is a count of seconds, years too."""
        return self.counts and not self.dates


NO_EVIDENCE: Final = TimeEvidence()


def parse_times(column: pa.Array, notation: TimeNotation = ISO_TIMES, evidence: TimeEvidence = NO_EVIDENCE) -> F64:
    """The times of a column in seconds since 1970-01-01 UTC, float64 of its length.

    NaN where the value is missing, infinite where it is not a time, DOUBTFUL where it may be several.
    evidence: what the whole column shows.
    """
    if pa.types.is_temporal(column.type):
        return _timestamp_seconds(column, notation)
    times = _parse_unit(column, notation.units[0], notation, evidence)
    for unit in notation.units[1:]:
        other = np.isinf(times)
        if not other.any():
            break
        parsed = _parse_unit(column.filter(pa.array(other)), unit, notation, evidence)
        times[other] = np.where(np.isinf(parsed), times[other], parsed)
    return times


def zoned_seconds(moment: datetime, notation: TimeNotation) -> float:
    """Seconds since 1970 of a datetime, in the notation's zone if it names none.

    DOUBTFUL where the zone has it twice and the notation does not say which; infinite where the zone skips it.
    """
    return zones.zoned_seconds(moment, notation.zone, notation.doubled, notation.skipped)


def _parse_unit(column: pa.Array, unit: str, notation: TimeNotation, evidence: TimeEvidence) -> F64:
    if unit == "auto":
        return _parse_auto(column, notation, evidence)
    if unit in UNITS_PER_SECOND:
        return np.asarray(parse_numbers(column) / UNITS_PER_SECOND[unit] + notation.since, np.float64)
    if unit in COUNTED_UNITS:
        since = SPREADSHEET_EPOCH if unit == "spreadsheet-days" else notation.since
        return np.asarray(parse_numbers(column) * SECONDS_PER_DAY + since, np.float64)
    parse = {"years": _parse_year, "months": _parse_month}.get(unit)
    if parse is not None:
        return map_distinct_numbers(as_text(column), lambda text: parse(_without_fraction(text), notation))
    return _parse_formatted(as_text(column), unit, notation)


def _parse_auto(column: pa.Array, notation: TimeNotation, evidence: TimeEvidence) -> F64:
    """Times of the unit `auto`; texts are parsed one by one only where some are not plain seconds."""
    counted = parse_numbers(column)
    calendar_numbers = _are_calendar_numbers(counted)
    if pa.types.is_string(column.type) and (calendar_numbers.any() or np.isinf(counted).any()):
        return map_distinct_numbers(column, lambda text: _parse_time(text, notation, evidence))
    seconds = counted + notation.since
    doubtful = _are_doubtful_counts(counted, notation, evidence) & ~calendar_numbers
    seconds[doubtful] = DOUBTFUL
    distinct, inverse = np.unique(counted[calendar_numbers], return_inverse=True)
    parsed = [_parse_time(f"{number:.0f}", notation, evidence) for number in distinct.tolist()]
    seconds[calendar_numbers] = np.array(parsed, np.float64)[inverse]
    return seconds


def _are_calendar_numbers(numbers: F64) -> Bools:
    """Whether numbers may be years (1998), months (199805) or days (19980531)."""
    whole = numbers == np.floor(numbers)
    month = np.mod(np.where(np.isfinite(numbers), numbers, 0.0), 100)
    is_month = (numbers >= FIRST_DATE // 100) & (numbers <= LAST_DATE // 100) & (month >= 1) & (month <= 12)
    is_day = (numbers >= FIRST_DATE) & (numbers <= LAST_DATE)
    return np.asarray(whole & (((numbers >= FIRST_YEAR) & (numbers <= LAST_YEAR)) | is_month | is_day), bool)


def _are_doubtful_counts(numbers: F64, notation: TimeNotation, evidence: TimeEvidence) -> Bools:
    """Whether numbers lie within a year of 1970 where that is not what the column counts."""
    if notation.since or evidence.counts_seconds:
        return np.zeros(len(numbers), bool)
    return np.asarray(np.abs(numbers) < YEAR_SECONDS, bool)


def _parse_time(text: str, notation: TimeNotation, evidence: TimeEvidence) -> float:
    """Seconds since 1970 of one text under the unit `auto`; infinite where it is not a time."""
    text = text.strip()
    try:
        if NUMBER.fullmatch(text):
            return _parse_plain_number(text, notation, evidence)
        if _DAY_MONTH.fullmatch(text):
            return _parse_day_month(text, notation, evidence)
        if _ISO_MONTH.fullmatch(text):
            return _parse_month(text, notation)
        return zoned_seconds(datetime.fromisoformat(text), notation)
    except (ValueError, OverflowError):
        return np.inf


def _parse_plain_number(text: str, notation: TimeNotation, evidence: TimeEvidence) -> float:
    digits = _without_fraction(text)
    date = _parse_eight_digits(digits, notation)
    if date is not None:
        return date
    if digits.isdigit() and not notation.since and not evidence.counts_seconds:
        if len(digits) == len("1998") and FIRST_YEAR <= int(digits) <= LAST_YEAR:
            return _parse_year(digits, notation)
        if len(digits) == len("199805") and FIRST_DATE // 100 <= int(digits) <= LAST_DATE // 100:
            with suppress(ValueError):
                return _parse_month(digits, notation)
    number = float(text)
    if _are_doubtful_counts(np.array([number]), notation, evidence)[0]:
        return DOUBTFUL
    return number + notation.since


def _without_fraction(text: str) -> str:
    """The digits of a whole number, which a program that knows only floats writes as 20250131.0."""
    whole, _, fraction = text.strip().partition(".")
    return whole if not fraction.strip("0") else text


def _parse_eight_digits(text: str, notation: TimeNotation) -> float | None:
    """Seconds since 1970 of the beginning of a day like 20250131; None where the text is not such a date."""
    if len(text) == len("20250131") and text.isdigit() and FIRST_DATE <= int(text) <= LAST_DATE:
        with suppress(ValueError):
            return zoned_seconds(datetime.fromisoformat(text), notation)
    return None


def _parse_year(text: str, notation: TimeNotation) -> float:
    if not re.fullmatch(r"\d{4}", text) or text == "0000":
        return np.inf
    return zoned_seconds(datetime(int(text), 12 if notation.is_end else 1, 31 if notation.is_end else 1), notation)


def _parse_month(text: str, notation: TimeNotation) -> float:
    match = re.fullmatch(r"(\d{4})-?(\d{2})", text)
    if match is None or not 1 <= int(match[2]) <= 12 or match[1] == "0000":
        return np.inf
    year, month = int(match[1]), int(match[2])
    day = calendar.monthrange(year, month)[1] if notation.is_end else 1
    return zoned_seconds(datetime(year, month, day), notation)


def _parse_day_month(text: str, notation: TimeNotation, evidence: TimeEvidence) -> float:
    """A date such as 31/01/2025, in the order that the column shows; DOUBTFUL where it shows none or both."""
    match = _DAY_MONTH.fullmatch(text)
    assert match is not None
    one, other, year, hour, minute, second = (int(match[group] or 0) for group in (1, 3, 4, 5, 6, 7))
    if evidence.day_first == evidence.month_first and one <= 12 and other <= 12 and one != other:
        return DOUBTFUL
    is_day_first = evidence.day_first if evidence.day_first != evidence.month_first else one > 12
    day, month = (one, other) if is_day_first else (other, one)
    return zoned_seconds(datetime(year, month, day, hour, minute, second), notation)


def _parse_formatted(texts: pa.Array, form: str, notation: TimeNotation) -> F64:
    """Times in a strptime format: whole columns where it has digits alone, and what that does not take one by one."""
    clock = digit_times(texts, form)
    if clock is None:
        return map_distinct_numbers(texts, lambda text: _parse_format(text.strip(), form, notation))
    times = zones.in_zone(clock, notation.zone, notation.doubled, notation.skipped)
    rest = np.isposinf(clock)
    if rest.any():
        others = texts.filter(pa.array(rest))
        times[rest] = map_distinct_numbers(others, lambda text: _parse_format(text.strip(), form, notation))
    return times


def _parse_format(text: str, form: str, notation: TimeNotation) -> float:
    try:
        return zoned_seconds(datetime.strptime(text, form), notation)
    except (ValueError, OverflowError):
        return np.inf


def _timestamp_seconds(column: pa.Array, notation: TimeNotation) -> F64:
    """Seconds of an Arrow column of dates or timestamps."""
    try:
        exact = pc.cast(pc.cast(column, pa.timestamp("us"), safe=False), pa.int64())
    except pa.ArrowException:
        return np.where(np.asarray(pc.is_null(column)), np.nan, np.inf)
    seconds = np.asarray(pc.cast(exact, pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64) / 1e6
    if getattr(column.type, "tz", None) is not None:
        return np.asarray(seconds, np.float64)
    return zones.in_zone(seconds, notation.zone, notation.doubled, notation.skipped)
