"""Warnings of a score in words, in English or Chinese; they name no other party, so every audience reads the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from service.wording.reasons import Language, texts


def warning_texts(language: Language) -> Mapping[str, str]:
    """The text of each warning."""
    return cast(Mapping[str, str], texts(language)["warnings"])


def warning_text(warning: str, language: Language = "en") -> str:
    """What a warning of an answer says.

    >>> warning_text("cap_reached")
    'what others did was held at the cap of this purpose'
    """
    return warning_texts(language)[warning]
