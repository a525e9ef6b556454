"""The score of a party, with reasons where they are asked for. `kith score` and the HTTP API give the same answer.

Of each party that is asked about, one of three states is answered: it is unknown here, too little is known of it for a
score, or it is assessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal, cast

from pydantic import Field

from gnn.explain.reason_codes import NO_EFFECTS
from gnn.explain.shapley import Attribution
from gnn.scoring.fact_codes import NEEDS_REVIEW, UNKNOWN_PARTY, warning
from gnn.scoring.scorer import NOT_ASSESSED, Assessment
from graph.cancellation import check_cancelled
from graph.errors import DoesNotFit
from graph.purposes import Purpose
from service.answers.applicants.applicant import Applicant
from service.answers.applicants.assessing import refuse_faults, with_applicant
from service.answers.canonical import receipt_of
from service.answers.provenance import Provenance, provenance
from service.closed import Closed
from service.context import ServingContext
from service.stated.assurance import MISSING, lacks_assurance
from service.stated.contributors import WARNING, contributors
from service.stated.holdings import HOLDING_MISSING, lacks_holding_assurance
from service.wording.reasons import INVESTIGATOR, Audience, Language, ReasonAnswer, Voice, render_reason

OTHERS_TOLD: Final = 3  # parties of whom an outcome may be told to a service or a subject: of fewer, one could be known
Probability = Annotated[float, Field(ge=0, le=1)]
Level = Literal["low", "medium", "high", "very_high", "not_assessed"]
State = Literal["unknown", "thin", "assessed", "withheld"]


class ToldStatement(Closed):
    """What a party states about a fact of its own that an answer rests on. made: seconds since 1970.

    source: who stated the fact. about: the kind of the outcome, or of the link.
    """

    statement: int
    party: str
    source: str
    about: str
    text: str
    made: float


class ScoreAnswer(Provenance):
    """How risky a party is. A purpose with a threshold answers `approved`, yes or no, and no figures.

    applicant: whether the party is not in the network and was assessed from what the question said of it, which is kept
    nowhere. state: `unknown` where no party has this id, `thin` where there is no score because too little is known or
    it is an identifier, `withheld` where the party objected and a person has to decide first (the warning is
    `needs_review`), else `assessed`; the warnings say which. threshold: that of the question or of the purpose, by
    which `approved` is decided: yes where the score is at least that and no bad outcome is known,
    None where the purpose requires more assurance of who the party is (`assurance_missing`). interval: (low, high)
    of the probability, None where it is not disclosed. receipt: SHA-256 of everything else in the answer but
    statements, which may come later. `reasons`, with their audience and language, are None where they were not asked
    for. contributors: the institutions whose facts of the party the answer rests on, which investigators are told with
    the reasons, None where they are not told; that there are some is the warning `shared_facts`. statements: of the
    party about its facts that the answer rests on; an investigator who asks for reasons is told
    those of parties that it is linked to, too.
    """

    party: str
    applicant: bool
    state: State
    score: int | None = Field(ge=350, le=950)
    probability: Probability | None
    interval: tuple[Probability, Probability] | None
    level: Level | None
    threshold: int | None
    approved: bool | None
    warnings: tuple[str, ...]
    review: bool
    receipt: str
    audience: Audience | None = None
    language: Language | None = None
    reasons: tuple[ReasonAnswer, ...] | None = None
    contributors: tuple[str, ...] | None = None
    statements: tuple[ToldStatement, ...] = ()


class ScoreBatch(Closed):
    """The scores of several parties, in the order in which they were asked for."""

    scores: tuple[ScoreAnswer, ...]


@dataclass(frozen=True, slots=True)
class ScoreQuestion:
    """How scores are asked for. threshold: a score from which `approved` is yes, for a purpose that has none itself.

    Raises DoesNotFit where the purpose has one: by asking with others one would find out the score.
    """

    purpose: Purpose
    with_reasons: bool = False
    voice: Voice = INVESTIGATOR
    threshold: int | None = None

    def __post_init__(self) -> None:
        if self.threshold is not None and self.purpose.threshold is not None:
            raise DoesNotFit(f"the purpose {self.purpose.name} has a threshold of its own; ask without `threshold`")


def score(
    context: ServingContext,
    party: str,
    purpose: Purpose,
    with_reasons: bool = False,
    voice: Voice = INVESTIGATOR,
    threshold: int | None = None,
) -> ScoreAnswer:
    """The score of one party; its state is `unknown` where the snapshot has no such party."""
    return scores(context, [party], ScoreQuestion(purpose, with_reasons, voice, threshold))[0]


def scores(context: ServingContext, parties: Sequence[str | Applicant], question: ScoreQuestion) -> list[ScoreAnswer]:
    """The scores of some parties, in their order: each as if asked for alone, with their features scored together.

    Raises DoesNotFit that lists the faults of applicants, StateConflict for one that needs a new snapshot.
    """
    refuse_faults(context, parties)
    rows = {id: context.snapshot.find(id) for id in parties if isinstance(id, str)}
    known = sorted({row for row in rows.values() if row is not None})
    assessed = context.scorer(question.purpose).assess_rows(known, context.terms(question.purpose))
    assessments = dict(zip(known, assessed, strict=True))
    said = provenance(context, question.purpose)

    def answer(party: str | Applicant) -> ScoreAnswer:
        check_cancelled()
        if isinstance(party, Applicant):
            overlay, row = with_applicant(context, party, question.purpose)
            assessment = overlay.scorer(question.purpose).assess(row, overlay.terms(question.purpose))
            return _answer(overlay, party.name, row, assessment, question, said, applicant=True)
        at = rows[party]
        return _answer(context, party, at, None if at is None else assessments[at], question, said)

    return [answer(party) for party in parties]


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What a purpose discloses of the score of a party, as in `ScoreAnswer`."""

    state: State
    score: int | None
    probability: float | None
    interval: tuple[float, float] | None
    level: Level | None
    approved: bool | None
    warnings: tuple[str, ...]


