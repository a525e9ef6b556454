"""Quotas: how many requests a key family may make in a minute and in a day, counted for all processes together.

A process takes requests from a quota in shares: of a small quota one at a time, of a large one a hundredth, so that the
records are not written at every request. More than the quota is never let in; what a process took and did not use is
lost to the others until the span ends. Spans begin at full minutes and at midnight, UTC.
"""

from __future__ import annotations

import threading
from typing import Final

from sqlalchemy import Engine, delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from graph.errors import QuotaExceeded
from service.records.keys import Key
from service.records.tables import KeyUseRow

MINUTE, DAY = 60, 86_400  # seconds
SHARES: Final = 100  # a share is this part of a quota
USED_UP: Final = -1  # instead of what is left: nobody needs to look again before the span ends


class Quotas:
    """The quotas of one process's requests."""

    def __init__(self, records: Engine) -> None:
        self._records = records
        self._lock = threading.Lock()
        self._left: dict[tuple[int, int, int], int] = {}

    def take(self, key: Key, now: float) -> None:
        """Let one request in. Raises QuotaExceeded, which says when to ask again."""
        for most, span in ((key.per_minute, MINUTE), (key.per_day, DAY)):
            if most is not None:
                self._take(key.owner, most, span, now)

    def _take(self, family: int, most: int, span: int, now: float) -> None:
        start = int(now // span) * span
        at = (family, span, start)
        with self._lock:
            if self._left.get(at, 0) == 0:
                self._forget(family, span)
                self._left[at] = _share(self._records, family, span, start, most) or USED_UP
            if self._left[at] == USED_UP:
                unit = "minute" if span == MINUTE else "day"
                raise QuotaExceeded(f"this key may make {most:,} requests a {unit}", start + span - now)
            self._left[at] -= 1

    def _forget(self, family: int, span: int) -> None:
        for at in [at for at in self._left if at[:2] == (family, span)]:
            del self._left[at]


def _share(records: Engine, family: int, span: int, start: int, most: int) -> int:
    """How many requests this process may let in now, 0 where the quota is used up."""
    share = max(1, most // SHARES)
    this = (KeyUseRow.family == family, KeyUseRow.span == span)
    # A process whose clock is ahead may have begun the next span already; it is not begun a second time.
    begun = (*this, KeyUseRow.start >= start, KeyUseRow.start <= start + span)
    for _ in range(2):  # another process may make the row at the same moment
        with Session(records) as session:
            session.execute(update(KeyUseRow).where(*this, KeyUseRow.start < start).values(start=start, used=0))
            counted = update(KeyUseRow).where(*begun).values(used=KeyUseRow.used + share)
            used: int | None = session.scalar(counted.returning(KeyUseRow.used))
            if used is not None:
                session.commit()
                return max(0, min(share, most - (used - share)))
            try:
                # A row of a time to come, by a clock that was wrong, goes; one that another process just made stays.
                session.execute(delete(KeyUseRow).where(*this, KeyUseRow.start > start + span))
                session.add(KeyUseRow(family=family, span=span, start=start, used=share))
                session.commit()
                return min(share, most)
            except IntegrityError:
                continue
    return 0
