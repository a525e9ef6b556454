"""What was answered about a party and to whom: its receipts, with the keys they were given to and the policies."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, select
from sqlalchemy.orm import Session

from service.records.tables import KeyRow, PolicyRow, ReceiptRow


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that a key was given. time: seconds since 1970. purpose: None where its policy is gone."""

    receipt: str
    time: float
    key: int
    name: str | None
    role: str
    purpose: str | None
    revision: int
    party: str
    threshold: int | None


def answered_about(records: Engine, party: str) -> list[Answered]:
    """The answers about a party, oldest first; it reads all receipts."""
    return _answered(records, ReceiptRow.party == json.dumps(party))


def answered_since(records: Engine, revision: int) -> list[Answered]:
    """The answers about anybody from a revision of the facts on, oldest first."""
    return _answered(records, ReceiptRow.revision >= revision)


def answered(records: Engine, receipt: str) -> list[Answered]:
    """To whom the answer of a receipt was given, oldest first."""
    return _answered(records, ReceiptRow.id == receipt)


def _answered(records: Engine, which: ColumnElement[bool]) -> list[Answered]:
    chosen = (
        select(ReceiptRow, KeyRow, PolicyRow.rules)
        .join(KeyRow, KeyRow.id == ReceiptRow.key)
        .outerjoin(PolicyRow, PolicyRow.id == ReceiptRow.policy)
        .where(which)
        .order_by(ReceiptRow.time, ReceiptRow.id, ReceiptRow.key)
    )
    with Session(records) as session:
        return [
            Answered(
                receipt=row.id,
                time=row.time,
                key=key.id,
                name=key.name,
                role=key.role,
                purpose=None if rules is None else json.loads(rules)["name"],
                revision=row.revision,
                party=json.loads(row.party),
                threshold=json.loads(row.question).get("threshold"),
            )
            for row, key, rules in session.execute(chosen)
        ]
