"""/v1/alerts: what deserves an investigator's eye."""

from __future__ import annotations

from functools import partial

from apiflask import APIBlueprint, APIFlask
from flask import Response

from api.access import allowed_purpose
from api.context import earlier_context, following, serving_context, wanted_revision
from api.rings import PURPOSE
from api.schemas.casework import AlertListQuery, AlertReadQuery
from api.workbench.desk import desk, version_sent, versioned
from graph.purposes import Purpose
from service.casework import alerts
from service.casework.alert_changes import AlertChange
from service.casework.alerts import AlertAnswer, AlertPage
from service.casework.desk import Desk
from service.casework.events import looking
from service.records.casework.event_looks import EventLook
from service.rights.objections.answering import others_of

bp = APIBlueprint("alerts", __name__, url_prefix="/v1", tag="alerts")


@bp.get("/alerts")
@bp.doc(operation_id="list_alerts")
@bp.input(AlertListQuery, location="query")
@bp.output(AlertPage)
def listed(query_data: AlertListQuery) -> AlertPage:
    """Alerts, the strongest first; only for keys that may ask for fraud_investigation.

    The first to ask after a new snapshot waits until it was searched. What events brought is there a moment after
    them, or at once for who asks with their revision as `at_least`.
    """
    at, purpose = desk(), allowed_purpose(PURPOSE)
    query = alerts.query_of(
        at, query_data.state, query_data.kind, query_data.level, query_data.assignee, query_data.party
    )
    look, limit, cursor = _look(at, purpose), query_data.limit, query_data.cursor
    return alerts.list_alerts(at, earlier_context, purpose, look, query, limit, cursor, query_data.language)


@bp.get("/alerts/<string:alert>")
@bp.doc(operation_id="get_alert")
@bp.input(AlertReadQuery, location="query")
@bp.output(AlertAnswer)
def read(alert: str, query_data: AlertReadQuery) -> Response:
    """An alert."""
    at, purpose = desk(), allowed_purpose(PURPOSE)
    return versioned(alerts.read_alert(at, alert, purpose, query_data.language))


@bp.patch("/alerts/<string:alert>")
@bp.doc(operation_id="change_alert")
@bp.input(AlertChange)
@bp.output(AlertAnswer)
def changed(alert: str, json_data: AlertChange) -> Response:
    """Take an alert, put it off, comment on it, close it; `If-Match` names the version that is changed."""
    at, purpose = desk(), allowed_purpose(PURPOSE)
    return versioned(alerts.change_alert(at, alert, version_sent(), json_data, purpose))


def _look(at: Desk, purpose: Purpose) -> EventLook:
    """The last look at events; it is made now where the question names a later revision."""
    last, follower = looking.last_look(at.context, at.records, purpose), following()
    if follower is None or wanted_revision() <= last.revision:
        return last
    return looking.looked_through(at.context, follower.folder, at.records, purpose, at.now, at.objecting)


def add_to(app: APIFlask) -> None:
    """Let the jobs of this application look through events for alerts."""
    follower, records = app.extensions["kith.follower"], app.extensions["kith.records"]
    if follower is not None:
        objecting = partial(others_of, app.extensions["kith.matters"])
        handler = partial(looking.look, serving_context, follower.folder, PURPOSE, objecting, records)
        app.extensions["kith.job_handlers"][looking.KIND] = handler
