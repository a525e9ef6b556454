"""Which values are read as which time, from texts and from Parquet's own types."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from loaders.values.times import parse_times


def day(year: int, month: int, day: int) -> float:
    return datetime(year, month, day, tzinfo=UTC).timestamp()


EIGHT_DIGITS = [
    (20240102, day(2024, 1, 2)),
    (19000101, day(1900, 1, 1)),
    (21001231, day(2100, 12, 31)),
    (19700101, 0.0),
    (20240229, day(2024, 2, 29)),
    (20230229, 20230229.0),
    (20241301, 20241301.0),
    (18991231, 18991231.0),
    (21010101, 21010101.0),
    (2024010, 2024010.0),
    (1738324800, 1738324800.0),
]


@pytest.mark.parametrize(("digits", "moment"), EIGHT_DIGITS)
def test_eight_digits_that_make_a_date_are_that_date(digits: int, moment: float) -> None:
    for column in (pa.array([str(digits)]), pa.array([f" {digits} "]), pa.array([digits]), pa.array([float(digits)])):
        assert parse_times(column, "auto", 0.0).tolist() == [moment]
    assert np.array_equal(parse_times(pa.array([digits, None]), "auto", 0.0), [moment, np.nan], equal_nan=True)


def test_one_column_may_hold_dates_and_seconds() -> None:
    column = pa.array(["20240102", "2024-01-02", "86400", "20240102.5", "+20240102"])
    assert parse_times(column, "auto", 0.0).tolist() == [
        day(2024, 1, 2), day(2024, 1, 2), 86400.0, 20240102.5, 20240102.0,
    ]  # fmt: skip
    assert parse_times(pa.array([20240102.5, 20240102.0]), "auto", 0.0).tolist() == [20240102.5, day(2024, 1, 2)]


@pytest.mark.parametrize("column", [pa.array(["20240102"]), pa.array([20240102])])
def test_with_a_unit_eight_digits_are_a_number_of_it(column: pa.Array) -> None:
    assert parse_times(column, "seconds", 0.0).tolist() == [20240102.0]
    assert parse_times(column, "milliseconds", 0.0).tolist() == [20240.102]
    assert parse_times(column, "seconds", 5.0).tolist() == [20240107.0]
    assert parse_times(column, "%Y%m%d", 0.0).tolist() == [day(2024, 1, 2)]
    assert parse_times(column, "%Y%d%m", 0.0).tolist() == [day(2024, 2, 1)]


@pytest.mark.parametrize("column", [pa.array(["60", "20240102"]), pa.array([60, 20240102])])
def test_since_shifts_plain_numbers_and_not_dates(column: pa.Array) -> None:
    assert parse_times(column, "auto", 1000.0).tolist() == [1060.0, day(2024, 1, 2)]
