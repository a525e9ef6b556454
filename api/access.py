"""Who asks: the key of a request, and what it may ask for."""

from __future__ import annotations

from flask import current_app, g, request

from graph.errors import AccessError, KeyRefused
from graph.purposes import Purpose, purpose_named
from service.records import keys


def require_key() -> None:
    """Before every request under /v1. Raises KeyRefused."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise KeyRefused("send a key as `Authorization: Bearer KEY`; make one with `kith keys create`")
    g.key = keys.verify(current_app.extensions["kith.records"], text.strip())


def allowed_purpose(name: str) -> Purpose:
    """The purpose, if this key may ask for it. Raises AccessError."""
    if name not in g.key.purposes:
        raise AccessError(f"this key may not ask for the purpose {name}")
    return purpose_named(name)
