"""Arrow columns of any type -> texts, as ids, attributes and rejects files need them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

# Blanks of Unicode, NUL, and what has no width, as marks of direction and soft hyphens: at the ends of an id they never
# make another party.
_BLANKS: Final = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_NO_WIDTH: Final = "\ufeff\u00ad\u180e\u200b\u200c\u200d\u2060"
_DIRECTIONS: Final = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
OUTER_CHARACTERS: Final = f"{_BLANKS}\0{_NO_WIDTH}{_DIRECTIONS}"
EXACT: Final = {16: 2.0**11, 32: 2.0**24, 64: 2.0**53}  # width of a float -> below it, floats hold every integer


def as_text(column: pa.Array) -> pa.Array:
    """The column as strings, of the same length.

    Whole numbers in a float column (pandas makes those of integers with gaps) have no `.0`, and NaN is null. Those that
    may have been rounded, as the type does not hold every integer of their size, are written like 4.9e+17, which no id
    is. Bytes that are not UTF-8 are written like \\xff.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type):
        return column
    if pa.types.is_floating(column.type):
        return _floats_as_text(column)
    if is_bytes(column.type):
        values = column.to_pylist()
        return pa.array([None if v is None else v.decode("utf-8", "backslashreplace") for v in values], pa.string())
    return pc.cast(column, pa.string())


def cell_text(column: pa.Array, row: int) -> str | None:
    """One value of a column as text, whatever its type; NaN is `nan`, as CSV has it."""
    try:
        text: str | None = as_text(column.slice(row, 1))[0].as_py()
    except pa.ArrowException:
        return repr(column[row])
    return "nan" if text is None and pa.types.is_floating(column.type) and column[row].is_valid else text


def float_text(number: float, exact: float = EXACT[64]) -> str:
    """A float as text: without `.0`, and with an exponent where it may have been rounded, being no less than `exact`.

    >>> float_text(491712000037.0), float_text(0.5), float_text(2.0**53)
    ('491712000037', '0.5', '9.0071992547409920e+15')
    """
    if exact <= abs(number) < math.inf:
        return f"{number:.16e}"
    return str(int(number)) if number.is_integer() else repr(number)


def _floats_as_text(column: pa.Array) -> pa.Array:
    """A column of floats as strings."""
    exact = EXACT[column.type.bit_width]
    column = pc.cast(nan_to_null(column), pa.float64())
    largest = pc.max(pc.abs(column)).as_py()
    if largest is None or largest < exact:
        try:
            return pc.cast(pc.cast(column, pa.int64()), pa.string())
        except pa.ArrowInvalid:
            pass
    return pa.array([None if v is None else float_text(v, exact) for v in column.to_pylist()], pa.string())


def map_distinct(column: pa.Array, function: Callable[[str], str | None]) -> pa.Array:
    """`function` of every text, computed once for each distinct text; null stays null."""
    coded = pc.dictionary_encode(column)
    return pa.array([function(text) for text in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def tokens_to_null(column: pa.Array, tokens: Sequence[str]) -> pa.Array:
    """A column of strings with null in place of these tokens."""
    missing = pc.is_in(column, value_set=pa.array(list(tokens), pa.string()))
    return pc.if_else(missing, None, column) if pc.any(missing).as_py() else column


def numbers_to_null(column: pa.Array, tokens: Sequence[str]) -> pa.Array:
    """A column of Parquet's own type with null in place of the values that these tokens write."""
    wanted = [token for token in tokens if token]
    if not wanted:
        return column
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        numbers = [float(token) for token in wanted if _is_number(token)]
        missing = pc.is_in(pc.cast(column, pa.float64(), safe=False), value_set=pa.array(numbers, pa.float64()))
    else:
        missing = pc.is_in(as_text(column), value_set=pa.array(wanted, pa.string()))
    return pc.if_else(missing, pa.scalar(None, column.type), column) if pc.any(missing).as_py() else column


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def trimmed(column: pa.Array) -> pa.Array:
    """Strings without blanks, NULs, byte order marks and zero-width characters at either end."""
    return pc.utf8_trim(column, characters=OUTER_CHARACTERS)


def is_bytes(kind: pa.DataType) -> bool:
    """Whether a column of this Arrow type holds bytes, plain or dictionary-encoded."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    checks = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
    return any(check(kind) for check in checks)


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this Arrow type holds texts, plain or dictionary-encoded."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def nan_to_null(column: pa.Array) -> pa.Array:
    """The column with null in place of NaN; a column that is not of floats as it is."""
    return pc.if_else(pc.is_nan(column), None, column) if pa.types.is_floating(column.type) else column
