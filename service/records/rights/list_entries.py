"""Entries of blacklists as they are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from service.records.casework.acts import Act, log
from service.records.lookups import by_number, column
from service.records.rights.tables import ListEntryRow
from service.records.versioned import replaced
from service.records.webhooks import publish_within

CHANGED: Final = ("state", "ends", "content")  # columns, by a change


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry; content is JSON, ends in seconds since 1970."""

    id: int
    version: int
    state: str
    party: str
    ends: float
    content: str


def add(records: Engine, entry: StoredEntry, by: str, time: float) -> int:
    """The id of a new entry; the id in `entry` does not count."""
    with Session(records) as session, session.begin():
        row = ListEntryRow(
            version=entry.version,
            state=entry.state,
            party=column(entry.party),
            ends=entry.ends,
            content=entry.content,
        )
        session.add(row)
        session.flush()
        log(session, "entry", str(row.id), [Act("propose", None, entry.state)], by, time)
        return row.id


def get(records: Engine, id: int) -> StoredEntry | None:
    """The entry of this id, or None."""
    with Session(records) as session:
        row = by_number(session, ListEntryRow, id)
        return None if row is None else _stored(row)


def replace(
    records: Engine,
    entry: StoredEntry,
    act: Act,
    by: str,
    time: float,
    party: str = "",
    told: Sequence[int] = (),
    data: Mapping[str, Any] = MappingProxyType({}),
) -> bool:
    """Whether the entry was replaced: only while its version is the one before that of `entry`.

    told: owners of keys whose webhooks get `list_entry.ended` with this data about the party, if it was.
    """
    with Session(records) as session, session.begin():
        values = {name: getattr(entry, name) for name in CHANGED}
        if not replaced(session, ListEntryRow, entry.id, entry.version, **values):
            return False
        log(session, "entry", str(entry.id), [act], by, time)
        for owner in sorted(set(told)):
            publish_within(session, "list_entry.ended", dict(data), time, [party], owner)
        return True


def find(records: Engine, party: str | None = None, ended_by: float | None = None) -> list[StoredEntry]:
    """The entries about a party (None: any), or only those whose time is over then, oldest first."""
    chosen = select(ListEntryRow).order_by(ListEntryRow.id)
    if party is not None:
        chosen = chosen.where(ListEntryRow.party == column(party))
    if ended_by is not None:
        chosen = chosen.where(ListEntryRow.ends <= ended_by)
    with Session(records) as session:
        return [_stored(row) for row in session.scalars(chosen)]


def _stored(row: ListEntryRow) -> StoredEntry:
    return StoredEntry(row.id, row.version, row.state, row.party, row.ends, row.content)
