"""Arrow columns -> float64 numbers: at once where every value is a plain number, value by value where one is not.

A number such as `1.234` is 1234 where decimals are written with a comma. Which it is, the mapping says or the column
shows: `1,50` allows one reading only, and so settles the others. A value that stays open is no number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.values.arrays import F64, Bools, to_mask

NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
FLOAT32_MAX: Final = float(np.finfo(np.float32).max)

_GROUPED: Final = r"[+-]?[1-9][0-9]{{0,2}}(?:{thousands}[0-9]{{3}})+"
# Numbers that allow one reading only: more than one group, a group and decimals, or decimals that are no group.
_ONE_READING: Final = (
    r"^\s*(?:[+-]?[1-9][0-9]{{0,2}}(?:{thousands}[0-9]{{3}}){{2,}}|" + _GROUPED + r"{decimal}[0-9]*|"
    r"[+-]?(?:0[0-9]*|[0-9]{{4,}}){decimal}[0-9]+|[+-]?[0-9]*{decimal}(?:[0-9]{{1,2}}|[0-9]{{4,}})|"
    r"[+-]?[0-9]*{decimal}[0-9]+[eE][+-]?[0-9]+)\s*$"
)
_TWO_READINGS: Final = r"^\s*[+-]?[1-9][0-9]{{0,2}}{mark}[0-9]{{3}}\s*$"
_COMMA_DECIMAL: Final = _ONE_READING.format(decimal=",", thousands=r"\.")
_DOT_DECIMAL: Final = _ONE_READING.format(decimal=r"\.", thousands=",")
_COMMA_DOUBTFUL: Final = _TWO_READINGS.format(mark=",")
DOT_DOUBTFUL: Final = _TWO_READINGS.format(mark=r"\.")


@dataclass(frozen=True, slots=True)
class NumberNotation:
    """How the numbers of a column are written.

    decimal: the character before the decimals. thousands: the one between groups of three digits, empty for none.
    is_doubtful: whether `1,234` (and `1.234`, where decimals are written in both ways) stays open.
    """

    decimal: str = "."
    thousands: str = ""
    is_doubtful: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether numbers are written as in a program: with a dot, and without groups."""
        return self.decimal == "." and not self.thousands and not self.is_doubtful


PLAIN: Final = NumberNotation()
ALIKE: Final = (" \u00a0\u2009\u202f", "'\u2019")  # characters between groups that nobody tells apart


@dataclass(frozen=True, slots=True)
class NumberEvidence:
    """Which notations some values of a column allow; `|` joins what two parts of a column show."""

    comma: bool = False
    dot: bool = False
    doubtful_comma: bool = False
    doubtful_dot: bool = False

    def __or__(self, other: NumberEvidence) -> NumberEvidence:
        return NumberEvidence(
            self.comma or other.comma,
            self.dot or other.dot,
            self.doubtful_comma or other.doubtful_comma,
            self.doubtful_dot or other.doubtful_dot,
        )

    @staticmethod
    def of(column: pa.Array) -> NumberEvidence:
        """What the texts of a column show."""
        found = [_any_match(column, p) for p in (_COMMA_DECIMAL, _DOT_DECIMAL, _COMMA_DOUBTFUL, DOT_DOUBTFUL)]
        return NumberEvidence(*found)

    @property
    def notation(self) -> NumberNotation:
        """The notation of the whole column."""
        if self.comma and self.dot:
            return NumberNotation(is_doubtful=True)
        if self.comma:
            return NumberNotation(",", ".")
        if self.dot:
            return NumberNotation(".", "," if self.doubtful_comma else "")
        return NumberNotation(is_doubtful=True) if self.doubtful_comma else PLAIN

    @property
    def rests_on_plain_notation(self) -> bool:
        """Whether `1.234` is taken for 1.234 because nothing in the column says otherwise."""
        return self.doubtful_dot and not (self.comma or self.dot or self.doubtful_comma)


def parse_numbers(column: pa.Array, notation: NumberNotation = PLAIN) -> F64:
    """The numbers of a column, float64 of its length.

    NaN where the value is missing, infinite where it is not a finite number (a written `nan` is not one).
    """
    missing = to_mask(pc.is_null(column))
    if pa.types.is_string(column.type):
        if not notation.is_plain:
            column = _plainly_written(column, notation)
        try:
            values = _floats(pc.cast(column, pa.float64()))
        except pa.ArrowInvalid:
            return map_distinct_numbers(column, _parse_number)
    else:
        try:
            values = _floats(pc.cast(column, pa.float64(), safe=False))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return np.where(missing, np.nan, np.inf)
    values[~missing & np.isnan(values)] = np.inf
    return values


def hundredths(numbers: F64) -> F64:
    """Each number divided by 100 as its decimal digits are: 33.3 gives 0.333."""
    distinct, inverse = np.unique(numbers, return_inverse=True)
    divided = [float(Decimal(repr(number)) / 100) for number in distinct.tolist()]
    return np.array(divided, np.float64)[inverse]


def are_doubtful(column: pa.Array, notation: NumberNotation) -> Bools:
    """Whether each text stays open in this notation: it is one number with a comma and another with a dot."""
    if not notation.is_doubtful or not pa.types.is_string(column.type):
        return np.zeros(len(column), bool)
    patterns = (_COMMA_DECIMAL, _COMMA_DOUBTFUL, DOT_DOUBTFUL)
    found = [to_mask(pc.match_substring_regex(column, pattern)) for pattern in patterns]
    return np.asarray(np.logical_or.reduce(found), bool)


def map_distinct_numbers(column: pa.Array, function: Callable[[str], float]) -> F64:
    """`function` of every text, computed once for each distinct text; NaN where missing."""
    coded = pc.dictionary_encode(column)
    table = np.array([function(text) for text in coded.dictionary.to_pylist()] + [np.nan], np.float64)
    codes = np.asarray(pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False), np.int64)
    return np.asarray(table[codes], np.float64)


def _any_match(column: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(column, pattern)).as_py())


def _plainly_written(column: pa.Array, notation: NumberNotation) -> pa.Array:
    """Texts in another notation as a program writes numbers; what is no number of the notation stays no number."""
    if notation.is_doubtful:
        return pc.if_else(pa.array(are_doubtful(column, notation)), "?", column)
    for likes in ALIKE:
        if notation.thousands and notation.thousands in likes:
            column = pc.replace_substring_regex(column, f"[{likes}]", notation.thousands)
    decimal, thousands = re.escape(notation.decimal), re.escape(notation.thousands)
    whole = _GROUPED.format(thousands=thousands) + "|[+-]?[0-9]+" if thousands else "[+-]?[0-9]+"
    pattern = rf"^\s*(?:(?:{whole})(?:{decimal}[0-9]*)?|[+-]?{decimal}[0-9]+)(?:[eE][+-]?[0-9]+)?\s*$"
    written = pc.match_substring_regex(column, pattern)
    plain = pc.replace_substring(column, notation.thousands, "") if thousands else column
    plain = pc.replace_substring(plain, notation.decimal, ".")
    return pc.if_else(written, plain, pc.if_else(pc.is_null(column), None, "?"))


def _floats(column: pa.Array) -> F64:
    # -0.0 and 0.0 are one number, so that they are one content.
    return np.array(column.to_numpy(zero_copy_only=False), np.float64) + 0.0


def _parse_number(text: str) -> float:
    text = text.strip()
    return float(text) + 0.0 if NUMBER.fullmatch(text) else np.inf
