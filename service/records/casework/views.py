"""Views as they are kept: a content under its SHA-256, and the people who made it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.records.tables import ViewOwnerRow, ViewRow


@dataclass(frozen=True, slots=True)
class StoredView:
    """A view: content is JSON, made is in seconds since 1970, owners are sorted."""

    id: str
    content: str
    made: float
    owners: tuple[str, ...]


def keep(records: Engine, id: str, content: str, person: str, now: float) -> None:
    """Keep a view for a person; the same content is kept once."""
    for _ in range(2):  # somebody else may add the same at the same moment
        try:
            with Session(records) as session, session.begin():
                if session.get(ViewRow, id) is None:
                    session.add(ViewRow(id=id, content=content, made=now))
                    session.flush()
                if session.get(ViewOwnerRow, (id, person)) is None:
                    session.add(ViewOwnerRow(view=id, person=person))
            return
        except IntegrityError:
            continue


def get(records: Engine, id: str) -> StoredView | None:
    """The view of this id, or None."""
    with Session(records) as session:
        row = session.get(ViewRow, id)
        if row is None:
            return None
        owners = session.scalars(select(ViewOwnerRow.person).where(ViewOwnerRow.view == id))
        return StoredView(row.id, row.content, row.made, tuple(sorted(owners)))
