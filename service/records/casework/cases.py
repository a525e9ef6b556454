"""Cases as they are kept: a version, what they are looked up by, and a content that `service.casework` reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from service.records.casework.acts import Act, log
from service.records.lookups import by_number
from service.records.tables import CasePartyRow, CaseRow, CaseViewRow
from service.records.versioned import replaced

CHANGED: Final = ("state", "assignee", "changed", "content")  # columns, by a change


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case: `content` is JSON; parties and views are those that it can be found by. Times: seconds since 1970."""

    id: int
    version: int
    state: str
    assignee: str | None
    opened: float
    changed: float
    content: str


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """Which cases are asked for; None: all."""

    state: str | None = None
    assignee: str | None = None
    parties: Collection[str] | None = None


def add(
    records: Engine, case: StoredCase, parties: Collection[str], views: Collection[str], acts: Iterable[Act], by: str
) -> int:
    """The id of a new case; the id in `case` does not count."""
    with Session(records) as session, session.begin():
        row = CaseRow(
            version=case.version,
            state=case.state,
            assignee=case.assignee,
            opened=case.opened,
            changed=case.changed,
            content=case.content,
        )
        session.add(row)
        session.flush()
        _index(session, row.id, parties, views)
        log(session, "case", str(row.id), acts, by, case.changed)
        return row.id


def get(records: Engine, id: int) -> StoredCase | None:
    """The case of this id, or None."""
    with Session(records) as session:
        row = by_number(session, CaseRow, id)
        return None if row is None else _stored(row)


def replace(
    records: Engine, case: StoredCase, parties: Collection[str], views: Collection[str], acts: Iterable[Act], by: str
) -> bool:
    """Whether the case was replaced: only while its version is the one before that of `case`."""
    with Session(records) as session, session.begin():
        values = {name: getattr(case, name) for name in CHANGED}
        if not replaced(session, CaseRow, case.id, case.version, **values):
            return False
        session.execute(delete(CasePartyRow).where(CasePartyRow.case == case.id))
        session.execute(delete(CaseViewRow).where(CaseViewRow.case == case.id))
        _index(session, case.id, parties, views)
        log(session, "case", str(case.id), acts, by, case.changed)
        return True


def find(records: Engine, query: CaseQuery, limit: int, start: int = 0) -> tuple[list[StoredCase], int]:
    """Some of the cases asked for, the last changed first, and how many there are."""
    chosen = select(CaseRow)
    if query.state is not None:
        chosen = chosen.where(CaseRow.state == query.state)
    if query.assignee is not None:
        chosen = chosen.where(CaseRow.assignee == query.assignee)
    if query.parties is not None:
        chosen = chosen.where(
            CaseRow.id.in_(select(CasePartyRow.case).where(CasePartyRow.party.in_(list(query.parties))))
        )
    with Session(records) as session:
        total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
        rows = session.scalars(chosen.order_by(CaseRow.changed.desc(), CaseRow.id.desc()).offset(start).limit(limit))
        return [_stored(row) for row in rows], total


def every(records: Engine) -> list[StoredCase]:
    """Every case, oldest first."""
    with Session(records) as session:
        return [_stored(row) for row in session.scalars(select(CaseRow).order_by(CaseRow.id))]


def with_parties(records: Engine, parties: Sequence[str]) -> dict[str, list[StoredCase]]:
    """The cases of each of these parties that is in one, the last changed first."""
    found: dict[str, list[StoredCase]] = {}
    with Session(records) as session:
        for start in range(0, len(parties), 500):  # SQLite takes no more variables than some thousands
            rows = session.execute(
                select(CasePartyRow.party, CaseRow)
                .join(CaseRow, CaseRow.id == CasePartyRow.case)
                .where(CasePartyRow.party.in_(parties[start : start + 500]))
                .order_by(CaseRow.changed.desc(), CaseRow.id.desc())
            )
            for party, row in rows:
                found.setdefault(party, []).append(_stored(row))
    return found


def with_view(records: Engine, view: str) -> list[int]:
    """The ids of the cases that a view is evidence of, ascending."""
    with Session(records) as session:
        return list(
            session.scalars(select(CaseViewRow.case).where(CaseViewRow.view == view).order_by(CaseViewRow.case))
        )


def _index(session: Session, case: int, parties: Collection[str], views: Collection[str]) -> None:
    session.add_all(CasePartyRow(case=case, party=party) for party in sorted(set(parties)))
    session.add_all(CaseViewRow(case=case, view=view) for view in sorted(set(views)))


def _stored(row: CaseRow) -> StoredCase:
    return StoredCase(row.id, row.version, row.state, row.assignee, row.opened, row.changed, row.content)
