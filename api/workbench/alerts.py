"""/v1/alerts: what deserves an investigator's eye."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from api.access import allowed_purpose
from api.context import earlier_context
from api.rings import PURPOSE
from api.schemas.casework import AlertListQuery, AlertReadQuery
from api.workbench.desk import desk, version_sent, versioned
from service.casework import alerts
from service.casework.alert_changes import AlertChange
from service.casework.alerts import AlertAnswer, AlertPage

bp = APIBlueprint("alerts", __name__, url_prefix="/v1", tag="alerts")


@bp.get("/alerts")
@bp.doc(operation_id="list_alerts")
@bp.input(AlertListQuery, location="query")
@bp.output(AlertPage)
def listed(query_data: AlertListQuery) -> AlertPage:
    """Alerts, the strongest first; only for keys that may ask for fraud_investigation.

    The first to ask after a new snapshot waits until it was searched.
    """
    at, purpose = desk(), allowed_purpose(PURPOSE)
    query = alerts.query_of(
        at, query_data.state, query_data.kind, query_data.level, query_data.assignee, query_data.party
    )
    return alerts.list_alerts(
        at, earlier_context, purpose, query, query_data.limit, query_data.cursor, query_data.language
    )


@bp.get("/alerts/<string:alert>")
@bp.doc(operation_id="get_alert")
@bp.input(AlertReadQuery, location="query")
@bp.output(AlertAnswer)
def read(alert: str, query_data: AlertReadQuery) -> Response:
    """An alert."""
    at, _ = desk(), allowed_purpose(PURPOSE)
    return versioned(alerts.read_alert(at, alert, query_data.language))


@bp.patch("/alerts/<string:alert>")
@bp.doc(operation_id="change_alert")
@bp.input(AlertChange)
@bp.output(AlertAnswer)
def changed(alert: str, json_data: AlertChange) -> Response:
    """Take an alert, put it off, comment on it, close it; `If-Match` names the version that is changed."""
    at, _ = desk(), allowed_purpose(PURPOSE)
    return versioned(alerts.change_alert(at, alert, version_sent(), json_data))
