"""The score of a party, with reasons where they are asked for. `kith score` and the HTTP API give the same answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, cast

from pydantic import Field

from gnn.explain.reason_codes import NO_EFFECTS
from gnn.explain.shapley import Attribution
from gnn.scoring.scorer import NOT_ASSESSED, Assessment
from graph.purposes import Purpose
from service.answers.provenance import Provenance, provenance
from service.context import ServingContext
from service.wording.reasons import INVESTIGATOR, Audience, Language, ReasonAnswer, Voice, render_reason

Probability = Annotated[float, Field(ge=0, le=1)]
Level = Literal["low", "medium", "high", "very_high", "not_assessed"]


class ScoreAnswer(Provenance):
    """How risky a party is. A purpose with a threshold answers `approved`, yes or no, and no figures.

    interval: (low, high) of the probability, None where it is not disclosed. receipt: SHA-256 of everything else in the
    answer. `reasons`, with their audience and language, are None where they were not asked for.
    """

    party: str
    score: int | None = Field(ge=350, le=950)
    probability: Probability | None
    interval: tuple[Probability, Probability] | None
    level: Level | None
    approved: bool | None
    warnings: tuple[str, ...]
    review: bool
    receipt: str
    audience: Audience | None = None
    language: Language | None = None
    reasons: tuple[ReasonAnswer, ...] | None = None


def score(
    context: ServingContext, party: str, purpose: Purpose, with_reasons: bool = False, voice: Voice = INVESTIGATOR
) -> ScoreAnswer:
    """The score of one party. Raises UnknownParty."""
    row = context.snapshot.row_of(party)
    assessment = context.scorer(purpose).assess(row, context.terms(purpose))
    answer = _without_reasons(context, party, purpose, assessment)
    if with_reasons:
        assessed = assessment.level != NOT_ASSESSED
        attribution = context.explainer(purpose).attribution(row, context.terms(purpose))
        reasons = reasons_of(context, row, purpose, attribution, voice)
        in_voice = {"audience": voice.audience, "language": voice.language}
        answer = answer.model_copy(update=in_voice | {"reasons": reasons if assessed else ()})
    return answer.model_copy(update={"receipt": _receipt(answer)})


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What a purpose discloses of the score of a party, as in `ScoreAnswer`."""

    score: int | None
    probability: float | None
    interval: tuple[float, float] | None
    level: Level | None
    approved: bool | None
    warnings: tuple[str, ...]


def disclosed(assessment: Assessment, purpose: Purpose) -> Disclosed:
    """What the purpose discloses of a score: all of it, or yes and no alone."""
    warnings, level = assessment.warnings, cast(Level, assessment.level)
    if purpose.threshold is None:
        score = None if assessment.score is None else round(assessment.score)
        return Disclosed(score, assessment.probability, assessment.interval, level, None, warnings)
    if assessment.score is None:
        return Disclosed(None, None, None, level, None, warnings)
    approved = assessment.score >= purpose.threshold and assessment.level in {"low", "medium"}
    return Disclosed(None, None, None, None, approved, warnings)


def scores_of_rows(context: ServingContext, rows: Sequence[int], purpose: Purpose) -> list[Disclosed]:
    """What the purpose discloses of the scores of some parties: as one by one, with their features scored together."""
    return [disclosed(one, purpose) for one in context.scorer(purpose).assess_rows(rows, context.terms(purpose))]


def reasons_of(
    context: ServingContext,
    row: int,
    purpose: Purpose,
    attribution: Attribution,
    voice: Voice,
    effects: Mapping[int, float] = NO_EFFECTS,
) -> tuple[ReasonAnswer, ...]:
    """The reasons of an explanation in words; a purpose that discloses only yes or no discloses no points.

    effects: points that a party's removal was found to move, by row; evidence names those first that move most.
    """
    reasons = context.explainer(purpose).reasons(row, attribution, context.terms(purpose), effects)
    return tuple(render_reason(reason, voice, disclose=purpose.threshold is None) for reason in reasons)


def _without_reasons(context: ServingContext, party: str, purpose: Purpose, assessment: Assessment) -> ScoreAnswer:
    answer = disclosed(assessment, purpose)
    return ScoreAnswer(
        party=party,
        score=answer.score,
        probability=answer.probability,
        interval=answer.interval,
        level=answer.level,
        approved=answer.approved,
        warnings=answer.warnings,
        review=purpose.review,
        receipt="",
        **provenance(context, purpose),
    )


def _receipt(answer: ScoreAnswer) -> str:
    """SHA-256 of the answer's JSON without its receipt: keys sorted, no spaces, other than ASCII escaped."""
    content = answer.to_json()
    del content["receipt"]
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
