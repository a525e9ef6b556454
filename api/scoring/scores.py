"""/v1/scores and /v1/explanations: how risky a party is, or many parties at once, and why."""

from __future__ import annotations

from collections.abc import Sequence

from apiflask import APIBlueprint
from flask import Response, g

from api.access import allowed_purpose, allowed_voice
from api.context import asked_about, context_for, known_party, note_in_shadow
from api.schemas.common import VoiceQuery
from api.schemas.scores import ScoreBatchRequest, ScoreQuery, possible_id
from api.scoring.kept import keep_explanation, keep_receipts, matter_book
from service.administration.sandbox import sandbox_score
from service.answers import explanations
from service.answers.applicants.applicant import Applicant
from service.answers.canonical import canonical_bytes, canonical_list
from service.answers.explanations import ExplanationAnswer
from service.answers.scores import ScoreAnswer, ScoreBatch, ScoreQuestion, scores
from service.rights.objections.answering import by_question, purpose_for, stated

bp = APIBlueprint("scores", __name__, url_prefix="/v1", tag="scores")
JSON = "application/json"


@bp.get("/scores/<party_id:id>")
@bp.doc(operation_id="get_score")
@bp.input(ScoreQuery, location="query")
@bp.output(ScoreAnswer)
def score(id: str, query_data: ScoreQuery) -> Response:
    """How risky is this party: 350-950, higher is better. A party that is unknown here is said to be so."""
    asked_about(id)
    return Response(_answered([possible_id(id)], _question(query_data))[0], content_type=JSON)


@bp.post("/scores")
@bp.doc(operation_id="get_scores")
@bp.input(ScoreBatchRequest)
@bp.output(ScoreBatch)
def score_batch(json_data: ScoreBatchRequest) -> Response:
    """The scores of 1 to 1,000 parties in their order, each the same as when it is asked for alone."""
    asked_about(*(one if isinstance(one, str) else one.name for one in json_data.parties))
    sent = _answered(json_data.parties, _question(json_data))
    return Response(canonical_list("scores", sent), content_type=JSON)


@bp.get("/explanations/<party_id:id>")
@bp.doc(operation_id="get_explanation")
@bp.input(VoiceQuery, location="query")
@bp.output(ExplanationAnswer)
def explanation(id: str, query_data: VoiceQuery) -> ExplanationAnswer:
    """Why: exact shares of the own record and of each category of relationships."""
    purpose = allowed_purpose(query_data.purpose)
    voice = allowed_voice(query_data.audience, query_data.language)
    context = context_for(purpose)
    purpose = purpose_for(matter_book(), context, known_party(id), purpose)
    answer = explanations.explanation(context, id, purpose, voice)
    keep_explanation(context, answer, ScoreQuestion(purpose))
    return answer.model_copy(update={"score": stated(matter_book(), context, answer.score, purpose)})


def _answered(parties: Sequence[str | Applicant], question: ScoreQuestion) -> list[bytes]:
    """The canonical bytes of the answer about each of some parties; their receipts are kept.

    A sandbox key is told of test parties, of which no receipt is kept.
    """
    if g.key.sandbox:
        named = (one if isinstance(one, str) else one.name for one in parties)
        return [canonical_bytes(sandbox_score(party, question)) for party in named]
    context = context_for(question.purpose)

    def answered(some: Sequence[str | Applicant], asked: ScoreQuestion) -> list[bytes]:
        return keep_receipts(context, some, scores(context, some, asked), asked)

    sent = by_question(matter_book(), context, parties, question, answered)
    for party in parties:
        if isinstance(party, str):
            note_in_shadow(context, party, question.purpose)
    return sent


def _question(asked: ScoreQuery | ScoreBatchRequest) -> ScoreQuestion:
    purpose = allowed_purpose(asked.purpose)
    voice = allowed_voice(asked.audience, asked.language)
    return ScoreQuestion(purpose, asked.include == "reasons", voice, asked.threshold)
