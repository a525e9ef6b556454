"""What was told to parties: notices and reports, kept as they were told until their time is over."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from service.records.lookups import by_number, column
from service.records.rights.tables import ToldRow

Kind = Literal["adverse_action", "own_report", "dispute_result", "explanation", "list_notice"]


@dataclass(frozen=True, slots=True)
class Told:
    """Something that was told: content is JSON; by: whose key it was; times in seconds since 1970.

    party: its id, or its SHA-256 where it was read from the records. about: what it is about, at most 64 characters.
    """

    id: int
    party: str
    kind: Kind
    about: str
    made: float
    kept_until: float
    by: str
    content: str

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the content."""
        return hashlib.sha256(self.content.encode()).hexdigest()


def keep(records: Engine, told: Told) -> int:
    """The id under which this is kept: that of before where the same kind about the same was told to the party."""
    return keep_all(records, [told])[0]


def keep_all(records: Engine, every: Sequence[Told]) -> list[int]:
    """The ids under which all of this is kept, at once."""
    with Session(records) as session, session.begin():
        return [_keep(session, told) for told in every]


def _keep(session: Session, told: Told) -> int:
    chosen = select(ToldRow.id).where(ToldRow.kind == told.kind, ToldRow.about == told.about, ToldRow.by == told.by)
    kept = session.scalar(chosen.limit(1)) if told.kind != "own_report" else None
    if kept is not None:
        return kept
    row = ToldRow(
        party=column(told.party),
        kind=told.kind,
        about=told.about,
        made=told.made,
        kept_until=told.kept_until,
        by=told.by,
        digest=told.digest,
        content=told.content,
    )
    session.add(row)
    session.flush()
    return row.id


def get(records: Engine, id: int) -> Told | None:
    """What is kept under this id, or None."""
    with Session(records) as session:
        row = by_number(session, ToldRow, id)
        return None if row is None else _told(row)


def find(
    records: Engine, kind: Kind, party: str | None, by: str | None, limit: int | None = None, start: int = 0
) -> tuple[list[Told], int]:
    """Some of what was told to a party (None: to any) by somebody (None: anybody), the newest first, and how many."""
    chosen = select(ToldRow).where(ToldRow.kind == kind)
    if party is not None:
        chosen = chosen.where(ToldRow.party == column(party))
    if by is not None:
        chosen = chosen.where(ToldRow.by == by)
    with Session(records) as session:
        total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
        found = session.scalars(chosen.order_by(ToldRow.made.desc(), ToldRow.id.desc()).offset(start).limit(limit))
        return [_told(row) for row in found], total


def forget(records: Engine, now: float) -> int:
    """How many were forgotten, whose time is over."""
    with Session(records) as session, session.begin():
        done = session.execute(delete(ToldRow).where(ToldRow.kept_until <= now))
        return int(done.rowcount)  # type: ignore[attr-defined]


def _told(row: ToldRow) -> Told:
    return Told(row.id, row.party, row.kind, row.about, row.made, row.kept_until, row.by, row.content)  # type: ignore[arg-type]
