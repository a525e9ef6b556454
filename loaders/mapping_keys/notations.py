"""Keys that say how the values of a column are written: numbers, durations, times, normal forms."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from graph.errors import MappingError
from loaders.mapping import TIME_OF
from loaders.mapping_keys.toml_table import TomlTable
from loaders.values.durations import DURATION_UNITS
from loaders.values.normal_forms import FORMS
from loaders.values.numbers import NumberNotation
from loaders.values.phones import is_country
from loaders.values.times import UNITS, TimeNotation
from loaders.values.zones import utc_seconds

NUMBER_KEYS: Final = ("decimal", "thousands", "percent", "currency", "divide_by")
YEARS: Final = ("%Y", "%y", "%G", "%c", "%x", "%D", "%s")  # parts of a format of times that hold the year


def number_notation(table: TomlTable) -> NumberNotation | None:
    """How numbers are written, where `decimal` or `thousands` says it. Raises MappingError."""
    decimal, thousands = table.optional("decimal", str), table.optional("thousands", str)
    if decimal is None and thousands is None:
        return None
    if decimal is None:
        decimal = "." if thousands != "." else ","
    thousands = thousands or ""
    if decimal not in {".", ","} or len(thousands) > 1 or thousands == decimal or thousands.isalnum():
        raise MappingError(f'{table.where}: decimal is "." or ",", and thousands is one other character or ""')
    return NumberNotation(decimal, thousands)


def currency(table: TomlTable) -> tuple[str, ...] | None:
    """The currencies that may stand beside numbers: those listed, none for any, None where the key is missing."""
    given = table.optional("currency", (bool, str, list))
    if given is None or given is False:
        return None
    return () if given is True else table.one_or_more("currency")


def duration(table: TomlTable) -> str | None:
    """The unit of durations of a field or an attribute of numbers; None for numbers as they stand."""
    unit = table.optional("unit", (str, list))
    if unit is None:
        return None
    if unit not in DURATION_UNITS:
        raise MappingError(f"{table.where}: unit = {unit!r}; numbers have none, durations {', '.join(DURATION_UNITS)}")
    return str(unit)


def has_duration(table: TomlTable) -> bool:
    """Whether the unit of a table is one of durations."""
    return table.optional("unit", (str, list)) in DURATION_UNITS


def time_notation(table: TomlTable, field: str) -> TimeNotation:
    """How the times of a field are written. Raises MappingError."""
    where = table.where
    units = table.one_or_more("unit") or ("auto",)
    for unit in units:
        if "%Z" in unit:
            raise MappingError(
                f"{where}: unit = {unit!r}: names of zones such as EST mean different times; use %z for "
                'offsets, or give one zone = "America/New_York" for the column'
            )
        if "%" in unit and not any(part in unit for part in YEARS):
            raise MappingError(f"{where}: unit = {unit!r} has no year (%Y or %y)")
        if "%" not in unit and unit not in UNITS:
            raise MappingError(f"{where}: unit = {unit!r}; use {', '.join(UNITS)} or a format such as %d.%m.%Y")
    zone = table.optional("zone", str)
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise MappingError(f"{where}: zone = {zone!r} is no zone such as Europe/Berlin") from error
    day = table.one_of("day", ("first", "last"))
    return TimeNotation(
        units=units,
        since=_since(table),
        zone=zone,
        doubled=table.one_of("doubled", ("first", "second")),
        skipped=table.one_of("skipped", ("shift",)),
        is_end=field in TIME_OF if day is None else day == "last",
    )


def normal_forms(table: TomlTable, key: str = "form") -> tuple[str, ...]:
    """The normal forms of a field's texts, in order: one name or a list. Raises MappingError."""
    forms = table.one_or_more(key)
    for form in forms:
        if form not in FORMS:
            raise MappingError(f"{table.where}: {key} = {form!r}; use {', '.join(FORMS)}")
    return forms


def country(table: TomlTable) -> str | None:
    """The country, as two letters, of phone numbers that name none. Raises MappingError for what is no country."""
    given: str | None = table.optional("country", str)
    if given is not None and not is_country(given):
        raise MappingError(f'{table.where}: country = {given!r}; use two capital letters such as "DE"')
    return given


def _since(table: TomlTable) -> float:
    """Where the times of a field count from, in seconds since 1970."""
    text = table.optional("since", str)
    if text is None:
        return 0.0
    try:
        return utc_seconds(datetime.fromisoformat(text))
    except ValueError as error:
        raise MappingError(f"{table.where}: since = {text!r} is not an ISO date") from error
