"""Suppression rules, statements and objections as they are kept: a version, a state, and a content as JSON."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from service.records.casework.acts import Act, log
from service.records.lookups import by_number, column
from service.records.rights.tables import MatterRow
from service.records.versioned import replaced

MatterKind = Literal["suppression_rule", "statement", "objection"]
CHANGED: Final = ("state", "content")  # columns, by a change


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter of a party, or of nobody (None); content is JSON."""

    id: int
    kind: MatterKind
    version: int
    state: str
    party: str | None
    content: str


def add(records: Engine, matter: Matter, by: str, time: float) -> int:
    """The id of a new matter; the id in `matter` does not count."""
    with Session(records) as session, session.begin():
        row = MatterRow(
            kind=matter.kind,
            version=matter.version,
            state=matter.state,
            party=None if matter.party is None else column(matter.party),
            content=matter.content,
        )
        session.add(row)
        session.flush()
        log(session, matter.kind, str(row.id), [Act("begin", None, matter.state)], by, time)
        return row.id


def get(records: Engine, kind: MatterKind, id: int) -> Matter | None:
    """The matter of this kind and id, or None."""
    with Session(records) as session:
        row = by_number(session, MatterRow, id)
        return None if row is None or row.kind != kind else _matter(row)


def replace(records: Engine, matter: Matter, act: Act, by: str, time: float) -> bool:
    """Whether the matter was replaced: only while its version is the one before that of `matter`."""
    with Session(records) as session, session.begin():
        values = {name: getattr(matter, name) for name in CHANGED}
        if not replaced(session, MatterRow, matter.id, matter.version, **values):
            return False
        log(session, matter.kind, str(matter.id), [act], by, time)
        return True


def find(
    records: Engine, kind: MatterKind, party: str | None = None, states: Collection[str] | None = None
) -> list[Matter]:
    """The matters of a kind about a party (None: anybody) in some states (None: any), oldest first."""
    chosen = select(MatterRow).where(MatterRow.kind == kind).order_by(MatterRow.id)
    if party is not None:
        chosen = chosen.where(MatterRow.party == column(party))
    if states is not None:
        chosen = chosen.where(MatterRow.state.in_(list(states)))
    with Session(records) as session:
        return [_matter(row) for row in session.scalars(chosen)]


def changed(records: Engine) -> tuple[int, int]:
    """A mark that is another one whenever a matter came or changed."""
    with Session(records) as session:
        count, versions = session.execute(
            select(func.count(), func.sum(MatterRow.version)).select_from(MatterRow)
        ).one()
        return int(count), int(versions or 0)


def _matter(row: MatterRow) -> Matter:
    return Matter(row.id, row.kind, row.version, row.state, row.party, row.content)  # type: ignore[arg-type]
