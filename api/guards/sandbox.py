"""Sandbox keys: they are answered from test parties, and so may ask only what those have answers to."""

from __future__ import annotations

from typing import Final

from apiflask import APIFlask
from flask import g

from api.guards.access_log import operation
from graph.errors import AccessError

ANSWERED: Final = frozenset({"get_score", "get_scores"})  # by a route that knows of sandbox keys


def add_to(app: APIFlask) -> None:
    """Refuse whatever else a sandbox key asks; to be added after what finds out who asks."""
    app.before_request(_refuse)


def _refuse() -> None:
    """Raises AccessError."""
    key = g.get("key")
    if key is not None and key.sandbox and operation() not in ANSWERED:
        raise AccessError("a sandbox key may ask for scores of the test parties alone, /v1/scores")
