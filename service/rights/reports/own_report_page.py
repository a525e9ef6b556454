"""The own report as one page to print."""

from __future__ import annotations

from typing import Final

from service.rights.disputes.items import Item
from service.rights.lists.list_entries import ListEntry
from service.rights.objections.objection import Objection
from service.rights.reports.changes import PurposeChanges
from service.rights.reports.explained import ToldExplanation
from service.rights.reports.own_report import HeldLink, HeldParty, OwnReport
from service.rights.wording import listing, page, paragraphs, say
from service.wording.printed import day, table

RIGHTS: Final = ("right_report", "right_dispute", "right_third", "right_person")


def own_report_page(report: OwnReport) -> str:
    """The page, in the language of the report."""
    language = report.language

    def said(code: str) -> str:
        return say("report", code, language)

    withheld = [(say("report", "ground_third", language), f"{one.times:,}×") for one in report.withheld]
    return page(
        said("title"),
        language,
        [
            (said("for"), paragraphs([report.party, f"{said('made')} {day(report.made)} · {report.law}"])),
            (said("facts"), table(_held(one) for one in report.held)),
            (said("outcomes"), table(_outcome(item) for item in report.outcomes)),
            (said("links"), table(_link(one, said("party")) for one in report.links)),
            (said("answers"), table((day(one.time), one.to, one.purpose or "", one.receipt) for one in report.answers)),
            (said("changes"), "".join(_changes(one) for one in report.changes)),
            (said("explanations"), "".join(_explained(one) for one in report.explanations)),
            (said("notices"), table((day(one.made), one.notice.creditor, str(one.id)) for one in report.notices)),
            (said("disputes"), table((str(one.dispute.dispute), one.dispute.state) for one in report.disputes)),
            (said("statements"), table((day(one.made), one.item.name.source, one.text) for one in report.statements)),
            (said("objections"), table(_objection(one) for one in report.objections)),
            (said("entries"), table(_entry(one) for one in report.entries)),
            (said("looked"), table((day(one.time), one.by, one.what, one.purpose or "") for one in report.looks)),
            (said("withheld"), table(withheld) or paragraphs([said("none")])),
            (said("rights"), listing(say("notice", right, language) for right in RIGHTS)),
        ],
    )


def _changes(one: PurposeChanges) -> str:
    return table([(one.purpose, "–" if one.score is None else str(one.score))]) + listing(one.changes)


def _explained(one: ToldExplanation) -> str:
    score = "–" if one.score is None else str(one.score)
    return table([(day(one.time), one.to, one.purpose, score)]) + listing((*one.reasons, *one.changes))


def _objection(one: Objection) -> tuple[str, ...]:
    return day(one.made), one.category or one.to, one.purpose or "", one.state, one.text


def _held(one: HeldParty) -> tuple[str, ...]:
    attributes = ", ".join(f"{name} {value}" for name, value in sorted(one.attributes.items()) if value is not None)
    return one.source, one.kind, one.name or "", attributes


def _outcome(item: Item) -> tuple[str, ...]:
    said = item.content
    times = [day(float(value)) if value is not None else "" for value in (said["opened"], said["closed"])]
    return item.name.source, str(said["outcome"]), str(said["state"]), *times


def _entry(one: ListEntry) -> tuple[str, ...]:
    shown = ", ".join(recipient.name for recipient in one.recipients)
    return str(one.entry), one.ground, one.purpose, one.state, day(one.ends), shown


def _link(one: HeldLink, withheld: str) -> tuple[str, ...]:
    times = ["" if value is None else day(value) for value in (one.first, one.last)]
    amount = "" if one.amount is None else f"{one.amount:,.2f}"
    return one.source, one.kind, "→" if one.outgoing else "←", one.other or withheld, *times, amount
