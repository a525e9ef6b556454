"""Rings in words: the evidence as one sentence of plain figures, in English or Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.rings.find import Ring
from service.wording.reasons import Language, filled, words

Figures = Mapping[str, float | int | None]


def render_ring(ring: Ring, language: Language = "en") -> dict[str, Any]:
    """The JSON object of a ring, each piece of evidence with a `text`."""
    told = ring.to_json()
    for one in told["evidence"]:
        one["text"] = evidence_text(one["kind"], one["figures"], language)
    return told


def evidence_text(kind: str, figures: Figures, language: Language = "en") -> str:
    """A piece of evidence in words."""
    said = words(language)["rings"]
    days, amount = figures.get("days"), figures.get("amount")
    parts = {name: str(value) for name, value in figures.items()}
    parts["when"] = "" if days is None else filled(said["within"], {"days": f"{max(days, 1):.0f}"})
    parts["sum"] = "" if amount is None else filled(said["in_all"], {"amount": f"{amount:.2f}"})
    return filled(said[kind], parts)
