"""Columns of texts -> numbers, fast where every value is clean and exact about the ones that are not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
FLOAT32_MAX: Final = float(np.finfo(np.float32).max)


def as_text(column: pa.Array) -> pa.Array:
    """A column as strings; whole numbers in a float column (pandas makes those) without their `.0`, NaN as missing.

    Bytes that are not UTF-8 are written like \\xff.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type):
        return column
    if pa.types.is_floating(column.type):
        column = without_nan(column)
        try:
            column = pc.cast(column, pa.int64())
        except pa.ArrowInvalid:
            texts = [None if value is None else _short(value) for value in column.to_pylist()]
            return pa.array(texts, pa.string())
    if is_bytes(column.type):
        texts = [None if value is None else value.decode("utf-8", "backslashreplace") for value in column.to_pylist()]
        return pa.array(texts, pa.string())
    return pc.cast(column, pa.string())


def is_bytes(kind: pa.DataType) -> bool:
    """Whether a column of this type holds bytes, in whatever way."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    checks = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
    return any(check(kind) for check in checks)


def without_nan(column: pa.Array) -> pa.Array:
    """A column in which NaN is missing."""
    return pc.if_else(pc.is_nan(column), None, column) if pa.types.is_floating(column.type) else column


def cell(column: pa.Array, row: int) -> str | None:
    """One value as text, whatever its type; NaN is `nan`, as CSV has it."""
    try:
        text: str | None = as_text(column.slice(row, 1))[0].as_py()
    except pa.ArrowException:
        return repr(column[row])
    return "nan" if text is None and pa.types.is_floating(column.type) and column[row].is_valid else text


def _short(value: float) -> str:
    return str(int(value)) if np.isfinite(value) and value == int(value) and abs(value) < 1e15 else repr(value)


def numbers(column: pa.Array) -> npt.NDArray[np.float64]:
    """float64: NaN where missing, infinite where the value is no finite number (NaN written out is none)."""
    nothing = np.asarray(pc.is_null(column).to_numpy(zero_copy_only=False), bool)
    if pa.types.is_string(column.type):
        try:
            values = _floats(pc.cast(column, pa.float64()))
        except pa.ArrowInvalid:
            return over_distinct(column, _number)
    else:
        try:
            values = _floats(pc.cast(column, pa.float64(), safe=False))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return np.where(nothing, np.nan, np.inf)
    values[~nothing & np.isnan(values)] = np.inf
    return values


def over_distinct(column: pa.Array, number: Callable[[str], float]) -> npt.NDArray[np.float64]:
    """`number` of every text, computed once for each distinct one; NaN where missing."""
    coded = pc.dictionary_encode(column)
    table = np.array([number(text) for text in coded.dictionary.to_pylist()] + [np.nan], np.float64)
    return np.asarray(table[_codes(coded)], np.float64)


def texts_over_distinct(column: pa.Array, text: Callable[[str], str | None]) -> pa.Array:
    """`text` of every text, computed once for each distinct one; null stays null."""
    coded = pc.dictionary_encode(column)
    return pa.array([text(value) for value in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def _codes(coded: Any) -> npt.NDArray[np.int64]:
    return np.asarray(pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False), np.int64)


def _floats(column: pa.Array) -> npt.NDArray[np.float64]:
    # -0.0 and 0.0 are one number, so that they are one content.
    return np.array(column.to_numpy(zero_copy_only=False), np.float64) + 0.0


def _number(text: str) -> float:
    text = text.strip()
    return float(text) + 0.0 if NUMBER.fullmatch(text) else np.inf
