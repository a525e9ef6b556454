"""Objections as they are kept and reviewed."""

from __future__ import annotations

from graph.errors import UnknownRecord, VersionConflict
from service.closed import Closed
from service.records.casework.acts import Act
from service.records.rights import matters
from service.records.rights.matters import Matter
from service.rights.disputes.handling import Desk, Office
from service.rights.objections.objection import (
    Objection,
    ObjectionMoveName,
    ObjectionState,
    ObjectionTo,
    objected,
    objection_moved,
)


class ObjectionList(Closed):
    """Objections, oldest first."""

    objections: tuple[Objection, ...]


def open_objection(
    office: Desk | Office, party: str, to: ObjectionTo, category: str | None, purpose: str | None, text: str, by: str
) -> Objection:
    """A new objection, which counts from the next answer on. Raises UsageError."""
    objection = objected(party, to, category, purpose, text, office.now)
    id = matters.add(office.records, _matter(objection), by, office.now)
    return objection.model_copy(update={"objection": id})


def read_objection(office: Desk | Office, id: int, party: str | None = None) -> Objection:
    """An objection; of another party than this one it is unknown. Raises UnknownRecord."""
    found = matters.get(office.records, "objection", id)
    objection = None if found is None else objection_of(found)
    if objection is None or party not in (None, objection.party):
        raise UnknownRecord(f"there is no objection {id}, or it is not yours")
    return objection


def move_objection(
    office: Desk | Office,
    id: int,
    version: int,
    move: ObjectionMoveName,
    by: str,
    told: str | None = None,
    second: str | None = None,
    party: str | None = None,
) -> Objection:
    """The objection after a move. version: the one that is changed. party: who makes it, if it is the party itself.

    Raises UnknownRecord, VersionConflict, StateConflict, UsageError.
    """
    objection = read_objection(office, id, party)
    if objection.version != version:
        raise VersionConflict(f"objection {id}", objection)
    after = objection_moved(objection, move, by, office.now, told, second, party is not None)
    if not matters.replace(office.records, _matter(after), Act(move, objection.state, after.state), by, office.now):
        raise VersionConflict(f"objection {id}", read_objection(office, id))
    return after


def list_objections(
    office: Desk | Office, party: str | None = None, state: ObjectionState | None = None
) -> ObjectionList:
    """The objections of a party (None: of all) in a state (None: any)."""
    found = matters.find(office.records, "objection", party, None if state is None else {state})
    return ObjectionList(objections=tuple(map(objection_of, found)))


def objection_of(matter: Matter) -> Objection:
    """The objection that is kept so."""
    return Objection.model_validate_json(matter.content).model_copy(update={"objection": matter.id})


def _matter(objection: Objection) -> Matter:
    content = objection.model_dump_json()
    return Matter(objection.objection, "objection", objection.version, objection.state, objection.party, content)
