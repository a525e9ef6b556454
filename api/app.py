"""The Flask application: parse, call, serialise."""

from __future__ import annotations

import logging
import os
import re
import time
import uuid
from pathlib import Path
from typing import Any, Final

import structlog
from apiflask import APIFlask
from flask import Response, g, request
from sqlalchemy import Engine

from api import operations, parties, problems, relationships, rings, schemas
from service.home import Home
from service.records.tables import open_records
from service.state import State

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")


def create_app(state: State | None = None, records: Engine | None = None) -> APIFlask:
    """The application over a state and records; both are opened from KITH_* settings where none is handed in."""
    home = Home.here()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    app = APIFlask("kith", title="Kith", version="1", docs_path=None)
    app.config["VALIDATION_ERROR_STATUS_CODE"] = 400
    app.config["VALIDATION_ERROR_SCHEMA"] = schemas.Problem
    app.config["HTTP_ERROR_SCHEMA"] = schemas.Problem
    app.config["JSON_SORT_KEYS"] = False
    app.security_schemes = {"key": {"type": "http", "scheme": "bearer"}}
    app.extensions["kith.state"] = state if state is not None else _open(home)
    app.extensions["kith.records"] = records if records is not None else open_records(home.records_url)
    problems.add_to(app)
    for blueprint in (parties.bp, relationships.bp, rings.bp, operations.bp):
        app.register_blueprint(blueprint)
    app.before_request(_begin)
    app.after_request(_finish)
    app.spec_processor(_described)
    return app


def _open(home: Home) -> State:
    named = (os.environ.get("KITH_SNAPSHOT"), os.environ.get("KITH_MODEL"))
    snapshot, model = (Path(name) if name else None for name in named)
    return State.open(home, snapshot, model, verify=True)


def _begin() -> None:
    g.started = time.perf_counter()
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _finish(response: Response) -> Response:
    """Identify the answer, let it be cached by what it says, and log it without naming anybody."""
    route = request.url_rule.rule if request.url_rule is not None else "unknown"
    response.headers["X-Request-ID"] = g.request_id
    if response.status_code == 200 and route.startswith("/v1/"):
        response.headers["Cache-Control"] = "private, no-cache"
        response.add_etag()
        response.make_conditional(request)
    seconds = time.perf_counter() - g.started
    operations.REQUESTS.labels(route, request.method, response.status_code).inc()
    operations.SECONDS.labels(route).observe(seconds)
    structlog.get_logger().info(
        "request",
        route=route,
        method=request.method,
        status=response.status_code,
        ms=round(1000 * seconds, 2),
        request_id=g.request_id,
    )
    return response


def _described(spec: Any) -> Any:
    """Say that /v1 wants a key, that errors are problems, and which errors there are."""
    reference = {"$ref": "#/components/schemas/Problem"}
    spec["components"]["schemas"]["Problem"] = schemas.Problem.model_json_schema()
    told = {"content": {problems.MEDIA_TYPE: {"schema": reference}}}
    for path, methods in spec["paths"].items():
        for operation in (value for key, value in methods.items() if key != "parameters"):
            expected = {"400": "wrong question", "404": "unknown party", "405": "wrong method"}
            if path.startswith("/v1/"):
                operation["security"] = [{"key": []}]
                expected |= {"304": "not changed", "401": "no valid key", "403": "not allowed to this key"}
            for status, description in expected.items():
                operation["responses"][status] = {"description": description} | (told if status != "304" else {})
    return spec
