"""Amounts of money without what stands beside their digits: currencies, percent signs, accountants' minus signs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

_SIGN: Final = r"[+\-\u2212]?"
_BESIDE: Final = r"[^\d\s+\-\u2212().,'’]{1,4}\.?"  # a currency: a sign or a few letters
_AMOUNT: Final = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>{_SIGN})\s*(?P<before>{_BESIDE})?\s*(?P<inner>{_SIGN})\s*"
    rf"(?P<digits>[\d.,][\d.,'’\s]*?)\s*(?P<trailing>[\-\u2212])?\s*(?P<after>{_BESIDE})?\s*(?P<close>\))?"
)
# Signs that stand for one currency alone, and its code: both are one currency.
CODES_OF_SIGNS: Final = {"€": "EUR", "£": "GBP", "US$": "USD", "₹": "INR", "₽": "RUB", "₺": "TRY", "zł": "PLN"}
_CODE: Final = re.compile(r"[A-Z]{3}")
WORDS: Final = frozenset("kr kr. Kr zł Kč Ft lei лв Fr Fr. TL Rp RM R S/ руб руб. 円 元".split())


def amount(text: str, currencies: Collection[str]) -> tuple[str, str] | None:
    """The number that an amount states, as written, and its currency (empty for none); None where it is no amount.

    currencies: which may stand there, as written; none for any code of three letters and any currency sign. A minus
    behind the digits and parentheses make an amount negative.

    >>> amount("1.234,50 EUR", ()), amount("-€ 5", ()), amount("(39.58)", ()), amount("39,58-", ()), amount("5 kg", ())
    (('1.234,50', 'EUR'), ('-5', '€'), ('-39.58', ''), ('-39,58', ''), None)
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    beside = [mark for mark in (match["before"], match["after"]) if mark]
    if len(beside) > 1 or not all(_is_currency(mark, currencies) for mark in beside):
        return None
    signs = [sign for sign in (match["sign"], match["inner"], match["trailing"], match["open"]) if sign]
    if len(signs) > 1:
        return None
    sign = "" if not signs or signs == ["+"] else "-"
    return sign + match["digits"].strip(), beside[0] if beside else ""


def without_percent(text: str) -> str:
    """A number without the percent sign beside it.

    >>> without_percent("33,3 %"), without_percent("%50"), without_percent("50")
    ('33,3', '50', '50')
    """
    stripped = text.strip()
    return (stripped.removesuffix("%") if stripped.endswith("%") else stripped.removeprefix("%")).strip()


def _is_currency(mark: str, currencies: Collection[str]) -> bool:
    if currencies:
        return mark in currencies
    is_sign = all(unicodedata.category(c) == "Sc" or c.isupper() for c in mark) and any(
        unicodedata.category(c) == "Sc" for c in mark
    )  # €, US$
    return is_sign or bool(_CODE.fullmatch(mark)) or mark in WORDS
