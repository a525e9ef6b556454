"""The attributes of parties as canonical JSON: keys sorted, missing ones left out, numbers as numbers."""

from __future__ import annotations

import json
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.checking import checks
from loaders.checking.chunk_context import ChunkContext
from loaders.mapping import MISSING_ATTRIBUTE
from loaders.values.arrays import to_mask
from loaders.values.numbers import FLOAT32_MAX, NUMBER, parse_numbers
from loaders.values.texts import as_text, map_distinct, nan_to_null, tokens_to_null

MAX_EXACT_DIGITS: Final = 15  # an integer of more digits would lose some as float64: it is a name, not a quantity


def attributes_json(context: ChunkContext) -> pa.Array:
    """The JSON object of each row's attributes, as strings."""
    members = [_members(context, name) for name in context.file.attributes]
    if not members:
        return pa.repeat(pa.scalar("{}"), context.chunk.rows)
    joined = pc.binary_join_element_wise(*members, "", null_handling="replace", null_replacement="")
    return pc.binary_join_element_wise("{", pc.utf8_slice_codeunits(joined, 1), "}", "")


def parse_quantity(text: str) -> float | None:
    """The number that a text states; None where it is a text, infinite where it states no finite float32.

    `007`, `+8613800000000` and integers of more than 15 digits are texts.
    """
    stripped = text.strip()
    if stripped.lstrip("+-").lower() in {"inf", "infinity", "nan"}:
        return np.inf
    digits = stripped.removeprefix("-")
    if not NUMBER.fullmatch(digits) or digits.startswith("+"):
        return None
    if digits.isdigit() and len(digits) > MAX_EXACT_DIGITS:
        return None
    if digits[0] == "0" and digits[1:2].isdigit():
        return None
    number = float(stripped) + 0.0
    return number if abs(number) <= FLOAT32_MAX else np.inf


def _members(context: ChunkContext, name: str) -> pa.Array:
    """`,"name":value` for each row, null where the attribute is missing. A text that states a number is a number."""
    values = context.chunk.columns[name]
    key = "," + json.dumps(name, ensure_ascii=False) + ":"
    if pa.types.is_boolean(values.type):
        return pc.if_else(values, key + "1.0", key + "0.0")
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        return _number_members(context, name, values, key)
    return _text_members(context, name, values, key)


def _number_members(context: ChunkContext, name: str, values: pa.Array, key: str) -> pa.Array:
    """Members of an attribute that Parquet has as numbers; NaN is missing."""
    values = nan_to_null(values)
    numbers = parse_numbers(values)
    checks.finite(context.validation, name, values, numbers)
    return pa.array([None if np.isnan(number) else key + repr(number) for number in numbers.tolist()], pa.string())


def _text_members(context: ChunkContext, name: str, values: pa.Array, key: str) -> pa.Array:
    tokens = context.mapping.missing if context.mapping.missing is not None else MISSING_ATTRIBUTE
    texts = tokens_to_null(as_text(values), tokens)
    may_be_number = name not in context.file.mapping.text
    infinite: set[str] = set()

    def member(text: str) -> str | None:
        number = parse_quantity(text) if may_be_number else None
        if number is None:
            return key + json.dumps(text, ensure_ascii=False)
        if np.isinf(number):
            infinite.add(text)
            return None
        return key + repr(number)

    members = map_distinct(texts, member)
    if infinite:
        rows = to_mask(pc.is_in(texts, value_set=pa.array(sorted(infinite))))
        context.validation.reject(rows, "not_finite", name, texts)
    return members
