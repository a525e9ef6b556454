"""Durations as seconds: `1:02:03`, `13:48`, `PT1H2M3S`, or a plain number of seconds."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

DURATION_UNITS: Final = ("duration", "mm:ss", "h:mm")
SECONDS_OF_PART: Final = {"W": 604_800, "D": 86_400, "H": 3_600, "M": 60, "S": 1}

_CLOCK: Final = re.compile(r"([0-9]+):([0-5][0-9]):([0-5][0-9](?:\.[0-9]+)?)")
_TWO_PARTS: Final = re.compile(r"([0-9]+):([0-5][0-9](?:\.[0-9]+)?)")
_ISO: Final = re.compile(
    r"P(?:(?P<W>[0-9.]+)W)?(?:(?P<D>[0-9.]+)D)?(?:T(?:(?P<H>[0-9.]+)H)?(?:(?P<M>[0-9.]+)M)?(?:(?P<S>[0-9.]+)S)?)?"
)
TWO_PARTS: Final = r"^\s*[0-9]+:[0-5][0-9](\.[0-9]+)?\s*$"


def duration_text(text: str, unit: str = "duration") -> str:
    """The seconds of a duration in digits; the text itself where it is no duration, plain numbers too.

    unit: `h:mm` where two parts are hours and minutes; else they are minutes and seconds. ISO 8601 durations in years
    or months have no length and are none.

    >>> duration_text("1:02:03"), duration_text("13:48"), duration_text("13:48", "h:mm"), duration_text("PT1M30.5S")
    ('3723', '828', '49680', '90.5')
    """
    stripped = text.strip()
    if match := _CLOCK.fullmatch(stripped):
        return str(int(match[1]) * 3600 + int(match[2]) * 60 + Decimal(match[3]))
    if match := _TWO_PARTS.fullmatch(stripped):
        large, small = (3600, 60) if unit == "h:mm" else (60, 1)
        return str(int(match[1]) * large + Decimal(match[2]) * small)
    match = _ISO.fullmatch(stripped)
    if match is None or not any(match.groups()):
        return text
    parts = {part: digits for part, digits in match.groupdict().items() if digits is not None}
    if not all(re.fullmatch(r"[0-9]+(\.[0-9]+)?", digits) for digits in parts.values()):
        return text
    return str(sum(Decimal(digits) * SECONDS_OF_PART[part] for part, digits in parts.items()))
