"""How far events were looked through for alerts, since each snapshot was built."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.records.casework.alerts import StoredAlert, add_alert, stored_alert
from service.records.tables import AlertPartyRow, AlertRow, EventLookRow

MOST_AT_ONCE = 500  # parties in one statement


@dataclass(frozen=True, slots=True)
class EventLook:
    """The last look at what was recorded after a snapshot.

    id: of the snapshot, the model and the purpose. revision: everything until it was looked at. offset: its end in the
    journal of the snapshot. left_out: parties near events that were not scored, since they were too many. made: seconds
    since 1970; seconds: how long it took.
    """

    id: str
    revision: int
    offset: int
    left_out: int
    made: float
    seconds: float


def look_of(records: Engine, id: str) -> EventLook | None:
    """The last look under this id, None where there was none."""
    with Session(records) as session:
        row = session.get(EventLookRow, id)
        return None if row is None else _look(row)


def latest_look(records: Engine) -> EventLook | None:
    """The look that was made last, whatever at, None where there was none."""
    with Session(records) as session:
        row = session.scalars(select(EventLookRow).order_by(EventLookRow.made.desc()).limit(1)).first()
        return None if row is None else _look(row)


def keep_look(
    records: Engine, before: EventLook | None, look: EventLook, found: Sequence[tuple[StoredAlert, Collection[str]]]
) -> bool:
    """Whether a look was kept, with the alerts it found: only while no other came after `before`."""
    values = {name: getattr(look, name) for name in EventLook.__slots__}
    try:
        with Session(records) as session, session.begin():
            if before is None:
                session.add(EventLookRow(**values))
                session.flush()
            else:
                same = (EventLookRow.id == look.id, EventLookRow.revision == before.revision)
                changed = session.execute(
                    update(EventLookRow).where(*same).values(values).execution_options(synchronize_session=False)
                )
                if changed.rowcount != 1:  # type: ignore[attr-defined]
                    return False
            for alert, parties in found:
                add_alert(session, alert, parties)
    except IntegrityError:  # another process was first
        return False
    return True


def alerts_about(records: Engine, parties: Collection[str]) -> list[StoredAlert]:
    """The alerts about any of some parties, in the order in which they were made."""
    wanted, found = sorted(set(parties)), dict[str, StoredAlert]()
    with Session(records) as session:
        for start in range(0, len(wanted), MOST_AT_ONCE):
            among = AlertPartyRow.party.in_(wanted[start : start + MOST_AT_ONCE])
            named = select(AlertPartyRow.alert).where(among)
            found |= {
                row.id: stored_alert(row) for row in session.scalars(select(AlertRow).where(AlertRow.id.in_(named)))
            }
    return sorted(found.values(), key=lambda alert: (alert.made, alert.id))


def _look(row: EventLookRow) -> EventLook:
    return EventLook(**{name: getattr(row, name) for name in EventLook.__slots__})
