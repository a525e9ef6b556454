"""/healthz, /readyz, /metrics and /docs: for those who run the server."""

from __future__ import annotations

import os
from html import escape
from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from api.parties import state
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
    """Whether it can score: every byte of the snapshot was hashed before this answers."""
    now = state()
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
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


@bp.get("/docs")
@bp.doc(hide=True)
def docs() -> Response:
    """A page of what can be asked, made from /openapi.json; it fetches nothing from elsewhere."""
    sections = []
    for path, methods in sorted(current_app.spec["paths"].items()):  # type: ignore[attr-defined]
        for method, operation in methods.items():
            if method != "parameters":
                sections.append(_section(method, path, operation, methods.get("parameters", [])))
    page = _PAGE.replace("SECTIONS", "\n".join(sections))
    return Response(page, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _POLICY})


def _section(method: str, path: str, operation: dict[str, Any], shared: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{escape(p['in'])}</td>"
        f"<td>{'required' if p.get('required') else ''}</td><td>{escape(p.get('description', ''))}</td></tr>"
        for p in [*shared, *operation.get("parameters", [])]
        if "name" in p
    )
    told = operation.get("description") or operation.get("summary", "")
    table = f"<table><tr><th>name</th><th>in</th><th></th><th>what</th></tr>{rows}</table>" if rows else ""
    return f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(told)}</p>{table}"


_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Kith: what can be asked</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b }
h2 { margin-top: 2rem; font-size: 1.1rem; border-top: 1px solid #ccc; padding-top: 1rem }
table { border-collapse: collapse } td, th { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top }
</style></head><body>
<h1>Kith: what can be asked</h1>
<p>Send a key as <code>Authorization: Bearer KEY</code>; <code>kith keys create --role service</code> makes one.
Errors are problem details (RFC 9457). The whole description: <a href="/openapi.json">/openapi.json</a>.</p>
SECTIONS
</body></html>
"""
