"""The header Idempotency-Key: what writes is carried out once, however often it is sent."""

from __future__ import annotations

import hashlib
import re
import time
from typing import Final

import structlog
from apiflask import APIFlask
from flask import Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from api.guards.access_log import operation
from graph.errors import StoreUnavailable, UsageError
from service.records import idempotency
from service.records.idempotency import Claim, KeptAnswer

HEADER: Final = "Idempotency-Key"
FORM: Final = re.compile(r"[\x21-\x7e]{1,255}")
WRITING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# What is sent with a body and changes nothing, or is a session's, whose answer is a secret.
EXEMPT: Final = frozenset(
    {
        "compute_layout", "end_session", "get_picture", "get_relationship_risks", "get_scores", "look_up_cases",
        "open_session", "replay_answer", "simulate", "spread_defaults",
    }
)  # fmt: skip
KEPT_HEADERS: Final = ("Content-Type", "ETag", "Location")


def add_to(app: APIFlask) -> None:
    """Carry out each writing request that names itself once; to be added after what finds out who asks."""
    app.before_request(_claim)
    app.after_request(_keep)


def is_kept(method: str, operation_id: str) -> bool:
    """Whether requests of this operation may name themselves."""
    return method in WRITING and operation_id not in EXEMPT


def _claim() -> Response | None:
    """The answer that was given before. Raises UsageError, RequestPending, RequestMismatch, StoreUnavailable."""
    name = request.headers.get(HEADER)
    if name is None or g.get("key") is None or request.url_rule is None or not is_kept(request.method, operation()):
        return None
    if not FORM.fullmatch(name):
        raise UsageError(f"{HEADER} has 1 to 255 printable ASCII characters without spaces")
    records = current_app.extensions["kith.records"]
    try:
        found = idempotency.claim(records, g.key.owner, name, _fingerprint(), time.time())
    except SQLAlchemyError as error:
        raise StoreUnavailable("the database of the records does not answer; try again") from error
    if isinstance(found, Claim):
        g.claim = found
        return None
    return Response(found.body, found.status, {**found.headers, "Idempotent-Replayed": "true"})


def _fingerprint() -> str:
    """A digest of all that is asked: method, path, parameters, version and body."""
    parts = (request.method, request.full_path, request.headers.get("If-Match", ""))
    digest = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass"))
    digest.update(b"\n" + request.get_data(cache=True))
    return digest.hexdigest()


def _keep(response: Response) -> Response:
    claim = g.pop("claim", None)
    if claim is None:
        return response
    records = current_app.extensions["kith.records"]
    try:
        if 200 <= response.status_code < 300:
            headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
            idempotency.keep(records, claim, KeptAnswer(response.status_code, headers, response.get_data()))
        else:  # nothing was written
            idempotency.release(records, claim)
    except SQLAlchemyError:  # the request was carried out; until the lease is over its twins are told to wait
        structlog.get_logger().exception("idempotency")
    return response
