"""How the scores of a model in shadow differ from those of the one that serves: counts, and nobody's id.

A score falls into a bin of GRAIN points of the difference, shadow less live, for each purpose.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.records.tables import ShadowRow

GRAIN: Final = 5  # points
Assessed = Literal["both", "live", "shadow", "neither"]  # which of the models gave a score


@dataclass(frozen=True, slots=True)
class ShadowBin:
    """n scores of one purpose that differ alike: by `difference` points, rounded to GRAIN, 0 where not both scored.

    levels, decisions: of how many the level, or the decision against the threshold of the purpose, differs.
    total: the sum of the differences in points. first, last: seconds since 1970.
    """

    live: str
    shadow: str
    purpose: str
    assessed: Assessed
    difference: int
    n: int
    levels: int
    decisions: int
    total: float
    first: float
    last: float


def add(records: Engine, bins: Iterable[ShadowBin]) -> None:
    """Add counts to what is recorded; processes may do so at once."""
    for one in bins:
        if not _added(records, one):
            try:
                with Session(records) as session, session.begin():
                    session.add(ShadowRow(**{name: getattr(one, name) for name in ShadowBin.__slots__}))
            except IntegrityError:  # another process was quicker
                _added(records, one)


def _added(records: Engine, one: ShadowBin) -> bool:
    same = [getattr(ShadowRow, name) == getattr(one, name) for name in _KEY]
    more = {name: getattr(ShadowRow, name) + getattr(one, name) for name in ("n", "levels", "decisions", "total")}
    with Session(records) as session, session.begin():
        done = session.execute(update(ShadowRow).where(*same).values(**more, last=one.last))
        return bool(done.rowcount)  # type: ignore[attr-defined]


_KEY: Final = ("live", "shadow", "purpose", "assessed", "difference")


def recorded(records: Engine) -> list[ShadowBin]:
    """Everything that is recorded, the latest comparison last."""
    with Session(records) as session:
        rows = session.scalars(select(ShadowRow)).all()
        found = [ShadowBin(**{name: getattr(row, name) for name in ShadowBin.__slots__}) for row in rows]
    return sorted(found, key=lambda one: (one.live, one.shadow, one.purpose, one.assessed, one.difference))
