"""/healthz, /readyz, /metrics and /docs: for those who run the server."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from api.context import serving_context
from api.page import POLICY, page
from service.answers.status import Health, Readiness, readiness

bp = APIBlueprint("operations", __name__, tag="operations")

REQUESTS = Counter("kith_requests", "Requests answered", ["route", "method", "status"])
SECONDS = Histogram("kith_request_seconds", "Seconds to answer", ["route"])


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
    """Whether it can answer, every byte of the snapshot hashed; `model` is null while nothing can be scored."""
    return readiness(serving_context())


@bp.get("/metrics")
@bp.doc(hide=True)
def metrics() -> Response:
    """Counts and times for Prometheus, summed over the processes."""
    if current_app.extensions["kith.settings"].metrics_dir is not None:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


@bp.get("/docs")
@bp.doc(hide=True)
def docs() -> Response:
    """A page of what can be asked, made from /openapi.json."""
    spec = current_app.spec  # type: ignore[attr-defined]
    return Response(page(spec), content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY})
