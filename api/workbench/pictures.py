"""/v1/pictures, /v1/expansions: what a picture shows, and what can be added to it."""

from __future__ import annotations

from apiflask import APIBlueprint

from api.access import allowed_kinds, allowed_purpose, require_explorer
from api.context import known_party, serving_context
from api.schemas.pictures import ExpansionQuery, PictureQuestion
from service.answers.drawing import pictures
from service.answers.drawing.pictures import Expansion, Picture

bp = APIBlueprint("pictures", __name__, url_prefix="/v1", tag="pictures")


@bp.post("/pictures")
@bp.doc(operation_id="get_picture")
@bp.input(PictureQuestion)
@bp.output(Picture)
def picture(json_data: PictureQuestion) -> Picture:
    """Some parties with their scores, the links among them, and how many others each has; not for keys of a service."""
    require_explorer("a picture")
    purpose = allowed_purpose(json_data.purpose)
    return pictures.picture(serving_context(), json_data.parties, purpose, allowed_kinds())


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
    return pictures.expansion(serving_context(), known_party(id), purpose, order, limit, over, allowed_kinds(), cursor)
