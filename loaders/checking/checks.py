"""The rules that a row must pass, over whole columns: each rejects the rows whose value breaks it.

`column` is the column's name in the file, `values` what it holds; NaN in parsed numbers and times means missing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.checking.row_validation import RowValidation
from loaders.mapping import FieldMapping
from loaders.rejects.reject import shortened
from loaders.values.arrays import F64, to_mask
from loaders.values.durations import duration_text
from loaders.values.ids import are_placeholders, are_rounded
from loaders.values.money import amount
from loaders.values.numbers import FLOAT32_MAX, PLAIN, NumberNotation, are_doubtful, parse_numbers
from loaders.values.texts import cell_text
from loaders.values.times import LATEST, TimeNotation

MAX_ID_BYTES: Final = 1024  # no index of a store takes keys of any length
YES: Final = ("true", "yes", "1")
NO: Final = ("false", "no", "0")
EXACT: Final = 1e13  # below it, numbers with cents have 15 digits or fewer
DIGITS: Final = 15  # which float64 always holds
MAX_COUNT: Final = 2**53 - 1  # beyond it float64 does not hold every integer
MAX_DAYS_LATE: Final = 36_525  # a hundred years: more is a date or an amount


def ids(validation: RowValidation, column: str, values: pa.Array) -> pa.Array:
    """The ids, empty where missing. Missing, too long and damaged ids are rejected, and doubtful ones noted."""
    values = pc.fill_null(values, "")
    validation.reject(to_mask(pc.equal(values, "")), "missing_id", column, None)
    validation.reject(to_mask(pc.greater(pc.binary_length(values), MAX_ID_BYTES)), "id_too_long", column, values)
    validation.reject(to_mask(pc.match_substring(values, "\0")), "nul_in_id", column, values)
    validation.reject(to_mask(are_rounded(values)), "rounded_id", column, values)
    validation.note(are_placeholders(values), "placeholder_id", column, values)
    hashed = pc.match_substring_regex(values, r"^[#%]")
    if 2 * (pc.sum(hashed).as_py() or 0) > len(values):  # such ids are a habit of the file
        hashed = pc.match_substring_regex(values, r"^[#%]\s")
    validation.note(hashed, "comment_id", column, values)
    return values


def one_of(validation: RowValidation, column: str, values: pa.Array, allowed: Sequence[str], code: str) -> pa.Array:
    """The values in lower case, null where missing. Values that are not among `allowed` are rejected."""
    lower = pc.utf8_lower(values)
    known = to_mask(pc.or_(pc.is_null(lower), pc.is_in(lower, value_set=pa.array(allowed))))
    validation.reject(~known, code, column, values)
    return lower


def flags(validation: RowValidation, column: str, values: pa.Array) -> pa.Array:
    """`true` and `false` as texts, null where missing. What is neither is rejected."""
    plain = pc.utf8_lower(values)
    known = pc.if_else(pc.is_in(plain, pa.array(YES)), "true", pc.if_else(pc.is_in(plain, pa.array(NO)), "false", None))
    validation.reject(to_mask(pc.and_(pc.is_null(known), pc.is_valid(values))), "bad_flag", column, values)
    return known


def finite(
    validation: RowValidation, column: str, values: pa.Array, numbers: F64, notation: NumberNotation = PLAIN
) -> None:
    """Reject what is no number (infinite in `numbers`) and numbers beyond float32."""
    infinite = np.isinf(numbers)
    if infinite.any():
        validation.reject(infinite & are_doubtful(values, notation), "ambiguous_number", column, values)
        written = np.zeros(len(numbers), bool)
        written[infinite] = [
            _is_written_infinity(shortened(cell_text(values, row))) for row in np.flatnonzero(infinite).tolist()
        ]
        validation.reject(infinite & written, "not_finite", column, values)
        validation.reject(infinite, "not_a_number", column, values)
    with np.errstate(invalid="ignore"):
        validation.reject(np.abs(numbers) > FLOAT32_MAX, "too_large", column, values)


def rounded(validation: RowValidation, column: str, values: pa.Array, numbers: F64) -> None:
    """Note the numbers with more digits than float64 holds."""
    found = np.zeros(len(numbers), bool)
    for row in np.flatnonzero(np.isfinite(numbers) & (np.abs(numbers) >= EXACT)).tolist():
        written = _digits((cell_text(values, row) or "").lower().partition("e")[0])
        found[row] = len(written) > DIGITS and written != _digits(f"{Decimal(repr(float(numbers[row]))):f}")
    validation.note(pa.array(found), "rounded_number", column, values)


def _digits(number: str) -> str:
    """The digits of a number that say something: without zeros at the ends."""
    return re.sub(r"[^0-9]", "", number).strip("0")


def unread_marks(validation: RowValidation, column: str, values: pa.Array, numbers: F64, source: FieldMapping) -> None:
    """Reject numbers with percent signs, currencies or colons that the mapping does not read, naming the key to set."""
    infinite = np.flatnonzero(np.isinf(numbers)).tolist()
    advice = {row: _advice(cell_text(values, row) or "", source) for row in infinite}
    for text in sorted(set(filter(None, advice.values()))):
        rows = np.zeros(len(numbers), bool)
        rows[[row for row in infinite if advice[row] == text]] = True
        validation.reject(rows, "not_a_number", column, values, text)


def _advice(value: str, source: FieldMapping) -> str | None:
    """How the mapping could read a value that is no number; None where no key would help."""
    if "%" in value and not source.percent:
        return "it is a percentage: set percent = true in the mapping"
    stated = amount(value, ())
    if stated is not None and stated[1]:
        if source.currency:
            return f"the mapping lists no such currency, but {', '.join(source.currency)}"
        return None if source.currency is not None else "it has a currency: set currency = true in the mapping"
    if stated is not None and source.currency is None and stated[0] != value.strip():
        return "its sign stands where accountants write it: set currency = true in the mapping"
    if source.duration is None and duration_text(value) != value:
        return 'it is a duration: set unit = "duration" in the mapping'
    return None


def _is_written_infinity(text: str) -> bool:
    """Whether a text is a number of some notation that is not finite, such as `nan`, `-inf` or `1e400`."""
    text = text.strip().lower()
    return text.lstrip("+-") in {"nan", "inf", "infinity"} or (
        "e" in text and text.replace("e", "", 1).strip("+-.0123456789") == ""
    )


def counts(validation: RowValidation, column: str, values: pa.Array, notation: NumberNotation = PLAIN) -> F64:
    """The counts, NaN where missing. What is no whole number from 0 to MAX_COUNT is rejected."""
    numbers = parse_numbers(values, notation)
    finite(validation, column, values, numbers, notation)
    whole(validation, column, values, numbers, MAX_COUNT, "bad_count")
    return numbers


def whole(validation: RowValidation, column: str, values: pa.Array, numbers: F64, most: int, code: str) -> None:
    """Reject numbers that are not whole, negative ones and those beyond `most`."""
    with np.errstate(invalid="ignore"):
        fractional = (numbers != np.floor(numbers)) & ~np.isnan(numbers)
        validation.reject((numbers < 0) | fractional | (numbers > most), code, column, values)


def times(
    validation: RowValidation, column: str, values: pa.Array, seconds: F64, notation: TimeNotation, latest: float
) -> None:
    """Reject what is no time (infinite in `seconds`), what may be several, and times after `latest` or year 9999."""
    validation.reject(np.isneginf(seconds), "ambiguous_time", column, values, _which_time(notation))
    validation.reject(np.isposinf(seconds), "bad_time", column, values, _no_time(notation))
    with np.errstate(invalid="ignore"):
        counts_seconds = "auto" in notation.units or "seconds" in notation.units
        advice = " (if it counts milliseconds, set unit in the mapping)" if counts_seconds else ""
        validation.reject(seconds > latest, "future_time", column, values, f"it is in the future{advice}")
        validation.reject(seconds > LATEST, "beyond_9999", column, values, f"it is after the year 9999{advice}")


def _which_time(notation: TimeNotation) -> str:
    if notation.zone is not None and notation.units != ("auto",):
        return f'{notation.zone} has this time twice: set doubled = "first" or "second" in the mapping'
    doubled = "" if notation.zone is None else f'; {notation.zone} may have it twice: doubled = "first" or "second"'
    return (
        "it may be several times, and nothing in the column shows which: a date such as 03/04/2025 needs unit = "
        f'"%d/%m/%Y" or "%m/%d/%Y", a number near 1970 "seconds", "days" or "spreadsheet-days", in the mapping{doubled}'
    )


def _no_time(notation: TimeNotation) -> str:
    if notation.zone is not None:
        where = f'; {notation.zone} may skip it: skipped = "shift" in the mapping then takes it an hour later'
    else:
        where = ""
    if notation.units == ("auto",):
        return f"it is not a time: use ISO 8601 or seconds since 1970, or set unit in the mapping{where}"
    return f"it is not a time as the mapping says (unit = {', '.join(notation.units)}){where}"


def time_order(validation: RowValidation, column: str, begin: F64, end: F64, values: pa.Array | None) -> None:
    """Reject rows that end before they begin, for the value of `column`, which gives the end.

    A time that could not be read says nothing of the other one.
    """
    read = np.isfinite(begin) & np.isfinite(end)
    validation.reject(read & (end < begin), "reversed_times", column, values)
