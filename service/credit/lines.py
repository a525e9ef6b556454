"""Credit lines as events say: limits, what is drawn, and days past due. A pure function of the events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Final

from graph.stores.base import GraphStore, RecordedEvent
from service.events import types

OF_LINES: Final = (
    "credit_line_opened", "credit_limit_changed", "credit_line_closed", "draw", "repayment", "days_past_due",
    "retraction",
)  # fmt: skip
LineKey = tuple[str, str]  # the sender of its events, and its id there


@dataclass(frozen=True, slots=True)
class CreditLine:
    """What a lender lets a party owe. source: the sender of its events, whose own the id is.

    opened, closed: seconds since 1970. limit: None where nobody has said one. drawn: what is owed, never below 0.
    past_due_amount: None where it was not said.
    """

    source: str
    line: str
    party: str
    lender: str
    opened: float | None = None
    closed: float | None = None
    limit: float | None = None
    drawn: float = 0.0
    days_past_due: int = 0
    past_due_amount: float | None = None

    @property
    def undrawn(self) -> float:
        """What may still be drawn: nothing on a closed line or one without a known limit."""
        if self.closed is not None or self.limit is None:
            return 0.0
        return max(self.limit - self.drawn, 0.0)


def read_lines(store: GraphStore, at: float = inf) -> list[CreditLine]:
    """The credit lines of a store as of a time, by sender and id."""
    return lines_of(store.events_of(OF_LINES), at)


def lines_of(events: Iterable[RecordedEvent], at: float = inf) -> list[CreditLine]:
    """The credit lines that events make, in their order, as of a time; retracted events made none.

    A line is that of its sender's id. An event that names another party or lender than the first of its line is of
    another line, whose id is the same.
    """
    read = [(one.source, types.EVENT.validate_json(one.body)) for one in events if (one.time or -inf) <= at]
    gone = {(source, one.of) for source, one in read if isinstance(one, types.Retraction)}
    lines: dict[tuple[str, str, str, str], CreditLine] = {}
    for source, event in read:
        change = _CHANGES.get(type(event))
        if change is None or (source, event.id) in gone:
            continue
        key = source, event.line, event.party, event.lender
        lines[key] = change(lines.get(key) or CreditLine(*key), event)
    return [lines[key] for key in sorted(lines)]


def _opened(line: CreditLine, event: types.CreditLineOpened) -> CreditLine:
    return replace(line, opened=event.time, closed=None, limit=event.limit)


def _limited(line: CreditLine, event: types.CreditLimitChanged) -> CreditLine:
    return replace(line, limit=event.limit)


def _closed(line: CreditLine, event: types.CreditLineClosed) -> CreditLine:
    return replace(line, closed=event.time)


def _drawn(line: CreditLine, event: types.Draw) -> CreditLine:
    return replace(line, drawn=line.drawn + event.amount)


def _repaid(line: CreditLine, event: types.Repayment) -> CreditLine:
    return replace(line, drawn=max(line.drawn - (event.amount or 0.0), 0.0))


def _past_due(line: CreditLine, event: types.DaysPastDue) -> CreditLine:
    return replace(line, days_past_due=event.days, past_due_amount=event.amount if event.days else None)


_CHANGES: Final[Mapping[type, Any]] = {
    types.CreditLineOpened: _opened,
    types.CreditLimitChanged: _limited,
    types.CreditLineClosed: _closed,
    types.Draw: _drawn,
    types.Repayment: _repaid,
    types.DaysPastDue: _past_due,
}
