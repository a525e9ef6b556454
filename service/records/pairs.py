"""Which pairs of parties a key asked about on a day: the quota that keeps links from being listed pair by pair."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Engine, delete, update

from graph.errors import QuotaExceeded
from service.records.receipts import insert_new
from service.records.tables import PairDayRow, PairRow

DAY: Final = 86_400  # seconds


def count_pairs(records: Engine, key: int, pairs: Iterable[tuple[str, str]], quota: int, now: float) -> None:
    """Count pairs that a key asks about, each once a day whichever way round; all of them or none.

    Raises QuotaExceeded where they would be more than `quota` on the day (UTC) of `now`, seconds since 1970.
    """
    day = int(now // DAY)
    digests = sorted({_digest(*pair) for pair in pairs})
    of_day = {"key": key, "day": day}
    with records.begin() as connection:
        if connection.execute(insert_new(records, PairDayRow), of_day | {"pairs": 0}).rowcount:
            connection.execute(delete(PairRow).where(PairRow.key == key, PairRow.day < day))  # no longer needed
        new = 0
        for digest in digests:
            new += connection.execute(insert_new(records, PairRow), of_day | {"digest": digest}).rowcount
        if not new:
            return
        counted = connection.execute(
            update(PairDayRow)
            .where(PairDayRow.key == key, PairDayRow.day == day, PairDayRow.pairs + new <= quota)
            .values(pairs=PairDayRow.pairs + new)
        )
        if counted.rowcount != 1:
            raise QuotaExceeded(
                f"this key may ask about {quota:,} different pairs a day (UTC), and these would be more",
                (day + 1) * DAY - now,
            )


def _digest(a: str, b: str) -> str:
    return hashlib.sha256("\0".join(sorted((a, b))).encode()).hexdigest()
