"""Arrow columns -> float64 numbers: at once where every value is a plain number, value by value where one is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.values.arrays import F64, to_mask

NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
FLOAT32_MAX: Final = float(np.finfo(np.float32).max)


def parse_numbers(column: pa.Array) -> F64:
    """The numbers of a column, float64 of its length.

    NaN where the value is missing, infinite where it is not a finite number (a written `nan` is not one).
    """
    missing = to_mask(pc.is_null(column))
    if pa.types.is_string(column.type):
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


def map_distinct_numbers(column: pa.Array, function: Callable[[str], float]) -> F64:
    """`function` of every text, computed once for each distinct text; NaN where missing."""
    coded = pc.dictionary_encode(column)
    table = np.array([function(text) for text in coded.dictionary.to_pylist()] + [np.nan], np.float64)
    codes = np.asarray(pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False), np.int64)
    return np.asarray(table[codes], np.float64)


def _floats(column: pa.Array) -> F64:
    # -0.0 and 0.0 are one number, so that they are one content.
    return np.array(column.to_numpy(zero_copy_only=False), np.float64) + 0.0


def _parse_number(text: str) -> float:
    text = text.strip()
    return float(text) + 0.0 if NUMBER.fullmatch(text) else np.inf
