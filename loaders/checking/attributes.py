"""The attributes of parties as canonical JSON: keys sorted, missing ones left out, numbers as numbers."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.checking import checks
from loaders.checking.chunk_context import ChunkContext
from loaders.checking.survey import AMBIGUOUS_TEXT, missing_attributes
from loaders.values.arrays import to_mask
from loaders.values.numbers import FLOAT32_MAX, NUMBER, PLAIN, NumberNotation, are_doubtful, parse_numbers
from loaders.values.texts import as_text, map_distinct, nan_to_null, tokens_to_null

MAX_EXACT_DIGITS: Final = 15  # an integer of more digits would lose some as float64: it is a name, not a quantity


def attributes_json(context: ChunkContext) -> pa.Array:
    """The JSON object of each row's attributes, as strings."""
    members = [_members(context, name) for name in context.file.attributes]
    if not members:
        return pa.repeat(pa.scalar("{}"), context.chunk.rows)
    joined = pc.binary_join_element_wise(*members, "", null_handling="replace", null_replacement="")
    return pc.binary_join_element_wise("{", pc.utf8_slice_codeunits(joined, 1), "}", "")


def parse_quantity(text: str, notation: NumberNotation = PLAIN) -> float | None:
    """The number that a text states; None where it is a text, infinite where it states no finite float32.

    `007`, `+8613800000000`, integers of more than 15 digits and numbers of which float64 would lose a digit before the
    decimals are texts.
    """
    stripped = text.strip()
    if not notation.is_plain:
        if notation.is_doubtful and are_doubtful(pa.array([stripped]), notation)[0]:
            return None
        stripped = stripped.replace(notation.thousands, "").replace(notation.decimal, ".")
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
    if (
        len(digits.partition(".")[0]) > MAX_EXACT_DIGITS
        and "e" not in digits.lower()
        and Decimal(number) != Decimal(stripped)
    ):
        return None
    return number if abs(number) <= FLOAT32_MAX else np.inf


def _members(context: ChunkContext, name: str) -> pa.Array:
    """`,"name":value` for each row, null where the attribute is missing. A text that states a number is a number."""
    source = context.file.mapping.attributes.get(name)
    key = "," + json.dumps(name, ensure_ascii=False) + ":"
    if source is not None:
        numbers = context.attribute_numbers(name, source).tolist()
        return pa.array([None if np.isnan(number) else key + repr(number) for number in numbers], pa.string())
    values = context.chunk.columns[name]
    if pa.types.is_boolean(values.type):
        return pc.if_else(values, key + "1.0", key + "0.0")
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        return _number_members(context, name, values, key)
    return _text_members(context, name, values, key)


def _number_members(context: ChunkContext, name: str, values: pa.Array, key: str) -> pa.Array:
    """Members of an attribute that Parquet has as numbers; NaN is missing, integers that float64 rounds are texts."""
    values = nan_to_null(values)
    numbers = parse_numbers(values)
    checks.finite(context.validation, name, values, numbers)
    members = [None if np.isnan(number) else key + repr(number) for number in numbers.tolist()]
    if pa.types.is_integer(values.type):
        for row in np.flatnonzero(np.abs(numbers) >= 10**MAX_EXACT_DIGITS).tolist():
            members[row] = f'{key}"{values[row].as_py()}"'
    return pa.array(members, pa.string())


def _text_members(context: ChunkContext, name: str, values: pa.Array, key: str) -> pa.Array:
    """Members of an attribute of texts; in a column that holds other texts, `INF` and `9E999` are texts too."""
    is_text = name in context.survey.texts
    given = as_text(values)
    texts = tokens_to_null(given, missing_attributes(context.mapping.missing, is_text))
    if is_text and context.mapping.missing is None:
        context.validation.note(pc.is_in(texts, value_set=pa.array(AMBIGUOUS_TEXT)), "kept_text", name, given)
        dropped = pc.and_(pc.is_null(texts), pc.not_equal(given, ""))
        context.validation.note(dropped, "missing_text", name, given)
    may_be_number, notation = name not in context.file.mapping.text, context.number_notation(name)
    context.note_plain_numbers(name, name, texts)
    infinite: set[str] = set()

    def member(text: str) -> str | None:
        number = parse_quantity(text, notation) if may_be_number else None
        if number is not None and np.isinf(number) and not is_text:
            infinite.add(text)
            return None
        if number is None or np.isinf(number):
            return key + json.dumps(text, ensure_ascii=False)
        return key + repr(number)

    members = map_distinct(texts, member)
    if infinite:
        rows = to_mask(pc.is_in(texts, value_set=pa.array(sorted(infinite))))
        context.validation.reject(rows, "not_finite", name, texts)
    return members
