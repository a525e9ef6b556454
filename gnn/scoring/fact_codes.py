"""Codes of what is known of a party and of how it was scored; as warnings they stand in lower case."""

from __future__ import annotations

from typing import Final

KNOWN_DEFAULT: Final = "KNOWN_DEFAULT"
KNOWN_FRAUD: Final = "KNOWN_FRAUD"
KNOWN_LATE: Final = "KNOWN_LATE"
KNOWN_BAD: Final = (KNOWN_FRAUD, KNOWN_DEFAULT, KNOWN_LATE)
CAP_REACHED: Final = "CAP_REACHED"
IDENTIFIER: Final = "IDENTIFIER"
UNKNOWN_PARTY: Final = "UNKNOWN_PARTY"
TOO_LITTLE_KNOWN: Final = "TOO_LITTLE_KNOWN"
NEEDS_REVIEW: Final = "NEEDS_REVIEW"


def warning(code: str) -> str:
    """The code as a warning of an assessment.

    >>> warning(KNOWN_FRAUD)
    'known_fraud'
    """
    return code.lower()
