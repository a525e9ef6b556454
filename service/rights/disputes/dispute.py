"""Disputes as values: what a party says is wrong with a fact, how far it is, and by when it has to be decided."""

from __future__ import annotations

from typing import Final, Literal

from graph.errors import UsageError
from service.closed import Closed
from service.rights.disputes.items import Act, Item, Value
from service.rights.legal.legal_profiles import LegalProfile

State = Literal[
    "received", "identity_pending", "open", "furnisher_asked", "verified", "corrected", "deleted", "unverifiable",
    "frivolous", "notified", "closed", "appealed", "withdrawn",
]  # fmt: skip
MoveName = Literal[
    "ask_identity", "open", "ask_furnisher", "furnisher_answered", "verify", "correct", "delete", "lapse",
    "reject", "notify", "close", "extend", "pause", "resume", "appeal", "reopen", "withdraw", "state",
]  # fmt: skip
Channel = Literal["own_key", "letter", "email", "phone", "desk", "representative"]

UNDECIDED: Final[frozenset[State]] = frozenset({"received", "identity_pending", "open", "furnisher_asked"})
INVESTIGATED: Final[frozenset[State]] = frozenset({"open", "furnisher_asked"})
DECIDED: Final[frozenset[State]] = frozenset({"verified", "corrected", "deleted", "unverifiable", "frivolous"})
HELD: Final[frozenset[State]] = INVESTIGATED  # while the fact is marked as disputed
WRONG: Final[frozenset[State]] = frozenset({"corrected", "deleted", "unverifiable"})  # what the fact was found
GONE: Final[frozenset[State]] = frozenset({"deleted", "unverifiable"})


class Pause(Closed):
    """When the clock stood still. Times: seconds since 1970; until None: it still does."""

    since: float
    until: float | None
    why: str


class DisputeClock(Closed):
    """When the investigation has to end. basis: the sources of the clocks that make `due`; times: since 1970."""

    started: float
    due: float
    extended: str | None
    pauses: tuple[Pause, ...]
    basis: tuple[str, ...]


class Step(Closed):
    """A move that was made. told: what it was about, in the words of who made it."""

    number: int
    time: float
    by: str
    move: MoveName
    old: State
    new: State
    told: str | None
    second: str | None


class Claim(Closed):
    """What the party says: in its words, with what it sends as evidence, by whom and how it came."""

    text: str
    evidence: tuple[str, ...]
    channel: Channel
    representative: str | None
    identity_theft: bool


class Dispute(Closed):
    """A dispute about one fact. Times: seconds since 1970.

    item: the fact as its source stated it when the dispute came. corrected: what stood in its place. answer: the
    furnisher's. result: SHA-256 of the notice of the result. statement: the party's, told with the fact. outcome: the
    decision, which stays when the dispute goes on to be notified and closed. owed: what is still to be done to the fact
    in the store. revision: of the store after what was done last. left_out: from which on the fact counted no more.
    """

    dispute: int
    version: int
    party: str
    item: Item
    profile: str
    claim: Claim
    state: State
    received: float
    changed: float
    clock: DisputeClock
    furnisher_asked: float | None
    answer: str | None
    decided: float | None
    outcome: State | None
    corrected: dict[str, Value] | None
    result: str | None
    statement: str | None
    appealed: float | None
    owed: Act | None
    revision: int | None
    left_out: int | None
    steps: tuple[Step, ...]

    @property
    def paused(self) -> bool:
        return bool(self.clock.pauses) and self.clock.pauses[-1].until is None

    @property
    def reinserted(self) -> bool:
        """Whether a fact that was deleted came back by the decision."""
        return self.outcome == "verified" and any(step.new in GONE for step in self.steps)


class Move(Closed):
    """A move as it is asked for. told: why, the furnisher's answer, or the party's statement; second: who agrees."""

    move: MoveName
    told: str | None = None
    second: str | None = None
    corrected: dict[str, Value] | None = None


def received(party: str, item: Item, claim: Claim, profile: LegalProfile, now: float) -> Dispute:
    """A new dispute, received now. Raises UsageError for a claim that says nothing."""
    if not claim.text.strip():
        raise UsageError("say what is wrong with the fact")
    investigation = profile.clocks["investigation"]
    due = profile.due("investigation", now)
    assert due is not None
    return Dispute(
        dispute=0,
        version=1,
        party=party,
        item=item,
        profile=profile.name,
        claim=claim,
        state="received",
        received=now,
        changed=now,
        clock=DisputeClock(started=now, due=due, extended=None, pauses=(), basis=(investigation.source,)),
        furnisher_asked=None,
        answer=None,
        decided=None,
        outcome=None,
        corrected=None,
        result=None,
        statement=None,
        appealed=None,
        owed=None,
        revision=None,
        left_out=None,
        steps=(),
    )


def stood_still(clock: DisputeClock, now: float) -> float:
    """For how many seconds the clock stood still."""
    return sum((now if pause.until is None else pause.until) - pause.since for pause in clock.pauses)
