"""The catalogue of codes with their texts, as a table: `python -m service.wording.catalogue` writes that of
docs/reasons.md.

A test checks that the document holds exactly this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gnn.explain.carriers import Carrier
from gnn.explain.reason_codes import CODES, AttributeEffect, Evidence, Linked, Reason
from gnn.scoring.fact_codes import KNOWN_BAD
from gnn.scoring.trust_scorer import TRUST_EVIDENCE_CODES, TrustEvidence, TrustPrediction
from graph.schema import CATEGORIES
from service.wording.pairs import LINKED, PAIR_CODES, PairEnds, PairReason, render_pair_reason, render_trust_evidence
from service.wording.reasons import AUDIENCES, LANGUAGES, Voice, sentence

_LINKED: Final = Linked(0, "b17", "Ann Moor", 2, False, ("PAYS",))
_EXAMPLE: Final = Evidence(9, 4, 3, (_LINKED,), 3, 4)
ENDS: Final = PairEnds("Ann Moor (b17)", "Bo Hale (b18)")
_FIGURES: Final = {"trust": "-0.45", "rise": "3.1", "n": "2", "shared": "ph0007, dev0001", "out": "2", "back": "1"}


VOICES: Final = [Voice(audience, language) for audience in AUDIENCES for language in LANGUAGES]


def markdown() -> str:
    """Each code with the text of an example for each audience in each language."""
    parts = [_entry(code, [sentence(example(code), voice) for voice in VOICES]) for code in CODES]
    parts.append("## Codes of relationship risk\n")
    parts += [
        _entry(code, [render_pair_reason(pair_example(code), ENDS, voice).text for voice in VOICES])
        for code in PAIR_CODES
    ]
    parts.append("## Codes of trust evidence\n")
    for code in TRUST_EVIDENCE_CODES:
        prediction = TrustPrediction(None, None, (TrustEvidence(code, 1, None),))
        parts.append(_entry(code, [render_trust_evidence(prediction, ENDS, voice)[0].text for voice in VOICES]))
    return "\n".join(parts)


def _entry(code: str, texts: Iterable[str]) -> str:
    return "\n".join([f"**{code}**", *(f"- {text}" for text in texts), ""])


def example(code: str) -> Reason:
    """A reason of this code, with figures to fill its sentence."""
    if code in KNOWN_BAD:
        return Reason(code, 0.0)
    if code == "CAP_REACHED":
        return Reason(code, 0.0, capped=17.0)
    if code.endswith("_RECORD"):
        return Reason(code, -12.0, attributes=(AttributeEffect("income", -9.0),))
    category = {"SHARED_IDENTIFIER": "identifier", "DISTRUSTED": "trust"}.get(code) or next(
        category for category in CATEGORIES if code.endswith(f"_{category.upper()}")
    )
    carrier = {"UNUSUAL": Carrier("amount", "PAYS", "out", 0.985), "AROUND": Carrier("NEIGHBOURS")}
    return Reason(code, -12.0, category, _EXAMPLE, carrier=carrier.get(code.partition("_")[0]))


def pair_example(code: str) -> PairReason:
    """A reason of a pair with this code, with figures to fill its sentence."""
    return PairReason(code, _FIGURES, ("PAYS", "money") if code == LINKED else None)


if __name__ == "__main__":
    print(markdown())
