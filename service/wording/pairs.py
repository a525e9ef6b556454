"""Relationship risk in words: its reasons, and the evidence of trust, for three audiences in two languages.

An answer is about two parties that the question names. An investigator reads them by name. The texts for a service and
for the subject hold no id and no name; `you` is the target, whose risk is asked about; the source is the other party.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import Field

from gnn.scoring.trust_scorer import TrustPrediction
from graph.snapshots.snapshot import Snapshot
from service.closed import Closed
from service.wording.reasons import Voice, fill, kind_text, party_text, texts

TARGET_KNOWN_BAD: Final = "TARGET_KNOWN_BAD"
DISTRUST: Final = "DISTRUST"
CONTAGION: Final = "CONTAGION"
SHARED_IDENTIFIER: Final = "SHARED_IDENTIFIER"
LINKED: Final = "LINKED"
NOT_LINKED: Final = "NOT_LINKED"
PAIR_CODES: Final = (TARGET_KNOWN_BAD, DISTRUST, CONTAGION, SHARED_IDENTIFIER, LINKED, NOT_LINKED)


@dataclass(frozen=True, slots=True)
class PairReason:
    """A reason of a pair: its code, and what fills its sentence. kind and category of links where it is about those."""

    code: str
    figures: Mapping[str, str]
    kind: tuple[str, str] | None = None


class PairReasonAnswer(Closed):
    """A reason of a pair in words."""

    code: str
    text: str


class TrustEvidenceAnswer(Closed):
    """Something that trust rests on: how many ratings or links, and the mean of ratings in -1..1."""

    code: str
    count: int = Field(ge=0)
    mean: float | None = Field(ge=-1, le=1)
    text: str


@dataclass(frozen=True, slots=True)
class PairEnds:
    """The two parties of an answer, as an investigator reads them."""

    source: str
    target: str

    @staticmethod
    def of(snapshot: Snapshot, a: int, b: int) -> PairEnds:
        return PairEnds(party_text(snapshot, a), party_text(snapshot, b))


def render_pair_reason(reason: PairReason, ends: PairEnds, voice: Voice) -> PairReasonAnswer:
    """A reason of a pair in words."""
    figures = dict(reason.figures) | _names(ends.source, ends.target, voice)
    if reason.kind is not None:
        figures["kind"] = kind_text(*reason.kind, voice)
    template = texts(voice.language)["pairs"][reason.code][voice.audience]
    return PairReasonAnswer(code=reason.code, text=fill(template, figures))


def render_trust_evidence(
    prediction: TrustPrediction, ends: PairEnds, voice: Voice, back: bool = False
) -> tuple[TrustEvidenceAnswer, ...]:
    """What trust of the source in the target rests on, or that of the target in the source (`back`), in words."""
    rater, rated = (ends.target, ends.source) if back else (ends.source, ends.target)
    audience = "subject_back" if back and voice.audience == "subject" else voice.audience
    templates, names = texts(voice.language)["trust_evidence"], _names(rater, rated, voice)
    return tuple(
        TrustEvidenceAnswer(
            code=evidence.code,
            count=evidence.count,
            mean=evidence.mean,
            text=fill(templates[evidence.code][audience], names),
        )
        for evidence in prediction.evidence
    )


def _names(source: str, target: str, voice: Voice) -> dict[str, str]:
    return {"source": source, "target": target} if voice.audience == "investigator" else {}
