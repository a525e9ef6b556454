"""Whose jobs and webhooks a key may see."""

from __future__ import annotations

from flask import g


def owner() -> int | None:
    """The key family whose things this key may see; None for an admin: everybody's."""
    family: int = g.key.owner
    return None if g.key.role == "admin" else family
