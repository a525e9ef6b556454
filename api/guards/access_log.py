"""Who asked about whom, noted for the access log after each answer."""

from __future__ import annotations

import time
from typing import Final

from apiflask import APIFlask
from flask import Response, current_app, g, request

from service.administration.access_writer import AccessWriter
from service.records.audit import Access

# What tells of parties that the request does not name.
DISCLOSING: Final = frozenset({"search_parties", "find_rings", "list_alerts"})


def writer() -> AccessWriter:
    """The writer of this process."""
    found: AccessWriter = current_app.extensions["kith.access"]
    return found


def add_to(app: APIFlask) -> None:
    """Note what each request of a key asked about."""
    app.extensions["kith.access"] = AccessWriter(app.extensions["kith.records"])
    app.after_request(_note)


def _note(response: Response) -> Response:
    key = g.get("key")
    if key is None:
        return response
    now = time.time()
    writer().note_use(key.id, now)
    what, parties = operation(), tuple(dict.fromkeys(g.get("asked_about", ())))
    if parties or what in DISCLOSING:
        writer().note(
            Access(now, key.id, key.name, what, parties, g.get("purpose"), response.status_code, g.request_id)
        )
    return response


def operation() -> str:
    """The operation id of the route that was asked, as /openapi.json names it; `unknown` for none."""
    view = current_app.view_functions.get(request.endpoint or "")
    return str(getattr(view, "_spec", {}).get("operation_id") or "unknown")
