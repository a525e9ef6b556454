"""/v1/scores and /v1/explanations: how risky a party is, and why."""

from __future__ import annotations

from apiflask import APIBlueprint

from api.access import allowed_purpose, allowed_voice
from api.context import known_party, serving_context
from api.schemas.common import VoiceQuery
from api.schemas.scores import ScoreQuery
from service.answers import explanations, scores
from service.answers.explanations import ExplanationAnswer
from service.answers.scores import ScoreAnswer

bp = APIBlueprint("scores", __name__, url_prefix="/v1", tag="scores")


@bp.get("/scores/<party_id:id>")
@bp.doc(operation_id="get_score")
@bp.input(ScoreQuery, location="query")
@bp.output(ScoreAnswer)
def score(id: str, query_data: ScoreQuery) -> ScoreAnswer:
    """How risky is this party: 350-950, higher is better."""
    purpose = allowed_purpose(query_data.purpose)
    voice = allowed_voice(query_data.audience, query_data.language)
    return scores.score(serving_context(), known_party(id), purpose, query_data.include == "reasons", voice)


@bp.get("/explanations/<party_id:id>")
@bp.doc(operation_id="get_explanation")
@bp.input(VoiceQuery, location="query")
@bp.output(ExplanationAnswer)
def explanation(id: str, query_data: VoiceQuery) -> ExplanationAnswer:
    """Why: exact shares of the own record and of each category of relationships."""
    purpose = allowed_purpose(query_data.purpose)
    voice = allowed_voice(query_data.audience, query_data.language)
    return explanations.explanation(serving_context(), known_party(id), purpose, voice)
