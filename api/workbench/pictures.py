"""/v1/pictures, /v1/expansions, /v1/past-scores: what a picture shows, what can be added, what it was before."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import current_app

from api.access import allowed_kinds, allowed_purpose, require_explorer
from api.context import asked_about, known_party, serving_context
from api.schemas.pictures import ExpansionQuery, PastScoresQuestion, PictureQuestion
from api.scoring.kept import matter_book
from graph.purposes import Purpose
from service.answers.drawing import pictures
from service.answers.drawing.past_scores import PastScores, PastScoresAnswer
from service.answers.drawing.pictures import Expansion, Picture
from service.answers.objecting import Others
from service.rights.objections.answering import others_of

bp = APIBlueprint("pictures", __name__, url_prefix="/v1", tag="pictures")


@bp.post("/pictures")
@bp.doc(operation_id="get_picture")
@bp.input(PictureQuestion)
@bp.output(Picture)
def picture(json_data: PictureQuestion) -> Picture:
    """Some parties with their scores, the links among them, and how many others each has; not for keys of a service."""
    require_explorer("a picture")
    purpose = allowed_purpose(json_data.purpose)
    asked_about(*json_data.parties)
    return pictures.picture(serving_context(), json_data.parties, purpose, allowed_kinds(), _others(purpose))


@bp.post("/past-scores")
@bp.doc(operation_id="get_past_scores")
@bp.input(PastScoresQuestion)
@bp.output(PastScoresAnswer)
def past(json_data: PastScoresQuestion) -> PastScoresAnswer:
    """What the served model says of some parties as of an earlier time; not for keys of a service.

    A snapshot is built as of that time, which takes as long as `kith snapshot`, and once for each time.
    """
    require_explorer("past scores")
    purpose = allowed_purpose(json_data.purpose)
    asked_about(*json_data.parties)
    held: PastScores = current_app.extensions["kith.past"]
    return held.of(serving_context(), json_data.parties, purpose, json_data.as_of, _others(purpose))


@bp.get("/expansions/<party_id:id>")
@bp.doc(operation_id="get_expansion")
@bp.input(ExpansionQuery, location="query")
@bp.output(Expansion)
def expansion(id: str, query_data: ExpansionQuery) -> Expansion:
    """The parties around one, each once, the riskiest or the most strongly tied first; not for keys of a service."""
    require_explorer("an expansion")
    over = allowed_kinds(None if query_data.kind is None else query_data.kind.split(","))
    purpose = allowed_purpose(query_data.purpose)
    order, limit, cursor = query_data.order, query_data.limit, query_data.cursor
    return pictures.expansion(
        serving_context(), known_party(id), purpose, order, limit, over, allowed_kinds(), cursor, _others(purpose)
    )


def _others(purpose: Purpose) -> Others:
    """The purposes of parties that objected."""
    return others_of(matter_book(), serving_context(), purpose)
