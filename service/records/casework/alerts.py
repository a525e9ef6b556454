"""Alerts as they are kept: what was found, which never changes, and what people did with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, Select, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.records.casework.acts import Act, log
from service.records.tables import AlertPartyRow, AlertRow, AlertSearchRow
from service.records.versioned import replaced

CHANGED: Final = ("state", "assignee", "snoozed_until", "work")  # columns, by a change


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert: finding and work are JSON. Times: seconds since 1970."""

    id: str
    version: int
    kind: str
    level: str | None
    strength: float
    made: float
    state: str
    assignee: str | None
    snoozed_until: float | None
    finding: str
    work: str


@dataclass(frozen=True, slots=True)
class AlertQuery:
    """Which alerts are asked for; None: all. An alert whose snooze is over at `now` counts as new."""

    now: float
    states: Collection[str] = ("new", "taken")
    kind: str | None = None
    level: str | None = None
    assignee: str | None = None
    parties: Collection[str] | None = None
    hidden: Collection[str] = ()  # ids of alerts that are left out


@dataclass(frozen=True, slots=True)
class AlertSearch:
    """A search for alerts that is done: `before` is the snapshot compared with, left_out counts parties."""

    id: str
    before: str | None
    made: float
    left_out: int


def search_of(records: Engine, id: str) -> AlertSearch | None:
    """The search under this id, None while it was not done."""
    with Session(records) as session:
        row = session.get(AlertSearchRow, id)
        return None if row is None else AlertSearch(row.id, row.before, row.made, row.left_out)


def keep_search(records: Engine, search: AlertSearch, found: Sequence[tuple[StoredAlert, Collection[str]]]) -> None:
    """Keep what a search found, each alert with its parties; what another process kept meanwhile stays as it is."""
    try:
        with Session(records) as session, session.begin():
            there = {alert.id for alert, _ in found if session.get(AlertRow, alert.id) is not None}
            session.add(AlertSearchRow(id=search.id, before=search.before, made=search.made, left_out=search.left_out))
            for alert, parties in found:
                if alert.id not in there:
                    add_alert(session, alert, parties)
    except IntegrityError:
        if search_of(records, search.id) is None:
            raise


def add_alert(session: Session, alert: StoredAlert, parties: Collection[str]) -> None:
    """Add an alert about some parties, within a transaction that does more."""
    session.add(AlertRow(**{name: getattr(alert, name) for name in StoredAlert.__slots__}))
    session.flush()
    session.add_all(AlertPartyRow(alert=alert.id, party=party) for party in sorted(set(parties)))


def get(records: Engine, id: str) -> StoredAlert | None:
    """The alert of this id, or None."""
    with Session(records) as session:
        row = session.get(AlertRow, id)
        return None if row is None else stored_alert(row)


def replace(records: Engine, alert: StoredAlert, acts: Iterable[Act], by: str, time: float) -> bool:
    """Whether the alert was replaced: only while its version is the one before that of `alert`."""
    with Session(records) as session, session.begin():
        values = {name: getattr(alert, name) for name in CHANGED}
        if not replaced(session, AlertRow, alert.id, alert.version, **values):
            return False
        log(session, "alert", alert.id, acts, by, time)
        return True


def find(records: Engine, query: AlertQuery, limit: int, start: int = 0) -> tuple[list[StoredAlert], dict[str, int]]:
    """Some of the alerts asked for, the strongest first, and how many there are of each kind."""
    chosen = _chosen(query)
    with Session(records) as session:
        of_kind = chosen.with_only_columns(AlertRow.kind, func.count()).group_by(AlertRow.kind)
        counts = {str(row[0]): int(row[1]) for row in session.execute(of_kind)}
        rows = session.scalars(chosen.order_by(AlertRow.strength.desc(), AlertRow.id).offset(start).limit(limit))
        return [stored_alert(row) for row in rows], dict(sorted(counts.items()))


def every(records: Engine) -> list[StoredAlert]:
    """Every alert, by id."""
    with Session(records) as session:
        return [stored_alert(row) for row in session.scalars(select(AlertRow).order_by(AlertRow.id))]


def _chosen(query: AlertQuery) -> Select[AlertRow]:
    awake = and_(AlertRow.state == "snoozed", AlertRow.snoozed_until <= query.now)
    states = or_(AlertRow.state.in_(sorted(query.states)), *([awake] if "new" in query.states else []))
    if "snoozed" in query.states and "new" not in query.states:
        states = and_(states, or_(AlertRow.state != "snoozed", AlertRow.snoozed_until > query.now))
    chosen = select(AlertRow).where(states)
    if query.hidden:
        chosen = chosen.where(AlertRow.id.not_in(sorted(query.hidden)))
    if query.kind is not None:
        chosen = chosen.where(AlertRow.kind == query.kind)
    if query.level is not None:
        chosen = chosen.where(AlertRow.level == query.level)
    if query.assignee is not None:
        chosen = chosen.where(AlertRow.assignee == query.assignee)
    if query.parties is not None:
        chosen = chosen.where(
            AlertRow.id.in_(select(AlertPartyRow.alert).where(AlertPartyRow.party.in_(list(query.parties))))
        )
    return chosen


def stored_alert(row: AlertRow) -> StoredAlert:
    """The alert in a row."""
    return StoredAlert(**{name: getattr(row, name) for name in StoredAlert.__slots__})
