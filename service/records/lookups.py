"""How rows of the records are looked up: by their number, and by a party."""

from __future__ import annotations

import hashlib
from typing import Final, TypeVar

from sqlalchemy.orm import Session

_Row = TypeVar("_Row")
LARGEST_ID: Final = 2**31 - 1  # that every database's integer can hold


def by_number(session: Session, table: type[_Row], id: int) -> _Row | None:
    """The row of this number, or None, also for a number that no database could hold."""
    return session.get(table, id) if 0 < id <= LARGEST_ID else None


def column(party: str) -> str:
    """What a party is looked up by: the SHA-256 of its id, which any database can index whatever the id is."""
    return hashlib.sha256(party.encode("utf-8", "surrogatepass")).hexdigest()
