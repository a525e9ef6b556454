"""Requests that may be sent again: the first is carried out, and its answer given to each that repeats it.

A request is written down as pending before it is carried out. So a twin that comes meanwhile is told so and not carried
out; and where the process ends in between, the next to repeat it takes it over once the lease of the first has run out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, and_, delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from graph.errors import RequestMismatch, RequestPending
from service.records.tables import IdempotentRequestRow

KEPT: Final = 86_400.0  # seconds that an answer can be had again
LEASE: Final = 120.0  # seconds, longer than any request takes


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to carry out a request; `lease` (seconds since 1970) tells this one from a later taker's."""

    owner: int
    name: str
    lease: float


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer that a request got."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def claim(records: Engine, owner: int, name: str, fingerprint: str, now: float) -> Claim | KeptAnswer:
    """The right to carry out a request, or the answer that it got before.

    owner: the key family that sends it; name: what it calls it; fingerprint: a digest of all that is asked.
    Raises RequestPending while another is carrying it out, RequestMismatch where the name stands for another request.
    """
    asked = Claim(owner, name, now + LEASE)
    while True:
        with Session(records) as session:
            session.execute(delete(IdempotentRequestRow).where(IdempotentRequestRow.made < now - KEPT))
            row = session.get(IdempotentRequestRow, (owner, name))
            if row is None:
                session.add(
                    IdempotentRequestRow(owner=owner, name=name, fingerprint=fingerprint, made=now, lease=asked.lease)
                )
                try:
                    session.commit()
                except IntegrityError:
                    continue  # a twin was quicker
                return asked
            if row.fingerprint != fingerprint:
                raise RequestMismatch("this Idempotency-Key was sent with another request; choose a new one for each")
            if row.lease is None:
                return KeptAnswer(row.status or 0, json.loads(row.headers or "{}"), row.body or b"")
            if row.lease > now:
                raise RequestPending("a request with this Idempotency-Key is being carried out; send it again later")
            taken = session.execute(
                update(IdempotentRequestRow)
                .where(_is(Claim(owner, name, row.lease)))
                .values(lease=asked.lease)
                .execution_options(synchronize_session=False)
            )
            session.commit()
            if taken.rowcount == 1:  # type: ignore[attr-defined]
                return asked


def keep(records: Engine, claim: Claim, answer: KeptAnswer) -> None:
    """Keep the answer of a request for those that repeat it."""
    values = {
        "lease": None,
        "status": answer.status,
        "headers": json.dumps(dict(answer.headers), sort_keys=True),
        "body": answer.body,
    }
    with Session(records) as session, session.begin():
        session.execute(update(IdempotentRequestRow).where(_is(claim)).values(values))


def release(records: Engine, claim: Claim) -> None:
    """Forget a request that wrote nothing, so that it can be sent again and carried out."""
    with Session(records) as session, session.begin():
        session.execute(delete(IdempotentRequestRow).where(_is(claim)))


def _is(claim: Claim):  # type: ignore[no-untyped-def]
    row = IdempotentRequestRow
    return and_(row.owner == claim.owner, row.name == claim.name, row.lease == claim.lease)
