"""Who asks about rights: a party about itself, those who work on disputes, a service about its own answers."""

from __future__ import annotations

import time
from typing import Any, Final

from flask import Response, current_app, g, jsonify

from api.access import own_party, require_explorer
from graph.errors import AccessError, UsageError
from service.closed import Closed
from service.rights.disputes.handling import Desk

WHAT: Final = "disputes and notices"


def own_or_none() -> str | None:
    """The party of a subject's key; None for those who work on disputes. Raises AccessError for anybody else."""
    if g.key.role == "subject":
        return own_party(WHAT)
    require_explorer(WHAT)
    return None


def own_or_named(party: str | None) -> str:
    """The party of a subject's key, which names none, or the one that those name who act for somebody at the desk.

    Raises AccessError, UsageError.
    """
    own = own_or_none()
    if own is not None and party not in (None, own):
        raise UsageError("a subject's key is for its own party alone")
    named = own or party
    if named is None:
        raise AccessError(f"a key of the role {g.key.role} is no party's own: name the `party` that it is for")
    return named


def own_or_any(party: str | None) -> str | None:
    """Whose matters are listed: those of the party of a subject's key, or of the one that others name (None: all).

    Raises AccessError, UsageError.
    """
    own = own_or_none()
    if own is not None and party not in (None, own):
        raise UsageError("a subject's key lists what is about its own party")
    return own or party


def desk() -> Desk:
    """The records, now."""
    return Desk(current_app.extensions["kith.records"], time.time())


def versioned(answer: Closed, version: int, status: int = 200) -> Response:
    """The answer with an ETag that begins with its version."""
    response: Any = jsonify(answer.to_json())
    response.status_code = status
    response.add_etag()
    response.set_etag(f"{version}-{(response.get_etag()[0] or '')[:16]}")
    return response  # type: ignore[no-any-return]


def person() -> str:
    """Who acts, as it is written down."""
    return str(g.key.name or g.key.party or f"key {g.key.id}")
