"""Disputes as they are worked on: received, moved, looked through for what is due, and carried out in the store.

A move is first written down, which decides who was first, and then done to the fact. What is written down and not done
yet is owed: the next move and every sweep do it, so that nothing is lost where a process ends in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from graph.errors import UnknownRecord, VersionConflict
from graph.stores.base import GraphStore
from service.answers.pages import Pages
from service.closed import Closed
from service.records import jobs
from service.records.casework.acts import Act
from service.records.rights import disputes as stored
from service.records.rights.disputes import DisputeQuery, StoredDispute
from service.rights.disputes.dispute import WRONG, Claim, Dispute, Move, received
from service.rights.disputes.duties import Duty, duties, is_lapsed
from service.rights.disputes.items import Item, ItemName, find_item, perform
from service.rights.disputes.moves import moved
from service.rights.disputes.results import keep_result
from service.rights.disputes.statements import attach_to
from service.rights.legal.legal_profiles import legal_profile

WITHHELD: Final = ""  # in place of what would name another party
SWEEPER: Final = "the clock"  # who makes the moves that time makes
TELLING: Final = "dispute_told"  # the kind of the jobs that tell whom a wrong fact reached


class DisputeAnswer(Closed):
    """A dispute, and what has to be done next."""

    dispute: Dispute
    duties: tuple[Duty, ...]


class DisputePage(Closed):
    """Some of the disputes asked for, what is due first; `next` is where the rest begins, null where there is none."""

    disputes: tuple[DisputeAnswer, ...]
    total: int
    next: str | None


class SweepAnswer(Closed):
    """What a sweep did: disputes (ids) whose facts were deleted, since nobody verified them in time, and acts done.

    late: those of which something should have been done already.
    """

    lapsed: tuple[int, ...]
    carried_out: tuple[int, ...]
    late: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Office:
    """Where disputes are kept, where their facts are, and what time it is (seconds since 1970)."""

    records: Engine
    store: GraphStore
    now: float


@dataclass(frozen=True, slots=True)
class Desk:
    """Where disputes are read, and what time it is (seconds since 1970); it needs no store."""

    records: Engine
    now: float


def receive(
    office: Office, party: str, name: ItemName, claim: Claim, profile: str, by: str, identified: bool
) -> DisputeAnswer:
    """A new dispute. identified: who disputes is known to be the party, so that the fact is marked at once.

    Raises UnknownRecord where the source states no such fact about the party, UsageError.
    """
    law = legal_profile(profile)
    item = find_item(office.store, name)
    if party not in _about(name):
        raise UnknownRecord("the source states no such fact about this party; the own report lists what there is")
    dispute = received(party, item, claim, law, office.now)
    id = stored.add(office.records, _stored(dispute), by, office.now)
    dispute = dispute.model_copy(update={"dispute": id})
    return _move(office, dispute, Move(move="open" if identified else "ask_identity"), by)


def read(office: Desk | Office, id: int, party: str | None = None) -> DisputeAnswer:
    """A dispute; of another party than this one it is unknown. Raises UnknownRecord."""
    return _answer(_get(office, id, party), office.now)


def move(office: Office, id: int, version: int, asked: Move, by: str, party: str | None = None) -> DisputeAnswer:
    """The dispute after a move. version: the one that is changed. party: who makes it, if it is the party itself.

    Raises UnknownRecord, VersionConflict, StateConflict, UsageError, StoreError; after the last the move is made and
    what it does to the fact is owed.
    """
    dispute = _get(office, id, party)
    if dispute.version != version:
        raise VersionConflict(f"dispute {id}", _answer(dispute, office.now))
    return _move(office, _carried_out(office, dispute), asked, by, of_party=party is not None)


def for_party(answer: DisputeAnswer, party: str) -> DisputeAnswer:
    """A dispute as its party reads it: of a link the other end is withheld."""
    shown = own_side(answer.dispute.item, party)
    return answer.model_copy(update={"dispute": answer.dispute.model_copy(update={"item": shown})})


def own_side(item: Item, party: str) -> Item:
    """A fact as its party reads it: of a link the other end is withheld."""
    if item.name.table != "relationships":
        return item
    source, target, kind, _ = item.name.key
    key = (source if source == party else WITHHELD, target if target == party else WITHHELD, kind, WITHHELD)
    return item.model_copy(update={"name": item.name.model_copy(update={"key": key})})


def queue(office: Desk | Office, query: DisputeQuery, limit: int, cursor: str | None = None) -> DisputePage:
    """The disputes asked for, what is due first. Raises StaleCursor."""
    pages = Pages(None, f"disputes {query}")
    start = pages.start(cursor)
    found, total = stored.find(office.records, query, limit, start)
    pages.start_within(cursor, total)
    following = pages.cursor(start + limit) if start + limit < total else None
    answers = tuple(_answer(_dispute(one), office.now) for one in found)
    return DisputePage(disputes=answers, total=total, next=following)


def sweep(office: Office) -> SweepAnswer:
    """Do what time asks for: what is owed, and delete the facts that nobody verified in time."""
    lapsed, done, late = [], [], []
    for one in stored.find(office.records, DisputeQuery(closed=False))[0]:
        dispute = _dispute(one)
        if dispute.owed is not None:
            dispute = _carried_out(office, dispute)
            done.append(one.id)
        if is_lapsed(dispute, legal_profile(dispute.profile), office.now):
            dispute = _move(office, dispute, Move(move="lapse"), SWEEPER).dispute
            lapsed.append(one.id)
        if any(duty.late for duty in duties(dispute, legal_profile(dispute.profile), office.now)):
            late.append(one.id)
    return SweepAnswer(lapsed=tuple(sorted(lapsed)), carried_out=tuple(sorted(done)), late=tuple(sorted(late)))


def _move(office: Office, dispute: Dispute, asked: Move, by: str, of_party: bool = False) -> DisputeAnswer:
    law = legal_profile(dispute.profile)
    after = moved(dispute, asked, law, by, office.now, of_party)
    if asked.move == "notify":
        keep_result(office.records, after, law, by, office.now)
        if after.outcome in WRONG:
            jobs.enqueue(office.records, TELLING, {"dispute": after.dispute}, None, office.now)
    _replace(office, after, [Act(asked.move, dispute.state, after.state)], by)
    if asked.move == "state":
        attach_to(office.records, after.party, after.item, str(after.statement), law, by, office.now)
    return _answer(_carried_out(office, after), office.now)


def _carried_out(office: Office, dispute: Dispute) -> Dispute:
    """The dispute with nothing owed any more. Raises StoreError."""
    if dispute.owed is None:
        return dispute
    step = dispute.steps[-1]
    name = f"dispute {dispute.dispute} step {step.number}"
    revision = perform(office.store, dispute.item, dispute.owed, name, step.time, dispute.corrected)
    left_out = dispute.left_out or (revision if dispute.owed == "hold" else None)
    update = {"owed": None, "revision": revision, "left_out": left_out, "version": dispute.version + 1}
    done = dispute.model_copy(update=update)
    _replace(office, done, [Act(f"done.{dispute.owed}", None, revision)], step.by)
    return done


def _replace(office: Office, dispute: Dispute, acts: list[Act], by: str) -> None:
    if not stored.replace(office.records, _stored(dispute), acts, by, office.now):
        raise VersionConflict(f"dispute {dispute.dispute}", read(office, dispute.dispute))


def _get(office: Desk | Office, id: int, party: str | None) -> Dispute:
    found = stored.get(office.records, id)
    dispute = None if found is None else _dispute(found)
    if dispute is None or (party is not None and dispute.party != party):
        raise UnknownRecord(f"there is no dispute {id}, or it is not yours")
    return dispute


def _about(name: ItemName) -> tuple[str, ...]:
    return name.key[:1] if name.table == "outcomes" else name.key[:2]


def _answer(dispute: Dispute, now: float) -> DisputeAnswer:
    return DisputeAnswer(dispute=dispute, duties=duties(dispute, legal_profile(dispute.profile), now))


def _dispute(one: StoredDispute) -> Dispute:
    return Dispute.model_validate_json(one.content).model_copy(update={"dispute": one.id})


def _stored(dispute: Dispute) -> StoredDispute:
    every = [duty.due for duty in duties(dispute, legal_profile(dispute.profile), dispute.changed)]
    due = min((due for due in every if due is not None), default=None)
    content = dispute.model_dump_json()
    return StoredDispute(dispute.dispute, dispute.version, dispute.state, dispute.party, due, content)