UNKNOWN: Final = Disclosed("unknown", None, None, None, NOT_ASSESSED, None, (warning(UNKNOWN_PARTY),))
WITHHELD: Final = Disclosed("withheld", None, None, None, NOT_ASSESSED, None, (warning(NEEDS_REVIEW),))


def disclosed(assessment: Assessment, purpose: Purpose, threshold: int | None = None) -> Disclosed:
    """What the purpose discloses of a score: all of it, or yes and no alone. threshold: of the question."""
    warnings, level = assessment.warnings, cast(Level, assessment.level)
    if assessment.score is None:
        return Disclosed("thin", None, None, None, level, None, warnings)
    score = round(assessment.score)
    if purpose.withheld:
        return WITHHELD
    if purpose.objected:
        warnings = (*warnings, warning(NEEDS_REVIEW))
    if purpose.threshold is not None:
        approved = None if purpose.objected else assessment.reaches(purpose.threshold)
        return Disclosed("assessed", None, None, None, None, approved, warnings)
    approved = None if threshold is None or purpose.objected else assessment.reaches(threshold)
    return Disclosed("assessed", score, assessment.probability, assessment.interval, level, approved, warnings)


def with_notes(found: Disclosed, context: ServingContext, row: int, purpose: Purpose) -> Disclosed:
    """The same with what must be said of it: that others contributed facts, that assurance of identity is missing.

    Where the purpose requires more assurance there is no yes or no.
    """
    if found.state != "assessed":
        return found
    warnings = (*found.warnings, *([WARNING] if contributors(context.snapshot, row) else []))
    if lacks_holding_assurance(context.snapshot, row, purpose, context.now):
        warnings = (*warnings, HOLDING_MISSING)
    if not lacks_assurance(context.snapshot, row, purpose, context.now):
        return replace(found, warnings=warnings)
    return replace(found, approved=None, warnings=(*warnings, MISSING))


def scores_of_rows(context: ServingContext, rows: Sequence[int], purpose: Purpose) -> list[Disclosed]:
    """What the purpose discloses of the scores of some parties: as one by one, with their features scored together."""
    found = context.scorer(purpose).assess_rows(rows, context.terms(purpose))
    return [with_notes(disclosed(one, purpose), context, row, purpose) for row, one in zip(rows, found, strict=True)]


def reasons_of(
    context: ServingContext,
    row: int,
    purpose: Purpose,
    attribution: Attribution,
    voice: Voice,
    effects: Mapping[int, float] = NO_EFFECTS,
) -> tuple[ReasonAnswer, ...]:
    """The reasons of an explanation in words; a purpose that discloses only yes or no discloses no points.

    effects: points that a party's removal was found to move, by row; evidence names those first that move most. Of the
    outcomes of fewer than OTHERS_TOLD others, only an investigator is told.
    """
    least_told = 0 if voice.audience == "investigator" else OTHERS_TOLD
    reasons = context.explainer(purpose).reasons(row, attribution, context.terms(purpose), effects, least_told)
    return tuple(render_reason(reason, voice, disclose=purpose.threshold is None) for reason in reasons)


def told_contributors(context: ServingContext, row: int, voice: Voice) -> tuple[str, ...] | None:
    """The institutions that contributed facts of a party, for an investigator; None for anybody else."""
    return tuple(contributors(context.snapshot, row)) if voice.audience == INVESTIGATOR.audience else None


def score_answer(
    party: str,
    found: Disclosed,
    reasons: tuple[ReasonAnswer, ...],
    question: ScoreQuestion,
    said: Mapping[str, Any],
    applicant: bool = False,
    named: tuple[str, ...] | None = None,
) -> ScoreAnswer:
    """The answer with what is disclosed of a party and its receipt; reasons only where the question asked for them.

    said: the fields of `Provenance`. named: its contributors.
    """
    purpose, voice = question.purpose, question.voice if question.with_reasons else None
    answer = ScoreAnswer(
        party=party,
        applicant=applicant,
        state=found.state,
        score=found.score,
        probability=found.probability,
        interval=found.interval,
        level=found.level,
        threshold=purpose.threshold if question.threshold is None else question.threshold,
        approved=found.approved,
        warnings=found.warnings,
        review=purpose.review,
        receipt="",
        audience=None if voice is None else voice.audience,
        language=None if voice is None else voice.language,
        reasons=None if voice is None else reasons,
        contributors=named,
        **said,
    )
    return answer.model_copy(update={"receipt": receipt_of(answer)})


def _answer(
    context: ServingContext,
    party: str,
    row: int | None,
    assessment: Assessment | None,
    question: ScoreQuestion,
    said: Mapping[str, Any],
    applicant: bool = False,
) -> ScoreAnswer:
    purpose = question.purpose
    found = UNKNOWN if assessment is None else disclosed(assessment, purpose, question.threshold)
    if row is not None:
        found = with_notes(found, context, row, purpose)
    reasons: tuple[ReasonAnswer, ...] = ()
    named: tuple[str, ...] | None = None
    if question.with_reasons and row is not None and found.state == "assessed":
        named = told_contributors(context, row, question.voice)
        attribution = context.explainer(purpose).attribution(row, context.terms(purpose))
        reasons = reasons_of(context, row, purpose, attribution, question.voice)
    return score_answer(party, found, reasons, question, said, applicant, named)
