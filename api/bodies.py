"""What is sent with a question: JSON, of a size and a depth that can be read."""

from __future__ import annotations

from typing import Any

from apiflask import APIFlask
from flask import Request
from flask.json.provider import DefaultJSONProvider

from graph.errors import UsageError


def add_to(app: APIFlask) -> None:
    """Read the bodies of this application's requests so."""
    app.request_class = _JsonRequest
    app.json = _Json(app)


class _JsonRequest(Request):
    def on_json_loading_failed(self, error: ValueError | None) -> Any:
        raise UsageError("the body is no JSON; send one JSON object") from error


class _Json(DefaultJSONProvider):
    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, **kwargs)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
