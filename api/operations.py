"""/healthz, /readyz, /metrics and /docs: for those who run the server."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from api.context import serving_context
from api.page import POLICY, page
from api.schemas.operations import Health, Ready

bp = APIBlueprint("operations", __name__, tag="operations")

REQUESTS = Counter("kith_requests", "Requests answered", ["route", "method", "status"])
SECONDS = Histogram("kith_request_seconds", "Seconds to answer", ["route"])


@bp.get("/healthz")
@bp.output(Health)
def healthz() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
@bp.output(Ready)
def readyz() -> dict[str, Any]:
    """Whether it can answer, every byte of the snapshot hashed; `model` is null while nothing can be scored."""
    now = serving_context()
    return {
        "status": "ready",
        "snapshot": now.snapshot.id,
        "revision": now.snapshot.revision,
        "model": now.model_id if now.can_score else None,
    }


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
