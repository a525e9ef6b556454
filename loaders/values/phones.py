"""Phone numbers in their international form, E.164: `+491712000037` for `0171/2000037` in Germany."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat

WITH_COUNTRY_CODES: Final = "+"  # in place of a country: every number begins with a country code, with or without a +
COUNTRIES: Final = frozenset(phonenumbers.SUPPORTED_REGIONS)
AMBIGUOUS: Final = "?"
MIN_DIGITS: Final = 7  # of a number of no known series; shorter ones are codes for services, the same in every town

CACHED: Final = 1 << 16  # numbers, which come again from chunk to chunk


def is_country(code: str) -> bool:
    """Whether this is a country that has phone numbers, in two letters, or WITH_COUNTRY_CODES."""
    return code in COUNTRIES or code == WITH_COUNTRY_CODES


@lru_cache(CACHED)
def phone_number(text: str, country: str | None) -> str | None:
    """The number in E.164, with its extension as `;ext=12`; None where the text is no number, or names no country.

    AMBIGUOUS where it is a number of the country and, with a + before it, another one as well.

    country: of numbers without a country code; None where every number has one, behind a +.

    >>> phone_number("0171/2000037", "DE"), phone_number("0049 171 2000037", "DE"), phone_number("110", "DE")
    ('+491712000037', '+491712000037', None)
    >>> phone_number("491712000037", "+"), phone_number("491712000037", None), phone_number("491712000037", "DE")
    ('+491712000037', None, '?')
    """
    if country == WITH_COUNTRY_CODES:
        return _format(_parsed(re.sub(r"^\s*(?:\+|00)?", "+", text), None))
    number = _parsed(text, country)
    if country is not None and _begins_with_code(text, country):
        international = _parsed("+" + text.strip(), None)
        if _is_assigned(international) and international != number:
            return AMBIGUOUS if _is_assigned(number) else _format(international)
    return _format(number)


@lru_cache(CACHED)
def is_assigned(number: str) -> bool:
    """Whether numbers like this one, in E.164, are in use as far as is known; new series may not be known yet."""
    return _is_assigned(_parsed(number, None))


def _begins_with_code(text: str, country: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return text.strip()[:1].isdigit() and digits.startswith(str(phonenumbers.country_code_for_region(country)))


def _parsed(text: str, country: str | None) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    is_long = len(phonenumbers.national_significant_number(number)) >= MIN_DIGITS
    return number if _is_assigned(number) or (is_long and phonenumbers.is_possible_number(number)) else None


def _is_assigned(number: PhoneNumber | None) -> bool:
    return number is not None and phonenumbers.is_valid_number(number)


def _format(number: PhoneNumber | None) -> str | None:
    if number is None:
        return None
    plain = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{plain};ext={number.extension}" if number.extension else plain
