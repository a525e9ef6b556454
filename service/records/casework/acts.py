"""The acts on cases, alerts, disputes and others: who did what when, with what was before and after; only added to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from service.records.tables import ActRow

About = Literal["case", "alert", "dispute", "entry", "suppression_rule", "statement", "objection"]


@dataclass(frozen=True, slots=True)
class Act:
    """What was done; old and new are JSON values."""

    what: str
    old: Any = None
    new: Any = None


@dataclass(frozen=True, slots=True)
class LoggedAct:
    """An act with its number within the case or alert, its time (seconds since 1970) and the person; old, new: JSON."""

    number: int
    time: float
    by: str
    what: str
    old: str
    new: str


def log(session: Session, about: About, subject: str, acts: Iterable[Act], by: str, time: float) -> None:
    """Add acts to the log within a transaction."""
    last = session.scalar(select(func.max(ActRow.number)).where(ActRow.about == about, ActRow.subject == subject))
    for number, act in enumerate(acts, (last or 0) + 1):
        session.add(
            ActRow(
                about=about,
                subject=subject,
                number=number,
                time=time,
                by=by,
                what=act.what,
                old=json.dumps(act.old, sort_keys=True),
                new=json.dumps(act.new, sort_keys=True),
            )
        )


def acts_on(records: Engine, about: About, subjects: Sequence[str]) -> dict[str, list[LoggedAct]]:
    """The acts on each of some cases or alerts, in the order in which they were done."""
    found: dict[str, list[LoggedAct]] = {subject: [] for subject in subjects}
    with Session(records) as session:
        for row in session.scalars(
            select(ActRow)
            .where(ActRow.about == about, ActRow.subject.in_(list(found)))
            .order_by(ActRow.subject, ActRow.number)
        ):
            act = LoggedAct(row.number, row.time, row.by, row.what, row.old, row.new)
            found[row.subject].append(act)
    return found
