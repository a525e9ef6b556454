"""Codes of a report as words: purposes, kinds, levels, roles, acts and what they changed."""

from __future__ import annotations

import json
from collections.abc import Mapping

from service.wording.reasons import Language, texts


def in_words(code: str) -> str:
    """A code as words: USES_PHONE is "uses phone"."""
    return code.replace("_", " ").lower()


def coded(group: str, code: str, language: Language) -> str:
    """The text of a code of a group, such as a level or a role; its words where there is no text for it."""
    known: Mapping[str, str] = texts(language).get(group, {})
    return known.get(code, in_words(code))


def act_about(text: str, names: Mapping[str, str]) -> str:
    """What an act had before or after it (a JSON text) in words: nothing for null, parties by name."""
    value = json.loads(text)
    return "" if value is None else _told(value, names)


def _told(value: object, names: Mapping[str, str]) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{in_words(name)}: {_told(one, names)}" for name, one in value.items() if one is not None)
    if isinstance(value, list):
        return ", ".join(_told(one, names) for one in value)
    return names.get(value, value) if isinstance(value, str) else str(value)
