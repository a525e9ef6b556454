"""Rows that people change one after the other: each change names the version that it was made from."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session


def replaced(session: Session, table: Any, id: int | str, version: int, **values: Any) -> bool:
    """Whether a row was given this version and these values: only while it is at the version before.

    table: one with the columns `id` and `version`.
    """
    chosen = update(table).where(table.id == id, table.version == version - 1)
    done = session.execute(chosen.values(version=version, **values))
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]
