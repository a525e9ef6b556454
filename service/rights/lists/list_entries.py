"""Entries of a blacklist and penalties of merchants: evidence, a notice and time to answer, an end, an appeal. Pure.

Late is not refused and refused is not fraud: an entry says no more than its evidence does. An entry is shown to nobody
before its party was told and had time to answer, nor while an appeal is open. For a penalty the notice is the warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from graph.errors import StateConflict, UsageError
from graph.purposes import Purpose
from service.closed import Closed
from service.rights.disputes.items import Item

Ground = Literal["default", "fraud", "late"]
Measure = Literal["listing", "penalty"]
EntryState = Literal["proposed", "noticed", "answered", "active", "appealed", "ended", "withdrawn"]
EntryMoveName = Literal["notify", "answer", "activate", "withdraw", "appeal", "uphold", "grant", "expire"]
TO_ANSWER: Final = 14 * 86_400.0  # seconds that a party has to answer before an entry is used
DAY: Final = 86_400.0


class Recipient(Closed):
    """Who was shown the entry, by name and by the number of its first key, and when first (seconds since 1970).

    owner: null for one without a key, whom no webhook tells.
    """

    name: str
    time: float
    owner: int | None = None


class EntryStep(Closed):
    """A move that was made, when (seconds since 1970), by whom, and what was told."""

    time: float
    by: str
    move: EntryMoveName
    old: EntryState
    new: EntryState
    told: str | None
    second: str | None


class ListEntry(Closed):
    """An entry about a party. Times: seconds since 1970.

    measure: that the party is listed, or a penalty of a merchant, in words. evidence: the outcomes it rests on.
    purpose: what it may be used for. ends: counted from the end of the event, as long as the purpose keeps outcomes.
    answer_by: until when the party can answer before the entry is used.
    """

    entry: int
    version: int
    party: str
    measure: Measure = "listing"
    penalty: str | None = None
    ground: Ground
    evidence: tuple[Item, ...]
    purpose: str
    state: EntryState
    ends: float
    answer_by: float | None
    answer: str | None
    recipients: tuple[Recipient, ...]
    steps: tuple[EntryStep, ...]


class Shown(Closed):
    """The minimum that a recipient sees: whether the party is listed, why, and until when (seconds since 1970).

    penalty: of a merchant, in words, where that was asked for.
    """

    party: str
    listed: bool
    penalty: str | None = None
    ground: Ground | None
    until: float | None


@dataclass(frozen=True, slots=True)
class EntryRule:
    """From which states a move is legal and where it leads; by_party: the party itself makes it; second: two people."""

    start: frozenset[EntryState]
    end: EntryState
    by_party: bool = False
    second: bool = False


def _rule(*start: EntryState, to: EntryState, by_party: bool = False, second: bool = False) -> EntryRule:
    return EntryRule(frozenset(start), to, by_party, second)


ENTRY_MOVES: Final[Mapping[EntryMoveName, EntryRule]] = MappingProxyType(
    {
        "notify": _rule("proposed", to="noticed"),
        "answer": _rule("noticed", to="answered", by_party=True),
        "activate": _rule("noticed", "answered", to="active", second=True),
        "withdraw": _rule("proposed", "noticed", "answered", "active", "appealed", to="withdrawn"),
        "appeal": _rule("active", to="appealed", by_party=True),
        "uphold": _rule("appealed", to="active", second=True),
        "grant": _rule("appealed", to="withdrawn"),
        "expire": _rule("proposed", "noticed", "answered", "active", "appealed", to="ended"),
    }
)


def proposed(
    party: str,
    ground: Ground,
    evidence: tuple[Item, ...],
    purpose: Purpose,
    now: float,
    penalty: str | None = None,
) -> ListEntry:
    """A new entry, which nobody is shown yet. penalty: in words, of a merchant; None: the party is listed.

    Raises UsageError without evidence that says just this of this party, or whose time is over.
    """
    if ground == "late" and penalty is None:
        raise UsageError("nobody is listed for being late: late is not refused")
    fitting = [item for item in evidence if item.name.table == "outcomes" and item.name.key[0] == party]
    if not evidence or len(fitting) != len(evidence):
        raise UsageError("an entry rests on outcomes of its party; name each by source and key")
    for item in evidence:
        if item.content["outcome"] != ground or item.content["state"] != "active":
            said = f"{item.content['outcome']} ({item.content['state']})"
            raise UsageError(f"the evidence says {said} and not {ground}: late is not refused, refused is not fraud")
    ends = min(_end_of_event(item) for item in evidence) + purpose.retention_days * DAY
    if ends <= now:
        raise UsageError(f"the purpose {purpose.name} keeps outcomes for {purpose.retention_days} days, which are over")
    return ListEntry(
        entry=0,
        version=1,
        party=party,
        measure="listing" if penalty is None else "penalty",
        penalty=penalty,
        ground=ground,
        evidence=evidence,
        purpose=purpose.name,
        state="proposed",
        ends=ends,
        answer_by=None,
        answer=None,
        recipients=(),
        steps=(),
    )


def entry_moved(
    entry: ListEntry,
    move: EntryMoveName,
    by: str,
    now: float,
    told: str | None = None,
    second: str | None = None,
    of_party: bool = False,
) -> ListEntry:
    """The entry after a move. of_party: the party itself makes it. Raises StateConflict, UsageError."""
    rule = ENTRY_MOVES[move]
    if entry.state not in rule.start:
        legal = sorted(name for name, one in ENTRY_MOVES.items() if entry.state in one.start)
        raise StateConflict(f"entry {entry.entry} is {entry.state}: {move} is not possible, only {', '.join(legal)}")
    if of_party and not rule.by_party:
        raise StateConflict(f"{move} is for those who keep the list, not for the party")
    if rule.second and second in (None, by):
        raise UsageError(f"{move} goes against the party: name a `second` person who agrees, another than {by}")
    if rule.by_party and not told:
        raise UsageError(f"{move} needs `told`: what the party says")
    if move == "expire" and now < entry.ends:
        raise StateConflict("the time of this entry is not over; withdraw it instead")
    if move == "activate" and entry.state == "noticed" and now < (entry.answer_by or 0):
        raise StateConflict("the party still has time to answer; an entry is used after it did, or after that")
    step = EntryStep(time=now, by=by, move=move, old=entry.state, new=rule.end, told=told, second=second)
    update: dict[str, object] = {"state": rule.end, "version": entry.version + 1, "steps": (*entry.steps, step)}
    if move == "notify":
        update["answer_by"] = now + TO_ANSWER
    if move == "answer":
        update["answer"] = told
    return entry.model_copy(update=update)


def is_shown(entry: ListEntry, purpose: str, measure: Measure, now: float) -> bool:
    """Whether somebody who asks for this purpose may be shown the entry."""
    fits = entry.purpose == purpose and entry.measure == measure
    return entry.state == "active" and fits and now < entry.ends


def shown_to(entry: ListEntry, name: str, owner: int | None, now: float) -> ListEntry:
    """The entry with this recipient among those who were shown it."""
    if any((one.name, one.owner) == (name, owner) for one in entry.recipients):
        return entry
    recipients = (*entry.recipients, Recipient(name=name, time=now, owner=owner))
    return entry.model_copy(update={"recipients": recipients, "version": entry.version + 1})


def to_be_told(entry: ListEntry) -> tuple[str, ...]:
    """The recipients that have to be told that the entry counts no more; none while it does."""
    return tuple(one.name for one in entry.recipients) if entry.state in ("ended", "withdrawn") else ()


def _end_of_event(item: Item) -> float:
    """When the event ended: when it closed, or began if it has not. Raises UsageError without either."""
    end = item.content["closed"] if item.content["closed"] is not None else item.content["opened"]
    if not isinstance(end, int | float):
        raise UsageError("the evidence has no time, so nobody could say when the entry ends")
    return float(end)
