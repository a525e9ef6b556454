"""How numbers are written is settled by one value of the column that allows a single reading, or stays open."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from loaders.values.numbers import PLAIN, NumberEvidence, NumberNotation, are_doubtful, parse_numbers


def read(*texts: str) -> list[float]:
    """The numbers of one whole column, infinite for what is no number or stays open."""
    column = pa.array(texts)
    return parse_numbers(column, NumberEvidence.of(column).notation).tolist()


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1,50", "1.234,50", "1.234", "-7"], [1.5, 1234.5, 1234.0, -7.0]),
        (["1.50", "1,234.50", "1,234", "12345"], [1.5, 1234.5, 1234.0, 12345.0]),
        (["1.234.567", "2.345"], [1234567.0, 2345.0]),
        (["1,234,567", "2,345"], [1234567.0, 2345.0]),
        (["0,125", "1.000"], [0.125, 1000.0]),
        (["0.125", "1.000"], [0.125, 1.0]),
        (["1.234", "2.345"], [1.234, 2.345]),
        (["1,234"], [np.inf]),
        (["1,234", "1.234"], [np.inf, np.inf]),
        (["1,5", "1.5", "1.234", "7"], [np.inf, 1.5, np.inf, 7.0]),
        (["1,50", "1.23.4", "1,2,3", "x"], [1.5, np.inf, np.inf, np.inf]),
        (["1.5e3", "2e-2"], [1500.0, 0.02]),
        (["12.34,5"], [np.inf]),
    ],
)
def test_one_value_settles_the_column(texts: list[str], numbers: list[float]) -> None:
    assert read(*texts) == numbers


def test_evidence_of_parts_joins_to_that_of_the_whole() -> None:
    first, second = pa.array(["1.234"]), pa.array(["1,5"])
    assert NumberEvidence.of(first).rests_on_plain_notation
    joined = NumberEvidence.of(first) | NumberEvidence.of(second)
    assert joined == NumberEvidence.of(pa.concat_arrays([first, second]))
    assert joined.notation == NumberNotation(",", ".")
    assert NumberEvidence.of(pa.array(["12", "x", None])).notation == PLAIN


@pytest.mark.parametrize(
    ("notation", "text", "number"),
    [
        (NumberNotation(",", "."), "1.234", 1234.0), (NumberNotation(",", " "), "1 234,5", 1234.5),
        (NumberNotation(".", "'"), "1'234.5", 1234.5), (NumberNotation(",", ""), "1234,5", 1234.5),
        (NumberNotation(",", ""), "1.234", np.inf), (NumberNotation(",", "."), "1.23", np.inf),
        (NumberNotation(",", "."), " -,5 ", -0.5),
    ],
)  # fmt: skip
def test_a_notation_reads_what_is_written_in_it(notation: NumberNotation, text: str, number: float) -> None:
    assert parse_numbers(pa.array([text, None]), notation)[0] == number
    assert np.isnan(parse_numbers(pa.array([text, None]), notation)[1])


def test_only_what_allows_two_readings_is_doubtful() -> None:
    column = pa.array(["1.234", "1,5", "1.5", "12", None])
    assert are_doubtful(column, NumberNotation(is_doubtful=True)).tolist() == [True, True, False, False, False]
    assert not are_doubtful(column, PLAIN).any()


@pytest.mark.parametrize(("thousands", "text"), [(" ", "1\u202f234,5"), (" ", "1\u00a0234,5"), ("'", "1\u2019234,5")])
def test_blanks_and_apostrophes_between_groups_are_one_another(thousands: str, text: str) -> None:
    assert parse_numbers(pa.array([text]), NumberNotation(",", thousands)).tolist() == [1234.5]
