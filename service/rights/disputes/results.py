"""What a party is told when its dispute is decided, as it is kept and as a page to print."""

from __future__ import annotations

import hashlib

from sqlalchemy import Engine

from graph.errors import UnknownRecord
from service.closed import Closed
from service.records.rights import told
from service.records.rights.told import Told
from service.rights.disputes.dispute import Dispute, State
from service.rights.disputes.items import Item, Value
from service.rights.legal.legal_profiles import LegalProfile
from service.rights.wording import listing, page, paragraphs, say
from service.wording.printed import day, table
from service.wording.reasons import Language


class ResultNotice(Closed):
    """The result of a dispute. decided: seconds since 1970. corrected: what stands there now, of a correction."""

    dispute: int
    party: str
    item: Item
    outcome: State
    decided: float
    corrected: dict[str, Value] | None
    why: str | None
    answer: str | None
    statement: str | None

    def sha256(self) -> str:
        """SHA-256 (hex) of its JSON, which the dispute keeps."""
        return hashlib.sha256(self.model_dump_json().encode("utf-8", "surrogatepass")).hexdigest()


def result_notice(dispute: Dispute) -> ResultNotice:
    """The notice of a dispute that is decided."""
    assert dispute.outcome is not None and dispute.decided is not None
    told_by = [step.told for step in dispute.steps if step.new == dispute.outcome and step.old != step.new]
    return ResultNotice(
        dispute=dispute.dispute,
        party=dispute.party,
        item=dispute.item,
        outcome=dispute.outcome,
        decided=dispute.decided,
        corrected=dispute.corrected if dispute.outcome == "corrected" else None,
        why=told_by[-1] if told_by else None,
        answer=dispute.answer,
        statement=dispute.statement,
    )


def keep_result(records: Engine, dispute: Dispute, profile: LegalProfile, by: str, now: float) -> None:
    """Keep the notice of a dispute that is being notified, under the digest that the dispute names."""
    content = result_notice(dispute).model_dump_json()
    assert dispute.result is not None
    kept_until = profile.calendar.after(now, profile.notices_kept)
    told.keep(records, Told(0, dispute.party, "dispute_result", dispute.result, now, kept_until, by, content))


def read_result(records: Engine, dispute: Dispute) -> ResultNotice:
    """The notice of a dispute as it was told last. Raises UnknownRecord where nothing was told yet."""
    found, _ = told.find(records, "dispute_result", dispute.party, None)
    for one in found:
        if one.about == dispute.result:
            return ResultNotice.model_validate_json(one.content)
    raise UnknownRecord(f"no result of dispute {dispute.dispute} was told yet")


def result_page(notice: ResultNotice, language: Language) -> str:
    """The notice as a page to print."""

    def said(code: str, **figures: str) -> str:
        return say("result", code, language, **figures)

    sections = [
        (said("dispute"), paragraphs([f"{notice.dispute} · {notice.party} · {day(notice.decided)}"])),
        (said("fact"), table(notice.item.rows())),
        (said("decision"), paragraphs([said(notice.outcome)])),
    ]
    if notice.corrected is not None:
        sections.append((said("now"), table((name, str(value)) for name, value in sorted(notice.corrected.items()))))
    for title, text in (("why", notice.why), ("answer", notice.answer), ("statement", notice.statement)):
        if text:
            sections.append((said(title), paragraphs([text])))
    rights = listing(said(right) for right in ("right_statement", "right_appeal", "right_complaint"))
    return page(said("title"), language, [*sections, (say("notice", "rights", language), rights)])
