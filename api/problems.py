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

from api.reference.problem_types import BY_STATUS, FAULT, UNAVAILABLE, WRONG_METHOD, ProblemType, type_of
from graph.errors import KeyRefused, KithError, TryLater, VersionConflict
from service.casework.alerts import AlertAnswer
from service.casework.case_answers import CaseAnswer
from service.closed import Closed
from service.faults import plainly
from service.rights.disputes.handling import DisputeAnswer
from service.rights.lists.listing import EntryAnswer
from service.rights.objections.objection import Objection

WHOLE: Final = "_schema"  # what APIFlask calls that in which no single field is wrong
AGAIN: Final = "1"  # seconds after which something that was away may be back
MEDIA_TYPE: Final = "application/problem+json"


class Problem(Closed):
    """Problem details, RFC 9457. type: one of docs/problems.md, where each is explained."""

    type: str
    title: str
    status: int
    detail: str


class Conflict(Closed):
    """Problem details of a change that came too late, with the newer state of what was changed."""

    type: str
    title: str
    status: int
    detail: str
    case: CaseAnswer | None
    alert: AlertAnswer | None
    dispute: DisputeAnswer | None
    objection: Objection | None
    entry: EntryAnswer | None


def add_to(app: APIFlask) -> None:
    """Answer every error of this application as a problem."""
    app.error_processor(_declared)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(KithError, _kith)
    app.register_error_handler(OperationalError, _records_away)
    app.register_error_handler(InterfaceError, _records_away)
    app.register_error_handler(Exception, _fault)


def problem(kind: ProblemType, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A problem document."""
    body = Problem(type=kind.uri, title=kind.title, status=kind.status, detail=detail)
    return _document(body, headers)


def _document(body: Problem | Conflict, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body.to_json()), body.status, headers, content_type=MEDIA_TYPE)


def _by_status(status: int, detail: str) -> Response:
    """The problem of an error of which no more than its status is known."""
    kind = BY_STATUS.get(status)
    if kind is not None:
        return problem(kind, detail)
    return _document(Problem(type="about:blank", title=HTTPStatus(status).phrase, status=status, detail=detail))


def problem_of(error: Exception) -> Response:
    """The problem document of an error that no route raised."""
    return _kith(error) if isinstance(error, KithError) else _fault(error)


def _declared(error: HTTPError) -> Response:
    """APIFlask's own errors: among them questions that do not fit their model."""
    detail: Any = error.message
    if isinstance(error.detail, dict) and error.detail:
        fields = next(iter(error.detail.values()))
        if isinstance(fields, dict):
            detail = "; ".join(
                "send one JSON object" if name == WHOLE else f"{name}: {', '.join(map(plainly, map(str, texts)))}"
                for name, texts in fields.items()
            )
    return _by_status(error.status_code, str(detail))


def _http(error: HTTPException) -> Response:
    methods = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    if isinstance(error, MethodNotAllowed) and methods:
        return problem(WRONG_METHOD, f"this is asked with {methods}", {"Allow": methods})
    if isinstance(error, NotFound):
        return _by_status(404, "nothing can be asked here; /docs lists what can")
    return _by_status(error.code or 500, error.description or "")


def _kith(error: KithError) -> Response:
    """The problem of an error that the caller can put right; any other may name files of the host, and is a fault."""
    kind = type_of(error)
    if kind is None:
        return _fault(error)
    if isinstance(error, VersionConflict):
        return _conflict(error, kind)
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, KeyRefused) else {}
    if isinstance(error, TryLater):
        headers["Retry-After"] = str(error.seconds)
    elif kind.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = AGAIN
    return problem(kind, str(error), headers)


def _conflict(error: VersionConflict, kind: ProblemType) -> Response:
    newer = error.newer
    body = Conflict(
        type=kind.uri,
        title=kind.title,
        status=kind.status,
        detail=str(error),
        case=newer if isinstance(newer, CaseAnswer) else None,
        alert=newer if isinstance(newer, AlertAnswer) else None,
        dispute=newer if isinstance(newer, DisputeAnswer) else None,
        objection=newer if isinstance(newer, Objection) else None,
        entry=newer if isinstance(newer, EntryAnswer) else None,
    )
    return _document(body)


def _records_away(error: DBAPIError) -> Response:
    """The records' database does not answer, or others write to it for longer than one waits."""
    structlog.get_logger().exception("records")
    return problem(UNAVAILABLE, "the database of the records does not answer; try again", {"Retry-After": AGAIN})


def _fault(error: Exception) -> Response:
    """A fault of the program: the log names its place and no values, the caller reads only that there was one."""
    structlog.get_logger().exception("fault")
    return problem(FAULT, "Kith failed at this question; the log of the server says where")
