"""The revision that a question wants to be answered from: `at_least` and `exactly`, wherever its model has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from apiflask import APIFlask
from flask import current_app, request

from api.context import answer_from
from api.guards.asked import body_model, query_fields
from api.schemas.common import LAST_REVISION
from graph.errors import UsageError

REVISIONS: Final = ("at_least", "exactly")


def add_to(app: APIFlask) -> None:
    """Let every question be answered from the revision that it names; to be added after its parameters were checked."""
    app.before_request(_read)


def _read() -> None:
    """Raises UsageError for what is no revision in a query; in a body its model refuses it."""
    if request.url_rule is None:
        return
    view = current_app.view_functions[str(request.endpoint)]
    asked = _of_query(query_fields(view)) or _of_body(body_model(view))
    if asked:
        answer_from(**asked)


def _of_query(known: Mapping[str, Any]) -> dict[str, int]:
    found = {}
    for name in REVISIONS:
        if name in known and name in request.args:
            value = request.args[name]
            if not (value.isascii() and value.isdigit() and len(value) <= len(str(LAST_REVISION))):
                raise UsageError(f"{name}: send a revision, a whole number of 0 or more")
            found[name] = int(value)
    return found


def _of_body(model: Any) -> dict[str, int]:
    names = [name for name in REVISIONS if model is not None and name in model.model_fields]
    body = request.get_json(silent=True) if names else None
    if not isinstance(body, dict):
        return {}
    return {name: int(body[name]) for name in names if _is_revision(body.get(name))}


def _is_revision(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= LAST_REVISION and value == int(value)
