"""What a report holds: sentences, events and parties with their sources."""

from __future__ import annotations

from typing import Literal

from service.answers.profiles import KnownOutcome
from service.answers.scores import ScoreAnswer
from service.casework.case_answers import ActAnswer, EvidenceInCase
from service.casework.content import CaseClosing, CaseNote, LevelOverride
from service.casework.layouts import Position
from service.casework.reports.facts import PeerFigure, ReportLink, SharedBy
from service.closed import Closed
from service.wording.reasons import Language
from service.wording.rings import RingAnswer


class Sentence(Closed):
    """A sentence and the fact, answer or record that it was made from."""

    text: str
    source: str


class ReportEvent(Closed):
    """Something dated. time: seconds since 1970."""

    time: float
    text: str
    source: str


class ReportParty(Closed):
    """A party of the case: what it is, how it scores and why, and what is unusual about it."""

    party: str
    kind: str | None
    name: str | None
    present: bool
    outcomes: tuple[KnownOutcome, ...]
    score: ScoreAnswer | None
    override: LevelOverride | None
    unusual: tuple[PeerFigure, ...]


class ReportReceipt(Closed):
    """The receipt of an answer that the report rests on; `now` is what the same question is answered with today.

    kept: when it was put into the case (seconds since 1970), null for one that the report itself asked for.
    """

    party: str
    purpose: str
    receipt: str
    kept: float | None
    now: str | None


class ReportPicture(Closed):
    """Where the parties of the case are drawn, a link about edge_length long, and which of them are tied."""

    positions: dict[str, Position]
    edge_length: float
    ties: tuple[tuple[str, str], ...]


class CaseReport(Closed):
    """A case to hand over, in format 1. Times: seconds since 1970.

    what, why, unknown and narrative are sentences with their sources; how are the links among the parties, of which
    links_left_out more there are; where are the identifiers that several of them use.
    """

    format: Literal[1]
    case: int
    version: int
    title: str
    state: str
    made: float
    made_by: str
    opened: float
    opened_by: str
    closed: float | None
    closing: CaseClosing | None
    language: Language
    purpose: str
    snapshot: str
    revision: int
    as_of: float | None
    who: tuple[ReportParty, ...]
    what: tuple[Sentence, ...]
    when: tuple[ReportEvent, ...]
    where: tuple[SharedBy, ...]
    why: tuple[Sentence, ...]
    how: tuple[ReportLink, ...]
    links_left_out: int
    rings: tuple[RingAnswer, ...]
    unknown: tuple[Sentence, ...]
    narrative: tuple[Sentence, ...]
    picture: ReportPicture | None
    receipts: tuple[ReportReceipt, ...]
    notes: tuple[CaseNote, ...]
    evidence: tuple[EvidenceInCase, ...]
    acts: tuple[ActAnswer, ...]
