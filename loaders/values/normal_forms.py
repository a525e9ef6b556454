"""Normal forms of ids: one thing that is written in several ways becomes one text."""

from __future__ import annotations

import unicodedata
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from loaders.values.ibans import iban
from loaders.values.phones import phone_number
from loaders.values.texts import map_distinct

FORMS: Final = ("upper", "lower", "digits", "nfc", "phone", "iban")
DIGIT_FORMS: Final = frozenset({"digits", "phone", "iban"})  # that a number which lost its last digits does not have


def normal_form(texts: pa.Array, form: str, country: str | None = None) -> pa.Array:
    """The texts in one of FORMS, null where they have none; phones that may be two are phones.AMBIGUOUS.

    `digits` leaves everything else out, `nfc` composes Unicode. country: of phone numbers without a country code.
    """
    if form == "upper":
        return pc.utf8_upper(texts)
    if form == "lower":
        return pc.utf8_lower(texts)
    if form == "phone":
        return map_distinct(texts, lambda text: phone_number(text, country))
    if form == "iban":
        return map_distinct(texts, iban)
    return map_distinct(texts, _digits if form == "digits" else _composed)


def _digits(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isdecimal())


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
