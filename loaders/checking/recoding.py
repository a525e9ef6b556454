"""Texts of a column as the mapping means them: without marks, in a normal form, looked up, replaced."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from loaders.checking.row_validation import RowValidation
from loaders.lookups import LookupTable
from loaders.mapping import FieldMapping
from loaders.values.arrays import to_mask
from loaders.values.durations import TWO_PARTS, duration_text
from loaders.values.ibans import has_right_check_digits
from loaders.values.ids import ANY_ROUNDED, are_rounded, whole_number
from loaders.values.money import amount, without_percent
from loaders.values.normal_forms import DIGIT_FORMS, normal_form
from loaders.values.phones import AMBIGUOUS, WITH_COUNTRY_CODES, is_assigned
from loaders.values.texts import map_distinct


def recoded(
    validation: RowValidation, texts: pa.Array, source: FieldMapping, lookup: LookupTable | None = None
) -> pa.Array:
    """The texts without marks and in the field's forms, then looked up, replaced by `values`, and with the prefix.

    What has no such form is rejected and stays as it is.
    """
    texts = _without_marks(validation, texts, source)
    if source.whole:
        whole = map_distinct(texts, whole_number)
        lost = to_mask(pc.and_(pc.is_null(whole), pc.match_substring_regex(texts, ANY_ROUNDED)))
        validation.reject(lost, "rounded_id", source.column_name, texts)
        texts = pc.coalesce(whole, texts)
    for form in source.form:
        texts = _in_form(validation, texts, source, form)
    if lookup is not None:
        texts = _looked_up(validation, texts, source, lookup)
    if source.values or source.otherwise is not None:
        texts = map_distinct(texts, lambda text: _replaced(text, source))
    return with_prefix(texts, source.prefix)


def joined(parts: Sequence[pa.Array], join: str) -> pa.Array:
    """The texts of several columns as one, null where one is missing; a `join` inside a part has a backslash before."""
    if join:
        parts = [pc.replace_substring(pc.replace_substring(part, "\\", "\\\\"), join, "\\" + join) for part in parts]
    return pc.binary_join_element_wise(*parts, join, null_handling="emit_null")


def with_prefix(texts: pa.Array, prefix: str) -> pa.Array:
    """The texts with a prefix before them; null stays null."""
    return pc.binary_join_element_wise(prefix, texts, "") if prefix else texts


def _without_marks(validation: RowValidation, texts: pa.Array, source: FieldMapping) -> pa.Array:
    """Numbers without percent signs and currencies, durations as seconds; what is none stays as it is."""
    if source.percent:
        texts = map_distinct(texts, without_percent)
    if source.currency is not None:
        currencies = source.currency

        def number(text: str) -> str:
            stated = amount(text, currencies)
            return text if stated is None else stated[0]

        texts = map_distinct(texts, number)
    if source.duration is not None:
        unit = source.duration
        if unit == "duration":
            validation.note(pc.match_substring_regex(texts, TWO_PARTS), "minutes_seconds", source.column_name, texts)
        texts = map_distinct(texts, lambda text: duration_text(text, unit))
    return texts


def _replaced(text: str, source: FieldMapping) -> str:
    """What the mapping puts in place of a text; an empty `otherwise` makes all that it does not list missing."""
    return source.values.get(text, text if source.otherwise is None else source.otherwise)


def _in_form(validation: RowValidation, texts: pa.Array, source: FieldMapping, form: str) -> pa.Array:
    if form not in DIGIT_FORMS:
        return normal_form(texts, form)
    column, rounded = source.column_name, are_rounded(texts)
    validation.reject(to_mask(rounded), "rounded_id", column, texts)
    found = normal_form(pc.if_else(rounded, None, texts), form, source.country)
    if form == "digits":
        return pc.coalesce(found, texts)
    if form == "phone":
        ambiguous = pc.fill_null(pc.equal(found, AMBIGUOUS), False)
        validation.reject(to_mask(ambiguous), "ambiguous_phone", column, texts)
        found = pc.if_else(ambiguous, None, found)
        missing = to_mask(pc.is_null(found)) & ~to_mask(ambiguous)
        doubtful, doubt = _are_not(found, is_assigned), "unassigned_phone"
    else:
        missing = to_mask(pc.is_null(found))
        doubtful, doubt = _are_not(found, has_right_check_digits), "iban_check_digits"
    validation.reject(missing & to_mask(pc.is_valid(texts)), f"bad_{form}", column, texts, _no_such(form, source))
    validation.note(doubtful, doubt, column, found)
    return pc.coalesce(found, texts)


def _no_such(form: str, source: FieldMapping) -> str | None:
    """What is wrong with a value that does not have a form, as the mapping at hand reads it."""
    if form != "phone" or source.country is None:
        return None
    where = "with" if source.country == WITH_COUNTRY_CODES else f"of {source.country}, nor one with"
    return f"it is no phone number {where} a country code"


def _are_not(texts: pa.Array, is_right: Callable[[str], bool]) -> pa.Array:
    """Whether each text fails a test, which is made once for each distinct text."""
    return pc.equal(map_distinct(texts, lambda text: "1" if is_right(text) else "0"), "0")


def _looked_up(validation: RowValidation, texts: pa.Array, source: FieldMapping, lookup: LookupTable) -> pa.Array:
    found = lookup.find(texts)
    otherwise = source.lookup.otherwise if source.lookup is not None else "keep"
    unknown = pc.and_(pc.is_null(found), pc.is_valid(texts))
    if otherwise == "refuse":
        validation.reject(to_mask(unknown), "not_in_lookup", source.column_name, texts)
    elif otherwise == "keep":
        validation.note(unknown, "not_in_lookup", source.column_name, texts)
    return found if otherwise == "missing" else pc.coalesce(found, texts)
