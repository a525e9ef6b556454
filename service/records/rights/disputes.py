"""Disputes as they are kept: a version, what they are looked up by, and a content that `service.rights` reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from service.records.casework.acts import Act, log
from service.records.lookups import by_number, column
from service.records.rights.tables import DisputeRow
from service.records.versioned import replaced

CHANGED: Final = ("state", "due", "content")  # columns, by a change


@dataclass(frozen=True, slots=True)
class StoredDispute:
    """A dispute; `content` is JSON, due in seconds since 1970."""

    id: int
    version: int
    state: str
    party: str
    due: float | None
    content: str


@dataclass(frozen=True, slots=True)
class DisputeQuery:
    """Which disputes are asked for; None: all. due_before: what has to be done before then."""

    party: str | None = None
    state: str | None = None
    closed: bool | None = None
    due_before: float | None = None


def add(records: Engine, dispute: StoredDispute, by: str, time: float) -> int:
    """The id of a new dispute; the id in `dispute` does not count."""
    with Session(records) as session, session.begin():
        row = DisputeRow(
            version=dispute.version,
            state=dispute.state,
            party=column(dispute.party),
            due=dispute.due,
            content=dispute.content,
        )
        session.add(row)
        session.flush()
        log(session, "dispute", str(row.id), [Act("receive", None, dispute.state)], by, time)
        return row.id


def get(records: Engine, id: int) -> StoredDispute | None:
    """The dispute of this id, or None."""
    with Session(records) as session:
        row = by_number(session, DisputeRow, id)
        return None if row is None else _stored(row)


def replace(records: Engine, dispute: StoredDispute, acts: Iterable[Act], by: str, time: float) -> bool:
    """Whether the dispute was replaced: only while its version is the one before that of `dispute`."""
    with Session(records) as session, session.begin():
        values = {name: getattr(dispute, name) for name in CHANGED}
        if not replaced(session, DisputeRow, dispute.id, dispute.version, **values):
            return False
        log(session, "dispute", str(dispute.id), acts, by, time)
        return True


def find(
    records: Engine, query: DisputeQuery, limit: int | None = None, start: int = 0
) -> tuple[list[StoredDispute], int]:
    """Some of the disputes asked for, what is due first, and how many there are."""
    chosen = select(DisputeRow)
    if query.party is not None:
        chosen = chosen.where(DisputeRow.party == column(query.party))
    if query.state is not None:
        chosen = chosen.where(DisputeRow.state == query.state)
    if query.closed is not None:
        chosen = chosen.where((DisputeRow.state == "closed") == query.closed)
    if query.due_before is not None:
        chosen = chosen.where(DisputeRow.due < query.due_before)
    order = (DisputeRow.due.is_(None), DisputeRow.due, DisputeRow.id)
    with Session(records) as session:
        total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
        rows = session.scalars(chosen.order_by(*order).offset(start).limit(limit))
        return [_stored(row) for row in rows], total


def _stored(row: DisputeRow) -> StoredDispute:
    return StoredDispute(row.id, row.version, row.state, row.party, row.due, row.content)
