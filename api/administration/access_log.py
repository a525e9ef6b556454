"""/v1/access-log: who asked about whom."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import current_app

from api.access import require_admin
from api.guards.access_log import writer
from api.schemas.administration import AccessLogQuery
from service.administration.access_log import AccessPage, list_accesses
from service.records.audit import LogQuery

bp = APIBlueprint("access_log", __name__, url_prefix="/v1", tag="administration")


@bp.get("/access-log")
@bp.doc(operation_id="list_accesses")
@bp.input(AccessLogQuery, location="query")
@bp.output(AccessPage)
def listed(query_data: AccessLogQuery) -> AccessPage:
    """Who asked about whom and who changed keys, the newest first; for admins.

    What another process answered stands here a fifth of a second later.
    """
    require_admin("the access log")
    writer().flush()
    query = LogQuery(query_data.party, query_data.key, query_data.since, query_data.until)
    return list_accesses(current_app.extensions["kith.records"], query, query_data.limit, query_data.cursor)
