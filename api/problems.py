"""Every error as problem details (RFC 9457), from one table."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Final

import structlog
from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask import Response
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from graph.errors import (
    AccessError,
    KeyRefused,
    KithError,
    NoModel,
    StaleCursor,
    StateConflict,
    StoreUnavailable,
    UnknownKind,
    UnknownParty,
    UnknownRecord,
    UsageError,
    VersionConflict,
    VersionRequired,
)
from service.casework.alerts import AlertAnswer
from service.casework.case_answers import CaseAnswer
from service.closed import Closed

WHOLE: Final = "_schema"  # what APIFlask calls that in which no single field is wrong
MEDIA_TYPE: Final = "application/problem+json"
# The first class that fits gives the status.
STATUS: Final = (
    (UnknownParty, HTTPStatus.NOT_FOUND),
    (UnknownKind, HTTPStatus.NOT_FOUND),
    (UnknownRecord, HTTPStatus.NOT_FOUND),
    (StaleCursor, HTTPStatus.CONFLICT),
    (StateConflict, HTTPStatus.CONFLICT),
    (VersionConflict, HTTPStatus.PRECONDITION_FAILED),
    (VersionRequired, HTTPStatus.PRECONDITION_REQUIRED),
    (UsageError, HTTPStatus.BAD_REQUEST),
    (KeyRefused, HTTPStatus.UNAUTHORIZED),
    (AccessError, HTTPStatus.FORBIDDEN),
    (StoreUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (NoModel, HTTPStatus.SERVICE_UNAVAILABLE),
)


class Problem(Closed):
    """Problem details, RFC 9457."""

    type: str
    title: str
    status: int
    detail: str


class Conflict(Closed):
    """Problem details of a change that came too late, with the newer state of the case or the alert."""

    type: str
    title: str
    status: int
    detail: str
    case: CaseAnswer | None
    alert: AlertAnswer | None


def add_to(app: APIFlask) -> None:
    """Answer every error of this application as a problem."""
    app.error_processor(_declared)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(KithError, _kith)
    app.register_error_handler(OperationalError, _records_away)
    app.register_error_handler(InterfaceError, _records_away)
    app.register_error_handler(Exception, _fault)


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A problem document."""
    body = Problem(type="about:blank", title=HTTPStatus(status).phrase, status=status, detail=detail)
    return Response(json.dumps(body.to_json()), status, headers, content_type=MEDIA_TYPE)


def _declared(error: HTTPError) -> Response:
    """APIFlask's own errors: among them questions that do not fit their model."""
    detail: Any = error.message
    if isinstance(error.detail, dict) and error.detail:
        fields = next(iter(error.detail.values()))
        if isinstance(fields, dict):
            detail = "; ".join(
                "send one JSON object" if name == WHOLE else f"{name}: {', '.join(map(str, texts))}"
                for name, texts in fields.items()
            )
    return problem(error.status_code, str(detail))


def _http(error: HTTPException) -> Response:
    methods = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    if isinstance(error, MethodNotAllowed) and methods:
        return problem(405, f"this is asked with {methods}", {"Allow": methods})
    if isinstance(error, NotFound):
        return problem(404, "nothing can be asked here; /docs lists what can")
    return problem(error.code or 500, error.description or "")


def _kith(error: KithError) -> Response:
    """The problem of an error that the caller can put right; any other may name files of the host, and is a fault."""
    status = next((status for kind, status in STATUS if isinstance(error, kind)), None)
    if status is None:
        return _fault(error)
    if isinstance(error, VersionConflict):
        return _conflict(error)
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return problem(status, str(error), headers)


def _conflict(error: VersionConflict) -> Response:
    status = HTTPStatus.PRECONDITION_FAILED
    newer = error.newer
    body = Conflict(
        type="about:blank",
        title=status.phrase,
        status=status,
        detail=str(error),
        case=newer if isinstance(newer, CaseAnswer) else None,
        alert=newer if isinstance(newer, AlertAnswer) else None,
    )
    return Response(json.dumps(body.to_json()), status, content_type=MEDIA_TYPE)


def _records_away(error: DBAPIError) -> Response:
    """The records' database does not answer, or others write to it for longer than one waits."""
    structlog.get_logger().exception("records")
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "the database of the records does not answer; try again")


def _fault(error: Exception) -> Response:
    """A fault of the program: the log names its place and no values, the caller reads only that there was one."""
    structlog.get_logger().exception("fault")
    return problem(500, "Kith failed at this question; the log of the server says where")
