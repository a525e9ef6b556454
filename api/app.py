"""The Flask application: parse, call, serialise."""

from __future__ import annotations

import os
import re
import time
import uuid
from functools import partial
from typing import Final

import structlog
from apiflask import APIFlask
from flask import Response, current_app, g, request
from sqlalchemy import Engine
from structlog.contextvars import bind_contextvars

from api import (
    access,
    bodies,
    credit,
    description,
    events,
    logs,
    operations,
    parties,
    problems,
    relationships,
    rings,
    simulations,
)
from api.administration import access_log as access_log_routes
from api.administration import background, jobs, models, webhooks
from api.context import EarlierContext, PartyId
from api.guards import access_log, idempotency, metrics, parameters, quotas, revision, sandbox
from api.guards.headers import SAFE
from api.reference import problem_pages
from api.rights import consents, disputes, list_entries, notices, objections, own_reports, statements
from api.scoring import batches, receipts, scores
from api.workbench import alerts, cases, layouts, pictures, reports, sessions, site, views
from service.answers.drawing.past_scores import PastScores
from service.consented import ConsentedSnapshots
from service.context import ServingContext
from service.live import watching
from service.live.follower import Follower
from service.models.watching import ModelWatch
from service.records.database import open_records
from service.records.known_keys import KnownKeys
from service.records.receipts import ReceiptWriter
from service.rights.legal.legal_profiles import legal_profile
from service.rights.objections.matter_book import MatterBook
from service.rights.reports.told import NoticeWriter
from service.settings import NO_MODEL, Settings, read_settings
from service.workspace import Workspace

RECORDS_PATIENCE: Final = 5.0  # seconds that a request waits for the records
REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
VARIABLE: Final = re.compile(r"<(?:\w+:)?(\w+)>")  # in Flask's routes, which /openapi.json writes as {NAME}
METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
# The modules whose routes there are: what everybody asks, pages for people, what the workbench needs beside them.
ASKED: Final = (parties, scores, batches, receipts, relationships, rings, simulations, credit, events, operations)
PAGES: Final = (problem_pages, site)
WORKBENCH: Final = (sessions, pictures, layouts, cases, alerts, views, reports)
ADMINISTRATION: Final = (access_log_routes, jobs, webhooks, models)
RIGHTS: Final = (disputes, objections, statements, consents, list_entries, notices, own_reports)


def create_app(
    context: ServingContext | None = None, records: Engine | None = None, settings: Settings | None = None
) -> APIFlask:
    """The application over a context and records; what is not handed in is opened by the settings."""
    settings = settings or read_settings()
    app = with_routes(settings)
    app.extensions["kith.context"] = opened = _open(settings) if context is None else context
    app.extensions["kith.follower"] = None if context is not None else watching.follower_of(settings, opened)
    app.extensions["kith.records"] = (
        open_records(settings.records, patience=RECORDS_PATIENCE) if records is None else records
    )
    if settings.follow and (follower := app.extensions["kith.follower"]) is not None:
        report, recorded = partial(metrics.report_lag, settings.tenant), partial(background.look_soon, app)
        watching.Watcher(settings, follower, report, partial(_swapped, app), recorded).start()
    app.extensions["kith.keys"] = KnownKeys(app.extensions["kith.records"])
    app.extensions["kith.receipts"] = ReceiptWriter(app.extensions["kith.records"])
    profile = legal_profile(settings.legal_profile)
    app.extensions["kith.notices"] = NoticeWriter(app.extensions["kith.records"], profile)
    app.extensions["kith.matters"] = MatterBook(app.extensions["kith.records"])
    app.extensions["kith.earlier"] = EarlierContext()
    app.extensions["kith.past"] = PastScores(Workspace(settings.home), settings.store)
    app.extensions["kith.models"] = _watched(app, settings) if settings.follow_models else None
    app.extensions["kith.job_handlers"] = {}
    batches.add_to(app)
    disputes.add_to(app)
    webhooks.add_to(app)
    alerts.add_to(app)
    app.before_request(access.require_key)
    quotas.add_to(app)
    sandbox.add_to(app)
    parameters.add_to(app)
    revision.add_to(app)
    access_log.add_to(app)
    idempotency.add_to(app)  # after_request runs from the last to the first: what is kept is the bare answer
    return app


def with_routes(settings: Settings) -> APIFlask:
    """An application with all that can be asked and nothing to answer it from."""
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
    app.extensions["kith.site"] = site.BUILT
    app.url_map.merge_slashes = False
    app.url_map.converters["party_id"] = PartyId
    problems.add_to(app)
    bodies.add_to(app)
    for module in (*ASKED, *WORKBENCH, *ADMINISTRATION, *RIGHTS, *PAGES):
        app.register_blueprint(module.bp)
    app.before_request(_begin)
    app.after_request(_finish)
    app.spec_processor(description.completed)
    return app


def _open(settings: Settings) -> ServingContext:
    """What `kith serve` named: a snapshot, every byte of which is hashed, and a model unless there is none yet."""
    folder = watching.served_snapshot(settings)
    if settings.model == NO_MODEL:
        workspace = Workspace(settings.home)
        snapshot, consented = workspace.snapshot(folder), ConsentedSnapshots(workspace, settings.store)
        context = ServingContext(snapshot, None, purposes=settings.purposes, consented=consented)
    else:
        promoted = Workspace(settings.home).live_model() if settings.follow_models else None
        context = ServingContext.open(settings, folder, promoted or settings.model)
    context.warm()
    return context


def _swapped(app: APIFlask) -> None:
    """Another snapshot or model answers: find its rings, and tell of scores that changed with it."""
    background.find_rings(app)
    background.look_soon(app)


def _watched(app: APIFlask, settings: Settings) -> ModelWatch:
    """What lets the application answer by the model that is promoted, from the next request on."""

    follower: Follower | None = app.extensions["kith.follower"]

    def current() -> ServingContext:
        served: ServingContext = app.extensions["kith.context"] if follower is None else follower.position.base
        return served

    def swap(context: ServingContext) -> None:
        app.extensions["kith.context"] = context
        if follower is not None:
            follower.swap(context)
        background.look_soon(app)

    workspace, records = Workspace(settings.home), app.extensions["kith.records"]
    watch = ModelWatch(workspace, records, current, swap)
    watch.start()
    return watch


def _begin() -> None:
    tenant = current_app.extensions["kith.settings"].tenant
    if tenant is not None:
        bind_contextvars(tenant=tenant)
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
    metrics.count(current_app.extensions["kith.settings"].tenant, route, method, response.status_code, seconds)
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
