"""/healthz, /readyz, /metrics and /docs: for those who run the server."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from apiflask import APIBlueprint, APIFlask
from flask import Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST

from api.access import require_admin
from api.context import serving_context
from api.guards.metrics import latest
from api.page import POLICY, page
from graph.errors import StoreUnavailable
from service.answers.status import Health, Readiness, readiness
from service.engine import engine
from service.records.database import check

bp = APIBlueprint("operations", __name__, tag="operations")


RECORDS_PATIENCE: Final = 1.0  # seconds


@bp.get("/healthz")
@bp.doc(operation_id="get_health")
@bp.output(Health)
def healthz() -> Health:
    """Whether the process answers."""
    return Health()


@bp.get("/readyz")
@bp.doc(operation_id="get_readiness")
@bp.output(Readiness)
def readyz() -> Readiness:
    """Whether it can answer, every byte of the snapshot hashed; `model` is null while nothing can be scored.

    The records must answer and let somebody write within a second (503). A server of several institutions says without
    a key that it can answer for one of them, and with a key from what that institution is answered.
    """
    served: Mapping[str, APIFlask] | None = current_app.extensions.get("kith.tenants")
    if served is not None:
        return _ready_for_any(served)
    check(current_app.extensions["kith.records"], RECORDS_PATIENCE)
    return readiness(serving_context())


def _ready_for_any(served: Mapping[str, APIFlask]) -> Readiness:
    """That one institution can be answered. Raises StoreUnavailable."""
    for app in served.values():
        with suppress(StoreUnavailable):
            check(app.extensions["kith.records"], RECORDS_PATIENCE)
            return Readiness(snapshot=None, revision=None, model=None, engine=engine())
    raise StoreUnavailable("no institution can be answered; the log of the server says why")


@bp.get("/metrics")
@bp.doc(hide=True)
def metrics() -> Response:
    """Counts and times for Prometheus, summed over the processes; of a key's institution, where there are several."""
    settings = current_app.extensions["kith.settings"]
    several = settings.served_tenants is not None
    if several and settings.tenant is not None:
        require_admin("the metrics")
    return Response(latest(settings.tenant, several), content_type=CONTENT_TYPE_LATEST)


@bp.get("/docs")
@bp.doc(hide=True)
def docs() -> Response:
    """A page of what can be asked, made from /openapi.json."""
    spec = current_app.spec  # type: ignore[attr-defined]
    return Response(page(spec), content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY})
