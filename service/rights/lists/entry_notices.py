"""What a party is told before an entry about it is used: the warning, with its evidence and the time to answer."""

from __future__ import annotations

import hashlib
from typing import Final

from sqlalchemy import Engine

from graph.errors import UnknownRecord
from service.closed import Closed
from service.records.rights import told
from service.records.rights.told import Told
from service.rights.disputes.items import Item
from service.rights.legal.legal_profiles import LegalProfile
from service.rights.lists.list_entries import Ground, ListEntry, Measure
from service.rights.wording import listing, page, paragraphs, say
from service.wording.printed import day, table
from service.wording.reasons import Language

RIGHTS: Final = ("right_answer", "right_appeal", "right_dispute", "right_end")


class EntryNotice(Closed):
    """The notice of an entry that is to be used. Times: seconds since 1970; made: when it was told."""

    entry: int
    party: str
    measure: Measure
    penalty: str | None
    ground: Ground
    evidence: tuple[Item, ...]
    purpose: str
    made: float
    answer_by: float
    ends: float
    law: str

    def sha256(self) -> str:
        """SHA-256 (hex) of its JSON."""
        return hashlib.sha256(self.model_dump_json().encode("utf-8", "surrogatepass")).hexdigest()


def keep_entry_notice(records: Engine, entry: ListEntry, profile: LegalProfile, by: str, now: float) -> EntryNotice:
    """The notice of an entry that is being notified, which is kept as it was told."""
    assert entry.answer_by is not None
    notice = EntryNotice(
        entry=entry.entry,
        party=entry.party,
        measure=entry.measure,
        penalty=entry.penalty,
        ground=entry.ground,
        evidence=entry.evidence,
        purpose=entry.purpose,
        made=now,
        answer_by=entry.answer_by,
        ends=entry.ends,
        law=profile.name,
    )
    kept_until = profile.calendar.after(now, profile.notices_kept)
    content = notice.model_dump_json()
    told.keep(records, Told(0, entry.party, "list_notice", str(entry.entry), now, kept_until, by, content))
    return notice


def read_entry_notice(records: Engine, entry: ListEntry) -> EntryNotice:
    """The notice of an entry as it was told. Raises UnknownRecord where nothing was told yet."""
    for one in told.find(records, "list_notice", entry.party, None)[0]:
        if one.about == str(entry.entry):
            return EntryNotice.model_validate_json(one.content)
    raise UnknownRecord(f"the party of entry {entry.entry} was told nothing yet")


def entry_page(notice: EntryNotice, language: Language) -> str:
    """The notice as a page to print."""

    def said(code: str, **figures: str) -> str:
        return say("entry", code, language, **figures)

    measure = notice.penalty or said(notice.measure)
    evidence = "".join(table(item.rows()) for item in notice.evidence)
    figures = {"answer_by": day(notice.answer_by), "ends": day(notice.ends)}
    rights = listing(said(right, **figures) for right in RIGHTS)
    return page(
        said("title"),
        language,
        [
            (said("about"), paragraphs([f"{notice.entry} · {notice.party} · {day(notice.made)}"])),
            (said("measure"), paragraphs([measure])),
            (said("ground"), paragraphs([said(f"ground_{notice.ground}")])),
            (said("evidence"), evidence),
            (said("use"), paragraphs([said("use_text", purpose=notice.purpose, **figures)])),
            (say("notice", "rights", language), rights),
            (say("notice", "law", language), paragraphs([notice.law])),
        ],
    )
