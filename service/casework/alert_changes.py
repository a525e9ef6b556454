"""What people do with an alert, and the alert after they did it."""

from __future__ import annotations

import json
from typing import Annotated, Literal, cast

from pydantic import Field

from graph.errors import StateConflict, UsageError
from service.casework.changes import LATEST, ClosingRequest, NoteText
from service.casework.content import CaseOutcome, CloseReason
from service.closed import Closed, IsNumber
from service.records.casework.acts import Act
from service.records.casework.alerts import StoredAlert

AlertState = Literal["new", "taken", "snoozed", "closed"]


class AlertNote(Closed):
    """A note on an alert. time: seconds since 1970."""

    text: str
    by: str
    time: float


class AlertWork(Closed):
    """What people did with an alert, as it is kept."""

    notes: tuple[AlertNote, ...] = ()
    taken: float | None = None
    closed: float | None = None
    outcome: CaseOutcome | None = None
    reason: CloseReason | None = None
    text: str | None = None


class AlertChange(Closed):
    """What changes in an alert, in one step; what is left out or null stays."""

    take: Literal[True] | None = Field(None, description="The reader works on it.")
    release: Literal[True] | None = Field(None, description="Nobody works on it any more.")
    add_note: NoteText | None = Field(None, description="A comment.")
    snooze_until: Annotated[float, Field(ge=0, le=LATEST, allow_inf_nan=False), IsNumber] | None = Field(
        None, description="Seconds since 1970."
    )
    wake: Literal[True] | None = Field(None, description="End the snooze.")
    close: ClosingRequest | None = Field(None, description="With which outcome and why it is closed.")
    reopen: Literal[True] | None = None


def state_of(alert: StoredAlert, now: float) -> AlertState:
    """The state of an alert; one whose snooze is over is new again."""
    if alert.state == "snoozed" and alert.snoozed_until is not None and alert.snoozed_until <= now:
        return "new"
    return cast(AlertState, alert.state)


def work_of(alert: StoredAlert) -> AlertWork:
    """What people did with a stored alert."""
    return AlertWork.model_validate_json(alert.work)


class AlertEdit:
    """An alert while it is changed."""

    def __init__(self, alert: StoredAlert, person: str, now: float) -> None:
        self.alert, self.work, self.person, self.now = alert, work_of(alert), person, now
        self.state = state_of(alert, now)
        self.assignee = alert.assignee
        self.until = alert.snoozed_until if self.state == "snoozed" else None
        self.acts: list[Act] = []

    def apply(self, change: AlertChange) -> None:
        asked = [
            name for name in ("take", "release", "snooze_until", "wake", "close", "reopen") if _is_asked(change, name)
        ]
        if len(asked) > 1:
            raise StateConflict(f"an alert does one of {', '.join(asked)} at a time")
        for name in asked:
            getattr(self, f"_{name}")(change)
        if change.add_note is not None:
            note = AlertNote(text=change.add_note, by=self.person, time=self.now)
            self._act("add_note", None, change.add_note, notes=(*self.work.notes, note))

    def stored(self, version: int) -> StoredAlert:
        return StoredAlert(
            id=self.alert.id,
            version=version,
            kind=self.alert.kind,
            level=self.alert.level,
            strength=self.alert.strength,
            made=self.alert.made,
            state=self.state,
            assignee=self.assignee,
            snoozed_until=self.until,
            finding=self.alert.finding,
            work=json.dumps(self.work.to_json()),
        )

    def _act(self, what: str, old: object, new: object, **fields: object) -> None:
        self.acts.append(Act(what, old, new))
        self.work = self.work.model_copy(update=fields)

    def _take(self, change: AlertChange) -> None:
        self._refuse_closed()
        taken = self.work.taken if self.work.taken is not None else self.now
        self._act("take", self.assignee, self.person, taken=taken)
        self.state, self.assignee, self.until = "taken", self.person, None

    def _release(self, change: AlertChange) -> None:
        self._refuse_closed()
        self._act("release", self.assignee, None)
        self.state, self.assignee, self.until = "new", None, None

    def _snooze_until(self, change: AlertChange) -> None:
        self._refuse_closed()
        until = change.snooze_until
        if until is None or until <= self.now:
            raise UsageError("snooze_until must be a time to come, in seconds since 1970")
        self._act("snooze", self.until, until)
        self.state, self.until = "snoozed", until

    def _wake(self, change: AlertChange) -> None:
        self._refuse_closed()
        self._act("wake", self.until, None)
        self.state, self.until = "new" if self.assignee is None else "taken", None

    def _close(self, change: AlertChange) -> None:
        self._refuse_closed()
        assert change.close is not None
        closing = change.close
        fields = {"closed": self.now, "outcome": closing.outcome, "reason": closing.reason, "text": closing.text}
        self._act("close", self.state, closing.to_json(), **fields)
        self.state, self.until = "closed", None

    def _reopen(self, change: AlertChange) -> None:
        if self.state != "closed":
            raise StateConflict("the alert is not closed")
        old = {"outcome": self.work.outcome, "reason": self.work.reason, "text": self.work.text}
        self._act("reopen", old, None, closed=None, outcome=None, reason=None, text=None)
        self.state = "new" if self.assignee is None else "taken"

    def _refuse_closed(self) -> None:
        if self.state == "closed":
            raise StateConflict("the alert is closed; open it again first")


def _is_asked(change: AlertChange, name: str) -> bool:
    return getattr(change, name) is not None
