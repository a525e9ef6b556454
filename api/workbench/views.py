"""/v1/views: what a page shows, under the hash of its content."""

from __future__ import annotations

from apiflask import APIBlueprint

from api.schemas.casework import NewView
from api.schemas.common import FreshQuery
from api.workbench.desk import desk
from service.casework import views
from service.casework.views import KeptView, ViewAnswer

bp = APIBlueprint("views", __name__, url_prefix="/v1", tag="views")


@bp.post("/views")
@bp.doc(operation_id="keep_view")
@bp.input(NewView)
@bp.output(KeptView)
def kept(json_data: NewView) -> KeptView:
    """Keep a view; the same content has the same id."""
    at = desk()
    return views.keep_view(at.records, at.reader, json_data.state, json_data.parties, json_data.kinds, at.now)


@bp.get("/views/<string:view>")
@bp.doc(operation_id="get_view")
@bp.input(FreshQuery, location="query", arg_name="_")
@bp.output(ViewAnswer)
def read(view: str, _: FreshQuery) -> ViewAnswer:
    """A view, for one who made it or where it is evidence of a case; it says what vanished or may not be seen."""
    at = desk()
    return views.read_view(at.context, at.records, at.reader, view)
