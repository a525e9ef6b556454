"""Which values are read as which time, from texts and from Parquet's own types."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from loaders.values.times import TimeEvidence, TimeNotation, parse_times, zoned_seconds
from loaders.values.zones import DOUBTFUL


def day(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> float:
    return datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()


def auto(*values: object, **more: object) -> list[float]:
    """The times of one whole column."""
    column = pa.array(list(values))
    return parse_times(column, TimeNotation(**more), TimeEvidence.of(column)).tolist()  # type: ignore[arg-type]


def counted(values: list[object], *units: str, **more: object) -> list[float]:
    return parse_times(pa.array(values), TimeNotation(units, **more)).tolist()  # type: ignore[arg-type]


EIGHT_DIGITS = [
    (20240102, day(2024, 1, 2)),
    (19000101, day(1900, 1, 1)),
    (21001231, day(2100, 12, 31)),
    (19700101, 0.0),
    (20240229, day(2024, 2, 29)),
    (20230229, DOUBTFUL),
    (20241301, DOUBTFUL),
    (1738324800, 1738324800.0),
]


@pytest.mark.parametrize(("digits", "moment"), EIGHT_DIGITS)
def test_eight_digits_that_make_a_date_are_that_date(digits: int, moment: float) -> None:
    for value in (str(digits), f" {digits} ", f"{digits}.0", digits, float(digits)):
        assert auto(value) == [moment]
    both = parse_times(pa.array([digits, None]))
    assert np.array_equal(both, [moment, np.nan], equal_nan=True)


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("1998", day(1998, 1, 1), day(1998, 12, 31)), ("2004-07", day(2004, 7, 1), day(2004, 7, 31)),
        ("200402", day(2004, 2, 1), day(2004, 2, 29)), ("1998.0", day(1998, 1, 1), day(1998, 12, 31)),
    ],
)  # fmt: skip
def test_a_year_or_a_month_is_its_first_day_or_as_an_end_its_last(text: str, begin: float, end: float) -> None:
    assert auto(text) == [begin]
    assert auto(text, is_end=True) == [end]
    if text.isdigit():
        assert auto(int(text)) == [begin]


def test_numbers_near_1970_are_seconds_only_where_the_whole_column_counts_so() -> None:
    assert auto("60", "1998", "199805", "7200") == [60.0, 1998.0, 199805.0, 7200.0]
    assert auto(60, 1998, 7200) == [60.0, 1998.0, 7200.0]
    assert auto("60", "2024-01-02") == [DOUBTFUL, day(2024, 1, 2)]
    assert auto("60", "1738324800") == [DOUBTFUL, 1738324800.0]
    assert auto("0", "20240102", "1998") == [DOUBTFUL, day(2024, 1, 2), day(1998, 1, 1)]
    assert auto(0.0, 1738324800.0) == [DOUBTFUL, 1738324800.0]


def test_what_may_be_day_numbers_of_a_spreadsheet_is_asked_for() -> None:
    assert auto("45292", "45292.75") == [DOUBTFUL, DOUBTFUL]
    assert auto(45292, 45300) == [DOUBTFUL, DOUBTFUL]
    assert counted(["45292", 45292.75][:1], "spreadsheet-days") == [day(2024, 1, 1)]
    assert counted([45292, 45292.75], "spreadsheet-days") == [day(2024, 1, 1), day(2024, 1, 1, 18)]


def test_the_order_of_day_and_month_is_what_some_value_of_the_column_shows() -> None:
    assert auto("03/04/2025", "31/01/2025") == [day(2025, 4, 3), day(2025, 1, 31)]
    assert auto("03/04/2025", "01/31/2025 10:30") == [day(2025, 3, 4), day(2025, 1, 31, 10, 30)]
    assert auto("03.04.2025", "05.05.2025") == [DOUBTFUL, day(2025, 5, 5)]
    assert auto("31/01/2025", "01/31/2025", "02/03/2025") == [day(2025, 1, 31), day(2025, 1, 31), DOUBTFUL]
    assert auto("31/13/2025", "2025-01-31") == [np.inf, day(2025, 1, 31)]


@pytest.mark.parametrize("value", ["20240102", 20240102])
def test_with_a_unit_eight_digits_are_a_number_of_it(value: object) -> None:
    assert counted([value], "seconds") == [20240102.0]
    assert counted([value], "milliseconds") == [20240.102]
    assert counted([value], "seconds", since=5.0) == [20240107.0]
    assert counted([value], "%Y%m%d") == [day(2024, 1, 2)]
    assert counted([value], "%Y%d%m") == [day(2024, 2, 1)]


@pytest.mark.parametrize(
    ("unit", "value"), [("seconds", 10**9), ("milliseconds", 10**12), ("microseconds", 10**15), ("nanoseconds", 10**18)]
)
def test_one_moment_in_four_units(unit: str, value: int) -> None:
    assert counted([value], unit) == counted([str(value)], unit) == [1e9]


def test_of_several_units_the_first_that_fits_counts() -> None:
    column: list[object] = ["2025-01-31", "31.01.2025", "01/02/2025", "soon"]
    read = counted(column, "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y")
    assert read == [day(2025, 1, 31), day(2025, 1, 31), day(2025, 2, 1), np.inf]
    assert counted(["2011", "2011-03"], "years", "months") == [day(2011, 1, 1), day(2011, 3, 1)]


def test_since_shifts_plain_numbers_and_not_dates() -> None:
    for values in (["60", "20240102"], [60, 20240102]):
        assert auto(*values, since=1000.0) == [1060.0, day(2024, 1, 2)]


BERLIN = {"zone": "Europe/Berlin"}


def test_times_without_a_zone_are_of_the_zone_of_the_mapping() -> None:
    assert auto("2025-01-31 12:00", "2025-07-31 12:00", **BERLIN) == [day(2025, 1, 31, 11), day(2025, 7, 31, 10)]
    assert auto("2025-07-31 12:00+00:00", "2025-07-31 12:00Z", **BERLIN) == [day(2025, 7, 31, 12)] * 2
    naive = pa.array([datetime(2025, 7, 31, 12)], pa.timestamp("us"))
    assert parse_times(naive, TimeNotation(zone="Europe/Berlin")).tolist() == [day(2025, 7, 31, 10)]
    aware = pa.array([datetime(2025, 7, 31, 12)], pa.timestamp("us", "UTC"))
    assert parse_times(aware, TimeNotation(zone="Europe/Berlin")).tolist() == [day(2025, 7, 31, 12)]


def test_hours_that_a_zone_has_twice_or_not_at_all_are_as_the_mapping_says() -> None:
    twice, never = "2025-10-26 02:30", "2025-03-30 02:30"
    assert auto(twice, **BERLIN) == [DOUBTFUL]
    assert auto(twice, doubled="first", **BERLIN) == [day(2025, 10, 26, 0, 30)]
    assert auto(twice, doubled="second", **BERLIN) == [day(2025, 10, 26, 1, 30)]
    assert auto(never, **BERLIN) == [np.inf]
    assert auto(never, skipped="shift", **BERLIN) == [day(2025, 3, 30, 1, 30)]


FORMATS = ["%d.%m.%Y", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y  %H:%M", "%Y%m%d", "%m-%d-%Y", "(%d) %m %Y"]
WRITTEN = [
    "31.12.2024", " 1.2.2024 ", "31.02.2024", "29.02.2023", "29.02.2024", "2024-02-29 23:59:60", "20240229", "0",
    "2024-2-9 1:2:3", "03/04/2024 \t 5:6", "2024-13-01 00:00:00", "12-31-1969", "01.01.0000", "(1) 2 1500", "x",
    "2024-02-29 24:00:00", "1.1.9999",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_whole_columns_are_parsed_as_strptime_parses_each_value(form: str) -> None:
    def expected(text: str) -> float:
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            return float("inf")

    times = parse_times(pa.array([*WRITTEN, None]), TimeNotation((form,)))
    assert times.tolist()[:-1] == [expected(text) for text in WRITTEN]
    assert np.isnan(times[-1])


@pytest.mark.parametrize("year", [1940, 1969, 1981, 2024])
def test_whole_columns_in_a_zone_are_what_each_time_is(year: int) -> None:
    clocks = [f"{hour}:{minute:02d}" for hour in (0, 1, 2, 3, 12) for minute in (0, 14, 59)]
    texts = [f"{day}.{month}.{year} {clock}" for month in (3, 10) for day in (1, 27, 29, 31) for clock in clocks]
    notation = TimeNotation(("%d.%m.%Y %H:%M",), zone="Europe/Berlin")
    one_by_one = [zoned_seconds(datetime.strptime(text, notation.units[0]), notation) for text in texts]
    assert parse_times(pa.array(texts), notation).tolist() == one_by_one
