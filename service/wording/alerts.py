"""Why an alert is there, in sentences of plain figures, in English or Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from service.wording.reasons import Language, fill, texts


def alert_text(code: str, figures: Mapping[str, str], language: Language = "en") -> str:
    """The sentence of a code with its figures; a level among them is named in words."""
    named = texts(language)
    words = dict(figures)
    if "level" in words:
        words["level"] = named["level"][words["level"]]
    return fill(named["alerts"][code], words)


def part_text(part: str, language: Language = "en") -> str:
    """What a part of a score is called: the own record or a category."""
    named = texts(language)
    categories = named["categories"]
    return str(categories[part]["title"] if part in categories else named["alert_parts"]["own"])
