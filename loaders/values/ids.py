"""Ids as they were meant: without what spreadsheets and exports put around them, and which of them look damaged."""

from __future__ import annotations

import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from loaders.values.texts import trimmed

PLACEHOLDERS: Final = (
    "null", "<null>", "\\n", "n/a", "#n/a", "none", "nan", "<na>", "nil", "undefined", "unknown", "-", "--", "?",
)  # fmt: skip
# As a spreadsheet or a program shows a number that has more digits than fit: 4.47911E+11, 4,47911E+11, 4.47911e11. The
# last digits are lost.
ROUNDED: Final = r"^[+-]?([0-9][.,][0-9]+[eE]\+?[0-9]+|[0-9]E\+[0-9]{2,})$"
ANY_ROUNDED: Final = r"^\s*[+-]?[0-9]*[.,]?[0-9]*[eE]\+?[0-9]+\s*$"
_FORMULA: Final = r'^(="[^"]*"|\'[0-9+=@-].*)$'
_WHOLE: Final = re.compile(r"([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?")


def as_ids(texts: pa.Array) -> pa.Array:
    """The ids, trimmed, and without the `="..."` or the apostrophe with which spreadsheets keep leading zeros."""
    texts = trimmed(texts)
    formulas = pc.match_substring_regex(texts, _FORMULA)
    if not pc.any(formulas).as_py():
        return texts
    return pc.if_else(formulas, trimmed(pc.replace_substring_regex(texts, r'^(?:="([^"]*)"|\'(.*))$', r"\1\2")), texts)


def are_formulas(texts: pa.Array) -> pa.Array:
    """Whether each text is written as a formula or with the apostrophe of a spreadsheet."""
    return pc.match_substring_regex(trimmed(texts), _FORMULA)


def are_placeholders(ids: pa.Array) -> pa.Array:
    """Whether each id is a word that much software writes for a missing value."""
    return pc.is_in(pc.utf8_lower(ids), value_set=pa.array(PLACEHOLDERS))


def are_rounded(ids: pa.Array) -> pa.Array:
    """Whether each id is a number of which a spreadsheet lost the last digits."""
    return pc.match_substring_regex(ids, ROUNDED)


def whole_number(text: str) -> str | None:
    """The digits of a whole number that may be written as a float: `8.38e+02` is 838.

    None for anything else, and for a number whose digits do not reach its units, such as 4.47911E+11.
    """
    match = _WHOLE.fullmatch(text.strip())
    if match is None or not match[2] + match[3]:
        return None
    sign, whole, fraction, exponent = match[1], match[2], match[3], int(match[4] or 0)
    if exponent > len(fraction) or exponent < -len(whole):
        return None
    digits, point = whole + fraction, len(whole) + exponent
    if digits[point:].strip("0"):
        return None
    return ("-" if sign == "-" else "") + (digits[:point].lstrip("0") or "0")
