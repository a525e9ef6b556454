"""Relationship risk in words: its reasons, and what trust rests on, for three audiences in two languages.

An answer is about two parties that the question names. An investigator reads them by name. The texts for a service and
for the subject hold no id and no name; `you` is the target, whose dealing is judged, and the source is the other party.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gnn.scoring.trust_scorer import TrustEvidence, TrustPrediction
from graph.snapshots.snapshot import Snapshot
from service.wording.reasons import Voice, filled, kind_in_words, party_in_words, words

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


@dataclass(frozen=True, slots=True)
class PairReasonAnswer:
    """A reason as told."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class TrustEvidenceAnswer:
    """What an opinion rests on, as told: how many statements or links, and their mean in -1..1."""

    code: str
    count: int
    mean: float | None
    text: str


@dataclass(frozen=True, slots=True)
class PairEnds:
    """The two parties of an answer, as an investigator reads them."""

    source: str
    target: str

    @staticmethod
    def of(snapshot: Snapshot, a: int, b: int) -> PairEnds:
        return PairEnds(party_in_words(snapshot, a), party_in_words(snapshot, b))


def render_pair_reason(reason: PairReason, ends: PairEnds, voice: Voice) -> PairReasonAnswer:
    """A reason in words."""
    figures = dict(reason.figures) | _names(ends.source, ends.target, voice)
    if reason.kind is not None:
        figures["kind"] = kind_in_words(*reason.kind, voice)
    return PairReasonAnswer(reason.code, filled(words(voice.language)["pairs"][reason.code][voice.audience], figures))


def render_trust_evidence(
    opinion: TrustPrediction, ends: PairEnds, voice: Voice, back: bool = False
) -> tuple[TrustEvidenceAnswer, ...]:
    """What trust of the source in the target rests on, or that of the target in the source (`back`)."""
    rater, rated = (ends.target, ends.source) if back else (ends.source, ends.target)
    audience = "subject_back" if back and voice.audience == "subject" else voice.audience
    said: Mapping[str, Any] = words(voice.language)["grounds"]

    def told(ground: TrustEvidence) -> TrustEvidenceAnswer:
        text = filled(said[ground.code][audience], _names(rater, rated, voice))
        return TrustEvidenceAnswer(ground.code, ground.count, ground.mean, text)

    return tuple(told(ground) for ground in opinion.evidence)


def _names(source: str, target: str, voice: Voice) -> dict[str, str]:
    return {"source": source, "target": target} if voice.audience == "investigator" else {}
