"""What can be changed in a case, and the case after a change: a pure function from content to content and acts.

Nothing is lost: what is removed is only marked, every change has its inverse, and the acts name old and new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import Field

from graph.errors import AccessError, StateConflict, UnknownRecord
from service.casework.content import (
    CaseClosing,
    CaseContent,
    CaseEvidence,
    CaseNote,
    CaseOutcome,
    CaseParty,
    CaseState,
    CloseReason,
    ConfirmedOutcome,
    EvidenceItem,
    FactOutcome,
    LevelOverride,
    OverrideLevel,
    OverrideReason,
)
from service.casework.evidence import AddedItem, LongText, PartyName
from service.casework.people import Reader, same_person
from service.closed import Closed, IsNumber, Whole
from service.records.casework.acts import Act

T = TypeVar("T")
MOST: Final = 500  # of anything in one change
LATEST: Final = 4_102_444_800.0  # the year 2100, the latest time that may be named
Title = Annotated[str, Field(min_length=1, max_length=200)]
NoteText = Annotated[str, Field(min_length=1, max_length=20_000)]
AlertId = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
PersonName = Annotated[str, Field(pattern=r"^[^\x00-\x1f]{1,200}$")]


class NoteEdit(Closed):
    """Another text for a note."""

    note: Whole
    text: NoteText


class NewOverride(Closed):
    """A level for a party instead of the computed one, and why."""

    party: PartyName
    level: OverrideLevel
    reason: OverrideReason
    text: LongText = ""
    purpose: str | None = None


class ClosingRequest(Closed):
    """With which outcome and why to close."""

    outcome: CaseOutcome
    reason: CloseReason
    text: LongText = ""


class NewFact(Closed):
    """What became of a party of the case."""

    party: PartyName
    outcome: FactOutcome
    opened: Annotated[float, Field(ge=0, le=LATEST, allow_inf_nan=False), IsNumber] | None = Field(
        None, description="Seconds since 1970."
    )


class CaseClosingRequest(ClosingRequest):
    """With which outcome and why to close a case, and, where it is confirmed, what became of its parties."""

    facts: list[NewFact] = Field([], max_length=MOST)


class CaseChange(Closed):
    """What changes in a case, in one step. What is left out or null stays, but an `assignee` of null is nobody."""

    title: Title | None = Field(None, description="What the case is called.")
    assignee: PersonName | None = Field(None, description="A person's name, `me`, or null for nobody.")
    add_parties: list[PartyName] = Field([], max_length=MOST)
    remove_parties: list[PartyName] = Field([], max_length=MOST)
    add_notes: list[NoteText] = Field([], max_length=MOST)
    edit_notes: list[NoteEdit] = Field([], max_length=MOST)
    remove_notes: list[Whole] = Field([], max_length=MOST)
    restore_notes: list[Whole] = Field([], max_length=MOST)
    add_evidence: list[AddedItem] = Field([], max_length=MOST)
    remove_evidence: list[Whole] = Field([], max_length=MOST)
    restore_evidence: list[Whole] = Field([], max_length=MOST)
    set_override: NewOverride | None = Field(None, description="A level that a person gives a party, and why.")
    remove_override: PartyName | None = Field(None, description="The party whose level is the computed one again.")
    add_alerts: list[AlertId] = Field([], max_length=MOST)
    close: CaseClosingRequest | None = Field(None, description="Ask to close it; somebody else must agree.")
    confirm_close: Literal[True] | None = None
    refuse_close: Literal[True] | None = None
    reopen: NoteText | None = Field(None, description="Why it is opened again.")


@dataclass(frozen=True, slots=True)
class Checked:
    """What of a change had to be looked up: ids as they stand in the network, evidence and the override as kept."""

    add_parties: Sequence[str] = ()
    evidence: Sequence[EvidenceItem] = ()
    override: LevelOverride | None = None
    facts: Sequence[ConfirmedOutcome] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """A case after a change."""

    content: CaseContent
    state: CaseState
    assignee: str | None
    acts: tuple[Act, ...]


def changed(
    content: CaseContent,
    state: CaseState,
    assignee: str | None,
    change: CaseChange,
    looked_up: Checked,
    reader: Reader,
    now: float,
) -> Changed:
    """A case after a change by the reader at a time (seconds since 1970).

    Raises StateConflict where the state does not allow it, UnknownRecord for a note or a piece of evidence that is not
    there, AccessError where the one who asked to close it would confirm it too.
    """
    edit = _Edit(content, state, assignee, reader.person, now)
    edit.states(change, looked_up.facts)
    if state == "closed" and edit.state == "closed" and edit.touches(change):
        raise StateConflict("the case is closed; open it again first")
    edit.heading(change, reader)
    edit.parties(looked_up.add_parties, change.remove_parties)
    edit.notes(change)
    edit.evidence(change, looked_up.evidence)
    edit.overrides(change, looked_up.override)
    for alert in change.add_alerts:
        if alert not in edit.content.alerts:
            edit.note_act("add_alert", None, alert, alerts=(*edit.content.alerts, alert))
    return Changed(edit.content, edit.state, edit.assignee, tuple(edit.acts))


class _Edit:
    """A case while it is changed."""

    def __init__(self, content: CaseContent, state: CaseState, assignee: str | None, person: str, now: float) -> None:
        self.content, self.state, self.assignee = content, state, assignee
        self.person, self.now = person, now
        self.acts: list[Act] = []

    def note_act(self, what: str, old: Any, new: Any, **fields: Any) -> None:
        self.acts.append(Act(what, old, new))
        self.content = self.content.model_copy(update=fields)

    def touches(self, change: CaseChange) -> bool:
        return bool(change.model_fields_set - {"reopen", "close", "confirm_close", "refuse_close"})

    def states(self, change: CaseChange, facts: Sequence[ConfirmedOutcome]) -> None:
        asked = [name for name in ("close", "confirm_close", "refuse_close", "reopen") if getattr(change, name)]
        if len(asked) > 1:
            raise StateConflict(f"a case does one of {', '.join(asked)} at a time")
        if change.reopen is not None:
            self._only("closed", "reopen")
            self._go("open", "reopen", new=change.reopen, closing=None, closed=None, reopened=self.content.reopened + 1)
        elif change.close is not None:
            self._only("open", "close")
            self._check_facts(change.close, facts)
            closing = CaseClosing(
                outcome=change.close.outcome,
                reason=change.close.reason,
                text=change.close.text,
                facts=tuple(facts),
                by=self.person,
                time=self.now,
                confirmed_by=None,
            )
            self._go("closing", "close", new=change.close.to_json(), closing=closing)
        elif change.refuse_close:
            self._only("closing", "refuse_close")
            self._go("open", "refuse_close", closing=None)
        elif change.confirm_close:
            self._confirm()

    def _check_facts(self, close: CaseClosingRequest, facts: Sequence[ConfirmedOutcome]) -> None:
        if facts and close.outcome != "confirmed":
            raise StateConflict(f"a case that is closed as {close.outcome} states no facts")
        for fact in facts:
            if fact.party not in self.content.party_ids():
                raise UnknownRecord(f"the case has no party {fact.party[:40]!r}; add it first")

    def _confirm(self) -> None:
        self._only("closing", "confirm_close")
        closing = self.content.closing
        if closing is None or same_person(closing.by, self.person):
            raise AccessError("four eyes: somebody else than the one who asked to close the case confirms it")
        confirmed = closing.model_copy(update={"confirmed_by": self.person})
        self._go("closed", "confirm_close", closing=confirmed, closed=self.now)

    def _only(self, state: CaseState, what: str) -> None:
        if self.state != state:
            raise StateConflict(f"the case is {self.state}; {what} is for one that is {state}")

    def _go(self, state: CaseState, what: str, new: Any = None, **fields: Any) -> None:
        old = self.state if new is None else {"state": self.state}
        self.note_act(what, old, state if new is None else new, **fields)
        self.state = state

    def heading(self, change: CaseChange, reader: Reader) -> None:
        if change.title is not None and change.title != self.content.title:
            self.note_act("title", self.content.title, change.title, title=change.title)
        if "assignee" in change.model_fields_set:
            to = None if change.assignee is None else reader.named(change.assignee)
            if to != self.assignee:
                taken = self.content.taken if self.content.taken is not None or to is None else self.now
                self.note_act("assignee", self.assignee, to, taken=taken)
                self.assignee = to

    def parties(self, added: Sequence[str], removed: Sequence[str]) -> None:
        for party in removed:
            if party not in self.content.party_ids():
                raise UnknownRecord(f"the case has no party {party[:40]!r}")
            rest = tuple(one for one in self.content.parties if one.party != party)
            self.note_act("remove_party", party, None, parties=rest)
        for party in added:
            if party not in self.content.party_ids():
                one = CaseParty(party=party, by=self.person, time=self.now)
                self.note_act("add_party", None, party, parties=(*self.content.parties, one))

    def notes(self, change: CaseChange) -> None:
        for text in change.add_notes:
            number = self.content.last + 1
            note = CaseNote(note=number, text=text, by=self.person, time=self.now, edited=None, removed=False)
            new = {"note": number, "text": text}
            self.note_act("add_note", None, new, notes=(*self.content.notes, note), last=number)
        for edit in change.edit_notes:
            old = self._note(edit.note)
            new = {"note": edit.note, "text": edit.text}
            after = old.model_copy(update={"text": edit.text, "edited": self.now})
            self.note_act("edit_note", {"note": old.note, "text": old.text}, new, notes=self._with_note(after))
        for number, removed in _marks(change.remove_notes, change.restore_notes):
            old = self._note(number)
            what = "remove_note" if removed else "restore_note"
            if old.removed != removed:
                told = {"note": number, "text": old.text}
                after = old.model_copy(update={"removed": removed})
                self.note_act(what, *((told, None) if removed else (None, told)), notes=self._with_note(after))

    def _note(self, number: int) -> CaseNote:
        return _numbered({one.note: one for one in self.content.notes}, number, "note")

    def _with_note(self, note: CaseNote) -> tuple[CaseNote, ...]:
        return tuple(note if one.note == note.note else one for one in self.content.notes)

    def evidence(self, change: CaseChange, items: Sequence[EvidenceItem]) -> None:
        """The acts name a piece by its number and kind alone: what it shows, not everybody may see."""
        for item in items:
            number = self.content.last + 1
            one = CaseEvidence(evidence=number, item=item, by=self.person, time=self.now, removed=False)
            told = {"evidence": number, "kind": item.kind}
            self.note_act("add_evidence", None, told, evidence=(*self.content.evidence, one), last=number)
        for number, removed in _marks(change.remove_evidence, change.restore_evidence):
            old = _numbered({one.evidence: one for one in self.content.evidence}, number, "evidence")
            if old.removed != removed:
                after = old.model_copy(update={"removed": removed})
                every = tuple(after if one.evidence == number else one for one in self.content.evidence)
                told = {"evidence": number, "kind": old.item.kind}
                what = "remove_evidence" if removed else "restore_evidence"
                self.note_act(what, *((told, None) if removed else (None, told)), evidence=every)

    def overrides(self, change: CaseChange, override: LevelOverride | None) -> None:
        if change.remove_override is not None:
            self._replace_override(change.remove_override, None, "remove_override")
        if override is not None:
            self._replace_override(override.party, override, "set_override")

    def _replace_override(self, party: str, new: LevelOverride | None, what: str) -> None:
        old = next((one for one in self.content.overrides if one.party == party), None)
        if old is None and new is None:
            raise UnknownRecord(f"the case overrides no level of {party[:40]!r}")
        rest = tuple(one for one in self.content.overrides if one.party != party)
        told = [None if one is None else _told(one) for one in (old, new)]
        self.note_act(what, *told, overrides=rest if new is None else (*rest, new))


def _told(override: LevelOverride) -> dict[str, str]:
    """What the log says of an override: the decision of a person, not the computed level behind it."""
    return {name: str(getattr(override, name)) for name in ("party", "level", "reason", "text")}


def _marks(removed: Sequence[int], restored: Sequence[int]) -> list[tuple[int, bool]]:
    return [*((number, True) for number in removed), *((number, False) for number in restored)]


def _numbered(there: Mapping[int, T], number: int, what: str) -> T:
    if number not in there:
        raise UnknownRecord(f"the case has no {what} {number}")
    return there[number]
