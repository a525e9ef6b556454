"""International bank account numbers (IBAN) as one word: `DE60370400440532013000`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

_SEPARATORS: Final = re.compile(r"[\s.\-\u00a0\u200b-\u200d\u2060\ufeff]+")
_LETTER_VALUES: Final = str.maketrans({chr(ord("A") + i): str(10 + i) for i in range(26)})

CACHED: Final = 1 << 18  # numbers, which come again from chunk to chunk


@lru_cache(CACHED)
def iban(text: str) -> str | None:
    """The IBAN without blanks and in upper case; None where no IBAN is written so. Its check digits may be wrong.

    >>> iban("de60 3704 0044 0532 0130 00"), iban("DE60 3704")
    ('DE60370400440532013000', None)
    """
    compact = _SEPARATORS.sub("", text).upper().removeprefix("IBAN").removeprefix(":")
    try:
        return str(IBAN(_with_right_check_digits(compact))) and compact
    except (SchwiftyException, ValueError):
        return None


def has_right_check_digits(compact: str) -> bool:
    """Whether the two digits behind the country fit the others (ISO 7064, modulus 97).

    >>> has_right_check_digits("DE89370400440532013000"), has_right_check_digits("DE60370400440532013000")
    (True, False)
    """
    return int((compact[4:] + compact[:4]).translate(_LETTER_VALUES)) % 97 == 1


def _with_right_check_digits(compact: str) -> str:
    """The IBAN with the check digits that it should have. Raises ValueError for what has other signs than an IBAN."""
    if not (compact.isascii() and compact.isalnum() and compact[2:4].isdigit()):
        raise ValueError(compact)
    rest = int((compact[4:] + compact[:2] + "00").translate(_LETTER_VALUES)) % 97
    return f"{compact[:2]}{98 - rest:02d}{compact[4:]}"
