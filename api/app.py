"""The Flask application: parse, call, serialise."""

from __future__ import annotations

import os
import re
import time
import uuid
from typing import Final

import structlog
from apiflask import APIFlask
from flask import Response, g, request
from sqlalchemy import Engine

from api import (
    access,
    bodies,
    description,
    logs,
    operations,
    parties,
    problems,
    relationships,
    rings,
    scores,
    simulations,
)
from api.context import EarlierContext, PartyId
from api.workbench import alerts, cases, layouts, pictures, reports, sessions, site, views
from service.context import ServingContext
from service.records.database import open_records
from service.settings import NO_MODEL, Settings, read_settings
from service.workspace import Workspace

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
VARIABLE: Final = re.compile(r"<(?:\w+:)?(\w+)>")  # in Flask's routes, which /openapi.json writes as {NAME}
METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
# The modules whose routes there are: what everybody asks, and what the workbench needs beside it.
ASKED: Final = (parties, scores, relationships, rings, simulations, operations)
WORKBENCH: Final = (sessions, pictures, layouts, cases, alerts, views, reports, site)
SAFE: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"}


def create_app(
    context: ServingContext | None = None, records: Engine | None = None, settings: Settings | None = None
) -> APIFlask:
    """The application over a context and records; what is not handed in is opened by the settings."""
    settings = settings or read_settings()
    logs.configure()
    app = APIFlask("kith", title="Kith", version="1", docs_path=None)
    app.config["VALIDATION_ERROR_STATUS_CODE"] = 400
    app.config["SERVERS"] = [{"url": "/"}]  # and not the host that a request happened to name
    # Errors are described in `description`, all alike.
    app.config["AUTO_VALIDATION_ERROR_RESPONSE"] = False
    app.config["AUTO_404_RESPONSE"] = False
    app.security_schemes = {
        "key": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": access.COOKIE},
    }
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.extensions["kith.settings"] = settings
    app.extensions["kith.context"] = _open(settings) if context is None else context
    app.extensions["kith.records"] = open_records(settings.records) if records is None else records
    app.extensions["kith.earlier"] = EarlierContext()
    app.extensions["kith.site"] = site.BUILT
    app.url_map.merge_slashes = False
    app.url_map.converters["party_id"] = PartyId
    problems.add_to(app)
    bodies.add_to(app)
    for module in (*ASKED, *WORKBENCH):
        app.register_blueprint(module.bp)
    app.before_request(_begin)
    app.before_request(access.require_key)
    app.after_request(_finish)
    app.spec_processor(description.completed)
    return app


def _open(settings: Settings) -> ServingContext:
    """What `kith serve` named: a snapshot, every byte of which is hashed, and a model unless there is none yet."""
    if settings.model == NO_MODEL:
        snapshot = Workspace(settings.home).snapshot(settings.snapshot)
        context = ServingContext(snapshot, None, purposes=settings.purposes)
    else:
        context = ServingContext.open(settings, settings.snapshot, settings.model)
    context.warm()
    return context


def _begin() -> None:
    g.started = time.perf_counter()
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _finish(response: Response) -> Response:
    """Identify the answer, let it be cached by what it says, and log it without naming anybody."""
    route = VARIABLE.sub(r"{\1}", request.url_rule.rule) if request.url_rule is not None else "unknown"
    response.headers["X-Request-ID"] = g.request_id
    response.headers.update(SAFE)
    if response.status_code == 200 and route.startswith("/v1/"):
        response.headers["Cache-Control"] = "private, no-cache"
        response.add_etag()
        response.make_conditional(request)
    seconds = time.perf_counter() - g.started
    method = request.method if request.method in METHODS else "other"
    operations.REQUESTS.labels(route, method, response.status_code).inc()
    operations.SECONDS.labels(route).observe(seconds)
    structlog.get_logger().info(
        "request",
        route=route,
        method=method,
        status=response.status_code,
        ms=round(1000 * seconds, 2),
        request_id=g.request_id,
        pid=os.getpid(),
    )
    return response
