"""What a case holds, as it is kept (JSON) and, but for what a reader may not see, as it is answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from service.closed import Closed

CaseState = Literal["open", "closing", "closed"]
CaseOutcome = Literal["confirmed", "false_positive", "inconclusive"]
FactOutcome = Literal["default", "fraud"]
CloseReason = Literal[
    "fraud_confirmed",
    "default_confirmed",
    "identity_misuse",
    "same_household",
    "legitimate_business",
    "data_error",
    "explained",
    "too_little_known",
    "other",
]
OverrideReason = Literal["new_evidence", "data_error", "identity_confirmed", "debt_settled", "judgement"]
OverrideLevel = Literal["low", "medium", "high", "very_high"]
EvidenceItemKind = Literal["party", "link", "view", "answer"]


class CaseParty(Closed):
    """A party of a case, and who put it there. time: seconds since 1970."""

    party: str
    by: str
    time: float


class CaseNote(Closed):
    """A note; a removed one can be put back. edited: when its text was last changed."""

    note: int
    text: str
    by: str
    time: float
    edited: float | None
    removed: bool


class EvidenceItem(Closed):
    """A party, a link of kind `link` from source to target, a view, or an answer with its receipt.

    content: the answer as JSON, as the server gave it when it was put there.
    """

    kind: EvidenceItemKind
    party: str | None = None
    source: str | None = None
    target: str | None = None
    link: str | None = None
    view: str | None = None
    purpose: str | None = None
    receipt: str | None = None
    content: str | None = None
    text: str | None = None


class CaseEvidence(Closed):
    """A piece of evidence, and who put it there; a removed one can be put back."""

    evidence: int
    item: EvidenceItem
    by: str
    time: float
    removed: bool


class LevelOverride(Closed):
    """A level that a person gave a party instead of the computed one, and why. It changes no score."""

    party: str
    level: OverrideLevel
    reason: OverrideReason
    text: str
    purpose: str
    computed: str | None
    receipt: str | None
    by: str
    time: float


class ConfirmedOutcome(Closed):
    """What became of a party, as those who close a case have found. opened: seconds since 1970, null if unknown."""

    party: str
    outcome: FactOutcome
    opened: float | None


class CaseClosing(Closed):
    """With which outcome and why a case is to be closed; confirmed_by is the second person, who agreed.

    facts: what became of parties, which `kith cases load` writes to the store once the case is closed.
    """

    outcome: CaseOutcome
    reason: CloseReason
    text: str
    facts: tuple[ConfirmedOutcome, ...]
    by: str
    time: float
    confirmed_by: str | None


class CaseContent(Closed):
    """All of a case. taken: when somebody first took it; last: the number of the newest note or piece of evidence."""

    title: str
    opened_by: str
    taken: float | None
    closed: float | None
    parties: tuple[CaseParty, ...]
    notes: tuple[CaseNote, ...]
    evidence: tuple[CaseEvidence, ...]
    overrides: tuple[LevelOverride, ...]
    alerts: tuple[str, ...]
    closing: CaseClosing | None
    reopened: int
    last: int

    def party_ids(self) -> list[str]:
        """The ids of the parties, in the order in which they came."""
        return [one.party for one in self.parties]

    def view_ids(self) -> Iterator[str]:
        """The ids of the views that are evidence."""
        for one in self.evidence:
            if one.item.view is not None and not one.removed:
                yield one.item.view
