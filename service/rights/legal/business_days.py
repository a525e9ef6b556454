"""Periods of law in calendar days, business days and months, and the calendars that say which days are business days.

The day of an event does not count; a period ends with the end of its last day, in UTC. One that ends on a holiday is
not prolonged, though some laws would: who acts on time by an earlier end is on time.
"""

from __future__ import annotations

import calendar
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, Literal, cast

from graph.errors import UsageError

Unit = Literal["days", "business_days", "months"]
UNITS: Final[dict[str, Unit]] = {
    "day": "days", "days": "days", "business day": "business_days", "business days": "business_days",
    "month": "months", "months": "months",
}  # fmt: skip
ORDINALS: Final = ("first", "second", "third", "fourth", "fifth")
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """So many days, business days or months.

    >>> Period.of_text("5 business days")
    Period(count=5, unit='business_days')
    """

    count: int
    unit: Unit

    @staticmethod
    def of_text(text: str) -> Period:
        """The period that a text names. Raises UsageError."""
        count, _, unit = text.partition(" ")
        if not (count.isascii() and count.isdigit()) or unit not in UNITS:
            raise UsageError(f"{text!r} is no period; write 30 days, 5 business days or 1 month")
        return Period(int(count), UNITS[unit])

    def __str__(self) -> str:
        unit = self.unit.replace("_", " ")
        return f"{self.count} {unit.removesuffix('s') if self.count == 1 else unit}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are business days. holidays: as rules; observed: where one moves that falls on a weekend."""

    name: str
    about: str
    source: str
    holidays: tuple[str, ...]
    observed: Literal["none", "nearest", "next"]

    def is_business_day(self, day: date) -> bool:
        """Whether it is a weekday and no holiday.

        >>> us = calendar_named("us_federal")
        >>> us.is_business_day(date(2026, 11, 26)), us.is_business_day(date(2026, 11, 27))
        (False, True)
        """
        return day.weekday() < 5 and day not in _holidays(self, day.year) | _holidays(self, day.year + 1)

    def after(self, start: float, *periods: Period) -> float:
        """When periods end that follow each other from a time on (both seconds since 1970).

        >>> weekdays = calendar_named("weekdays")
        >>> friday = datetime(2026, 11, 27, 15, tzinfo=UTC).timestamp()
        >>> datetime.fromtimestamp(weekdays.after(friday, Period(1, "business_days")), UTC).isoformat()
        '2026-12-01T00:00:00+00:00'
        >>> datetime.fromtimestamp(weekdays.after(friday, Period(30, "days")), UTC).isoformat()
        '2026-12-28T00:00:00+00:00'
        """
        day = datetime.fromtimestamp(start, UTC).date()
        for period in periods:
            day = self._last_day(day, period)
        return datetime.combine(day + DAY, time(), UTC).timestamp()

    def _last_day(self, day: date, period: Period) -> date:
        if period.unit == "days":
            return day + period.count * DAY
        if period.unit == "months":
            months = day.year * 12 + day.month - 1 + period.count
            year, month = divmod(months, 12)
            return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
        left = period.count
        while left:
            day += DAY
            left -= self.is_business_day(day)
        return day


@cache
def calendar_named(name: str) -> Calendar:
    """The calendar of this name. Raises UsageError listing the names."""
    folder = files("service.rights.legal") / "calendars"
    names = sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))
    if name not in names:
        raise UsageError(f"no calendar is called {name!r}; there are {', '.join(names)}")
    content = tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))
    observed = cast(Literal["none", "nearest", "next"], content.get("observed", "none"))
    return Calendar(name, content["about"], content["source"], tuple(content.get("holidays", ())), observed)


@lru_cache(maxsize=512)
def _holidays(of: Calendar, year: int) -> frozenset[date]:
    """The holidays of a year as they are observed, which may be on a day of the year before."""
    found: set[date] = set()
    for day in sorted(_day(rule, year) for rule in of.holidays):
        if of.observed == "nearest" and day.weekday() == 5:
            day -= DAY
        elif of.observed == "nearest" and day.weekday() == 6:
            day += DAY
        while of.observed == "next" and (day.weekday() > 4 or day in found):
            day += DAY
        found.add(day)
    return frozenset(found)


def _day(rule: str, year: int) -> date:
    """The day of a rule: 12-25, `third mon 01`, `last mon 05`, `easter +1`."""
    if rule.startswith("easter"):
        return _easter(year) + int(rule.split()[1]) * DAY
    if "-" in rule:
        return date.fromisoformat(f"{year:04}-{rule}")
    ordinal, weekday, written = rule.split()
    month = int(written)
    days = [day for week in calendar.monthcalendar(year, month) if (day := week[WEEKDAYS.index(weekday)])]
    return date(year, month, days[-1] if ordinal == "last" else days[ORDINALS.index(ordinal)])


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the anonymous algorithm (Meeus, Astronomical Algorithms, ch. 8).

    >>> _easter(2026), _easter(2038)
    (datetime.date(2026, 4, 5), datetime.date(2038, 4, 25))
    """
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    n = (32 + 2 * e + 2 * i - h - k) % 7
    month, day = divmod(h + n - 7 * ((a + 11 * h + 22 * n) // 451) + 114, 31)
    return date(year, month, day + 1)
