"""What was told to parties, as it is kept and found again: notices, by whoever may see them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from queue import Full, Queue
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from graph.errors import KithError, UnknownRecord
from service.answers.pages import Pages
from service.answers.scores import ScoreAnswer, ScoreQuestion
from service.closed import Closed
from service.context import ServingContext
from service.records.rights import told
from service.records.rights.told import Told
from service.rights.legal.legal_profiles import LegalProfile
from service.rights.reports.explained import ToldExplanation, keep_explanations
from service.rights.reports.notices import AdverseNotice, adverse_notice, counted_against
from service.threads import daemon

MOST_WAITING: Final = 10_000  # answers whose notices are still to be made; further ones are counted as lost


class KeptNotice(Closed):
    """A notice as it is kept. made, kept_until: seconds since 1970; sha256: of the notice's JSON."""

    id: int
    made: float
    kept_until: float
    sha256: str
    notice: AdverseNotice


class NoticePage(Closed):
    """Some of the notices asked for, the newest first; `next` is where the rest begins."""

    notices: tuple[KeptNotice, ...]
    total: int
    next: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Answers that one key was given: by which context, to which question, when (seconds since 1970).

    explanations: what was told of why. decides: whether the key decides by them; who looks around decides nothing.
    """

    context: ServingContext
    answers: tuple[ScoreAnswer, ...]
    question: ScoreQuestion
    creditor: str
    owner: int
    now: float
    explanations: tuple[ToldExplanation, ...] = ()
    decides: bool = True


class NoticeWriter:
    """Makes the notices of answers that counted against somebody and keeps explanations, in a thread beside them.

    lost: answers whose notices could not be made. What waits when a process is killed outright is lost, too.
    """

    def __init__(self, records: Engine, profile: LegalProfile) -> None:
        self._records, self._profile = records, profile
        self._waiting: Queue[Asked] = Queue(MOST_WAITING)
        self._begun = threading.Lock()
        self._thread: threading.Thread | None = None
        self.lost = 0

    def note(self, asked: Asked) -> None:
        """Make the notices of those answers that count against their party, and keep explanations, soon."""
        if not asked.explanations and not any(self._against(asked)):
            return
        try:
            self._waiting.put_nowait(asked)
        except Full:
            self.lost += len(asked.answers)
            return
        with self._begun:
            if self._thread is None:
                self._thread = daemon(self._run, "notices")
                self._thread.start()

    def flush(self) -> None:
        """Wait until all that was noted is written down."""
        self._waiting.join()

    def _run(self) -> None:
        while True:
            try:
                self._make(self._waiting.get())  # held by no name here: while it waits, an old snapshot can go
            finally:
                self._waiting.task_done()

    def _make(self, asked: Asked) -> None:
        try:
            for answer in self._against(asked):
                self._keep(asked, answer)
            keep_explanations(self._records, list(asked.explanations), self._profile, asked.owner)
        except (SQLAlchemyError, KithError):
            self.lost += 1
            structlog.get_logger().exception("notices", waiting=self._waiting.qsize(), lost=self.lost)

    @staticmethod
    def _against(asked: Asked) -> Iterator[ScoreAnswer]:
        return (answer for answer in asked.answers if asked.decides and counted_against(answer))

    def _keep(self, asked: Asked, answer: ScoreAnswer) -> None:
        profile = self._profile
        notice = adverse_notice(asked.context, answer, asked.question, asked.creditor, profile, asked.now)
        kept_until = profile.calendar.after(asked.now, profile.notices_kept)
        content = notice.model_dump_json()
        by = str(asked.owner)
        told.keep(
            self._records, Told(0, answer.party, "adverse_action", answer.receipt, asked.now, kept_until, by, content)
        )


def read_notice(records: Engine, id: int, party: str | None, owner: int | None) -> KeptNotice:
    """A notice; of another party or of an answer to another key than these (None: any) it is unknown.

    Raises UnknownRecord.
    """
    found = told.get(records, id)
    if found is not None and found.kind == "adverse_action":
        kept = _kept(found)
        if party in (None, kept.notice.party) and owner in (None, int(found.by)):
            return kept
    raise UnknownRecord(f"there is no notice {id}, or it is not yours")


def list_notices(
    records: Engine, party: str | None, owner: int | None, limit: int, cursor: str | None = None
) -> NoticePage:
    """The notices to a party about answers to a key (None: any), the newest first. Raises StaleCursor."""
    by = None if owner is None else str(owner)
    pages = Pages(None, f"notices {[party, by]}")
    start = pages.start(cursor)
    found, total = told.find(records, "adverse_action", party, by, limit, start)
    pages.start_within(cursor, total)
    following = pages.cursor(start + limit) if start + limit < total else None
    return NoticePage(notices=tuple(_kept(one) for one in found), total=total, next=following)


def _kept(one: Told) -> KeptNotice:
    return KeptNotice(
        id=one.id,
        made=one.made,
        kept_until=one.kept_until,
        sha256=one.digest,
        notice=AdverseNotice.model_validate_json(one.content),
    )
