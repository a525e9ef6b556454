"""/v1/sessions: a key exchanged for a cookie that scripts cannot read and other sites cannot make a browser send."""

from __future__ import annotations

import time
from typing import Final

from apiflask import APIBlueprint
from flask import Response, current_app, g, jsonify, request

from api.access import COOKIE, allowed_purposes, signed_in
from api.context import serving_context
from api.schemas.common import FreshQuery
from service.answers.status import SessionAnswer
from service.records import sessions

bp = APIBlueprint("sessions", __name__, url_prefix="/v1", tag="sessions")

CREATED: Final = 201


@bp.post("/sessions")
@bp.doc(operation_id="open_session")
@bp.output(SessionAnswer, status_code=CREATED)
def opened() -> Response:
    """Sign in: exchange the key of a person who investigates for a session cookie."""
    signed_in()
    tenant = current_app.extensions["kith.settings"].tenant
    token = sessions.open_session(current_app.extensions["kith.records"], g.key, time.time(), tenant)
    response = jsonify(_session(True).to_json())
    response.status_code = CREATED
    response.set_cookie(COOKIE, token, httponly=True, samesite="Strict", secure=_is_secure(), path="/")
    return response


@bp.get("/sessions/current")
@bp.doc(operation_id="get_session")
@bp.input(FreshQuery, location="query", arg_name="_")
@bp.output(SessionAnswer)
def current(_: FreshQuery) -> SessionAnswer:
    """Who is signed in, and what they may ask."""
    signed_in()
    return _session(True)


@bp.delete("/sessions")
@bp.doc(operation_id="end_session")
@bp.output(SessionAnswer)
def ended() -> Response:
    """Sign out: the session of the cookie is over."""
    signed_in()
    if COOKIE in request.cookies:
        sessions.end_session(current_app.extensions["kith.records"], request.cookies[COOKIE], time.time())
    response = jsonify(_session(False).to_json())
    response.delete_cookie(COOKIE, httponly=True, samesite="Strict", secure=_is_secure(), path="/")
    return response


def _is_secure() -> bool:
    """Whether the browser asks over https, be it a proxy that answers it."""
    return request.is_secure or request.headers.get("Origin", "").startswith("https://")


def _session(is_open: bool) -> SessionAnswer:
    context = serving_context()
    return SessionAnswer(
        open=is_open,
        person=g.key.name,
        role=g.key.role,
        purposes=tuple(allowed_purposes()),
        key=g.key.prefix,
        idle_seconds=current_app.extensions["kith.settings"].session_idle,
        snapshot=context.snapshot.id,
        revision=context.snapshot.revision,
        as_of=context.snapshot.as_of,
        can_score=context.can_score,
    )
