"""/v1/layouts: where to draw parties."""

from __future__ import annotations

from apiflask import APIBlueprint

from api.access import allowed_kinds, require_explorer
from api.context import known_party, serving_context
from api.schemas.casework import LayoutRequest
from service.casework.layouts import LayoutAnswer, layout_of

bp = APIBlueprint("layouts", __name__, url_prefix="/v1", tag="layouts")


@bp.post("/layouts")
@bp.doc(operation_id="compute_layout")
@bp.input(LayoutRequest)
@bp.output(LayoutAnswer)
def layouts(json_data: LayoutRequest) -> LayoutAnswer:
    """Positions of parties: what was drawn before and lies beyond one link of what changed stays where it is."""
    require_explorer("a layout")
    parties = [known_party(party) for party in dict.fromkeys(json_data.parties)]
    kinds = allowed_kinds(json_data.kinds)
    question, changed = json_data, set(json_data.changed)
    return layout_of(serving_context(), parties, question.positions, changed, kinds, question.seed, question.held)
