"""The catalogue of codes with their texts, as a table: `python -m service.reason_catalogue` writes that of
docs/reasons.md.

A test checks that the document holds exactly this.
"""

from __future__ import annotations

from typing import Final

from gnn.reasons import CODES, KNOWN_DEFAULT, KNOWN_FRAUD, AttributeEffect, Evidence, Linked, Reason
from graph.schema import CATEGORIES
from service.reason_words import AUDIENCES, LANGUAGES, Voice, sentence

_SOMEBODY: Final = Linked(0, "b17", "Ann Moor", 2, False, ("PAYS",))
_EXAMPLE: Final = Evidence(5, 2, 1, (_SOMEBODY,), 3, 4)


def markdown() -> str:
    """For each code how it reads to each audience in each language, for an example."""
    parts = []
    for code in CODES:
        said = [sentence(example(code), Voice(audience, language)) for audience in AUDIENCES for language in LANGUAGES]
        parts.append("\n".join([f"**{code}**", *(f"- {text}" for text in said), ""]))
    return "\n".join(parts)


def example(code: str) -> Reason:
    """A reason of this code, with figures to fill its sentence."""
    if code in (KNOWN_DEFAULT, KNOWN_FRAUD):
        return Reason(code, 0.0)
    if code == "CAP_REACHED":
        return Reason(code, 0.0, capped=17.0)
    if code.endswith("_RECORD"):
        return Reason(code, -12.0, attributes=(AttributeEffect("income", -9.0),))
    category = {"SHARED_IDENTIFIER": "identifier", "DISTRUSTED": "trust"}.get(code) or next(
        category for category in CATEGORIES if code.endswith(f"_{category.upper()}")
    )
    return Reason(code, -12.0, category, _EXAMPLE)


if __name__ == "__main__":
    print(markdown())
