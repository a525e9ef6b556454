"""Cases as they are answered to a reader."""

from __future__ import annotations

from service.casework.content import CaseClosing, CaseNote, CaseState, EvidenceItem, LevelOverride
from service.closed import Closed


class CaseSummary(Closed):
    """A case in a list; `parties` counts them. Times: seconds since 1970."""

    case: int
    version: int
    title: str
    state: CaseState
    assignee: str | None
    opened: float
    changed: float
    closed: float | None
    parties: int


class CasePage(Closed):
    """Some of the cases, the last changed first; `total` counts all those asked for."""

    cases: tuple[CaseSummary, ...]
    total: int
    next: str | None
    snapshot: str


class CasePartyAnswer(Closed):
    """A party of a case; `present`: whether the snapshot has it. time: seconds since 1970."""

    party: str
    kind: str | None
    name: str | None
    present: bool
    by: str
    time: float


class EvidenceInCase(Closed):
    """A piece of evidence; `withheld` says why this key may not see it, and then `item` is null."""

    evidence: int
    item: EvidenceItem | None
    withheld: str | None
    by: str
    time: float
    removed: bool


class RelatedCase(Closed):
    """Another case that shares parties."""

    case: int
    title: str
    state: CaseState
    assignee: str | None
    shared: tuple[str, ...]


class ActAnswer(Closed):
    """Something that was done: by whom, when (seconds since 1970), what was there before and after (JSON texts)."""

    act: int
    time: float
    by: str
    what: str
    old: str
    new: str


class CaseAnswer(Closed):
    """A case, its version, and every act on it. Times: seconds since 1970."""

    case: int
    version: int
    title: str
    state: CaseState
    assignee: str | None
    opened: float
    opened_by: str
    taken: float | None
    changed: float
    closed: float | None
    parties: tuple[CasePartyAnswer, ...]
    notes: tuple[CaseNote, ...]
    evidence: tuple[EvidenceInCase, ...]
    overrides: tuple[LevelOverride, ...]
    alerts: tuple[str, ...]
    closing: CaseClosing | None
    reopened: int
    related: tuple[RelatedCase, ...]
    acts: tuple[ActAnswer, ...]


class PartyCases(Closed):
    """The cases of a party, the last changed first."""

    party: str
    cases: tuple[CaseSummary, ...]


class CaseLookup(Closed):
    """Of the parties asked about, those that are in a case."""

    parties: tuple[PartyCases, ...]
