"""International bank account numbers (IBAN) as one word: `DE60370400440532013000`."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

_NO_LETTERS: Final = str.maketrans(dict.fromkeys(" \t\n.-\u00a0\u202f\u2009\u200b\u200c\u200d\u2060\ufeff"))
_LETTER_VALUES: Final = str.maketrans({chr(ord("A") + i): str(10 + i) for i in range(26)})


def iban(text: str) -> str | None:
    """The IBAN without blanks and in upper case; None where no IBAN is written so. Its check digits may be wrong.

    >>> iban("de60 3704 0044 0532 0130 00"), iban("DE60 3704")
    ('DE60370400440532013000', None)
    """
    compact = text.translate(_NO_LETTERS).upper()
    if compact.startswith("IBAN"):
        compact = compact.removeprefix("IBAN").removeprefix(":")
    spec = _spec(compact[:2])
    if spec is None or len(compact) != spec[0] or not compact.isascii() or not compact[2:4].isdigit():
        return None
    return compact if spec[1].match(compact[4:]) else None


def has_right_check_digits(compact: str) -> bool:
    """Whether the two digits behind the country fit the others (ISO 7064, modulus 97).

    >>> has_right_check_digits("DE89370400440532013000"), has_right_check_digits("DE60370400440532013000")
    (True, False)
    """
    return int((compact[4:] + compact[:4]).translate(_LETTER_VALUES)) % 97 == 1


@cache
def _spec(country: str) -> tuple[int, re.Pattern[str]] | None:
    """The length of a country's IBANs, and what stands behind their check digits; None where it has none."""
    try:
        spec = IBAN(country + "00", allow_invalid=True).spec
    except SchwiftyException:
        return None
    return spec.iban_length, spec.regex
