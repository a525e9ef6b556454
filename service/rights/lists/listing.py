"""Blacklists as they are kept and asked: every one who is shown an entry is written down, and told when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from graph.errors import TryLater, UnknownRecord, UsageError, VersionConflict
from graph.purposes import Purpose
from service.closed import Closed
from service.records.casework.acts import Act
from service.records.rights import list_entries as stored
from service.records.rights.list_entries import StoredEntry
from service.rights.disputes.handling import SWEEPER, Desk, Office
from service.rights.disputes.items import Item, ItemName, find_item
from service.rights.legal.legal_profiles import legal_profile
from service.rights.lists.entry_notices import keep_entry_notice
from service.rights.lists.list_entries import (
    ENTRY_MOVES,
    EntryMoveName,
    Ground,
    ListEntry,
    Measure,
    Shown,
    entry_moved,
    is_shown,
    proposed,
    shown_to,
    to_be_told,
)

SELLERS: Final = ("Merchant", "Company")
ANEW: Final = 50  # times that an entry is read again where others are shown it at the same time


class EntryAnswer(Closed):
    """An entry, and the recipients that have to be told that it counts no more."""

    entry: ListEntry
    tell: tuple[str, ...]


class EntryList(Closed):
    """Entries, the oldest first."""

    entries: tuple[EntryAnswer, ...]


def propose(
    office: Office,
    party: str,
    ground: Ground,
    evidence: Sequence[ItemName],
    purpose: Purpose,
    by: str,
    penalty: str | None = None,
) -> EntryAnswer:
    """A new entry over facts of the store. penalty: of a merchant, in words; None: the party is listed.

    Raises UnknownRecord for evidence that is not there, UsageError.
    """
    items = tuple(find_item(office.store, name) for name in evidence)
    if penalty is not None:
        held = office.store.party(party)
        if held is None or held.kind not in SELLERS:
            raise UsageError(f"a penalty is for a {' or a '.join(SELLERS)}")
    entry = proposed(party, ground, items, purpose, office.now, penalty)
    id = stored.add(office.records, _stored(entry), by, office.now)
    return _answer(entry.model_copy(update={"entry": id}))


def move_entry(
    office: Desk | Office,
    id: int,
    move: EntryMoveName,
    by: str,
    told: str | None = None,
    second: str | None = None,
    party: str | None = None,
    version: int | None = None,
    law: str = "strict",
) -> EntryAnswer:
    """The entry after a move. party: who makes it, if it is the party itself. version: the one that is changed, if any.

    A party that is notified gets a notice, which is kept as its law says; where the entry counts no more, everybody who
    was shown it is told by webhook.

    Raises UnknownRecord, StateConflict, UsageError, VersionConflict.
    """
    entry = read_entry(office, id, party).entry
    if version not in (None, entry.version):
        raise VersionConflict(f"entry {id}", _answer(entry))
    after = entry_moved(entry, move, by, office.now, told, second, party is not None)
    if move == "notify":
        keep_entry_notice(office.records, after, legal_profile(law), by, office.now)
    _replace(office, after, Act(move, entry.state, after.state), by)
    return _answer(after)


def read_entry(office: Desk | Office, id: int, party: str | None = None) -> EntryAnswer:
    """An entry; of another party than this one it is unknown. Raises UnknownRecord."""
    found = stored.get(office.records, id)
    if found is None or party not in (None, _entry(found).party):
        raise UnknownRecord(f"there is no entry {id}, or it is not yours")
    return _answer(_entry(found))


def look_up(
    office: Office,
    party: str,
    purpose: str,
    recipient: str,
    owner: int | None = None,
    measure: Measure = "listing",
) -> Shown:
    """Whether a party is listed for a purpose: the minimum. Who is shown an entry is written down in it.

    owner: the number of the recipient's first key, whose webhooks are told when the entry ends. Raises TryLater.
    """
    for _ in range(ANEW):
        entry = _entry_shown(office, party, purpose, measure)
        if entry is None:
            return Shown(party=party, listed=False, ground=None, until=None)
        after = shown_to(entry, recipient, owner, office.now)
        with suppress(VersionConflict):  # somebody else was shown it, or it was moved, since it was read
            if after is not entry:
                _replace(office, after, Act("show", None, recipient), recipient)
            return Shown(party=party, listed=True, penalty=entry.penalty, ground=entry.ground, until=entry.ends)
    raise TryLater("too many look at the same entry at once", 1.0)


def _entry_shown(office: Office, party: str, purpose: str, measure: Measure) -> ListEntry | None:
    """The first entry about a party that somebody who asks for this purpose may be shown."""
    for entry in map(_entry, stored.find(office.records, party)):
        if is_shown(entry, purpose, measure, office.now) and all(
            _state_of(office, item) == "active" for item in entry.evidence
        ):
            return entry
    return None


def entries_about(office: Desk | Office, party: str | None) -> tuple[EntryAnswer, ...]:
    """Every entry about a party (None: any), oldest first."""
    return tuple(_answer(_entry(one)) for one in stored.find(office.records, party))


def sweep_entries(office: Office) -> tuple[EntryAnswer, ...]:
    """End the entries whose time is over, and withdraw those whose evidence is gone; each names the recipients to tell.

    An entry whose evidence is disputed is shown to nobody until that is decided.
    """
    ended = []
    for one in stored.find(office.records):
        if one.state not in ENTRY_MOVES["expire"].start:
            continue
        if one.ends <= office.now:
            ended.append(move_entry(office, one.id, "expire", SWEEPER))
        elif any(_state_of(office, item) is None for item in _entry(one).evidence):
            ended.append(move_entry(office, one.id, "withdraw", SWEEPER, told="its evidence does not stand any more"))
    return tuple(ended)


def _state_of(office: Office, item: Item) -> str | None:
    """The state of an outcome that says what it said: active or disputed; None where it says that no more."""
    try:
        content = find_item(office.store, item.name).content
    except UnknownRecord:
        return None
    same = content["outcome"] == item.content["outcome"] and content["state"] in ("active", "disputed")
    return str(content["state"]) if same else None


def _replace(office: Desk | Office, entry: ListEntry, act: Act, by: str) -> None:
    told = [one.owner for one in entry.recipients if one.owner is not None] if to_be_told(entry) else []
    data = {"entry": entry.entry, "party": entry.party, "purpose": entry.purpose, "state": entry.state}
    if not stored.replace(office.records, _stored(entry), act, by, office.now, entry.party, told, data):
        raise VersionConflict(f"entry {entry.entry}", None)


def _answer(entry: ListEntry) -> EntryAnswer:
    return EntryAnswer(entry=entry, tell=to_be_told(entry))


def _entry(one: StoredEntry) -> ListEntry:
    return ListEntry.model_validate_json(one.content).model_copy(update={"entry": one.id})


def _stored(entry: ListEntry) -> StoredEntry:
    return StoredEntry(entry.entry, entry.version, entry.state, entry.party, entry.ends, entry.model_dump_json())
