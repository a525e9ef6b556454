"""Parameters of a request: one that its route does not know, or that is sent twice, is an error."""

from __future__ import annotations

from typing import Final

from apiflask import APIFlask
from flask import current_app, request

from api.guards.asked import body_model, query_fields
from graph.errors import UsageError

PAGE: Final = "site.page"  # the workbench reads its address itself, whatever a browser or a mail adds to it


def add_to(app: APIFlask) -> None:
    """Check the parameters of every route."""
    app.before_request(_check)


def _check() -> None:
    """Raises UsageError that names the first wrong parameter."""
    if not request.args or request.url_rule is None or request.endpoint == PAGE:
        return
    view = current_app.view_functions[str(request.endpoint)]
    known, body = query_fields(view), body_model(view)
    for name, values in request.args.lists():
        if name not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            if body is not None and name in body.model_fields:
                takes = "send it in the body"
            raise UsageError(f"{name[:40]}: this operation has no such parameter; {takes}")
        if len(values) > 1:
            raise UsageError(f"{name}: sent {len(values)} times; send it once")
