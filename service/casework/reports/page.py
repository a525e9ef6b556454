"""A case report as one page to print: it brings along all it needs, runs nothing and fetches nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from typing import Final

from service.casework.reports.content import CaseReport, ReportParty, Sentence
from service.casework.reports.facts import said
from service.casework.reports.picture import svg
from service.wording.printed import day, policy_of, printed, table

STYLE: Final = """
body { font: 13px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1B1F24 }
h1 { font-size: 20px; margin-bottom: 0 }
h2 { font-size: 15px; margin-top: 2rem; border-top: 1px solid #E2E2DA; padding-top: .8rem }
table { border-collapse: collapse; width: 100% }
td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; overflow-wrap: anywhere }
tr { break-inside: avoid }
.source { color: #59626E; font-size: 12px }
svg { width: 100%; max-height: 30rem }
bdi { unicode-bidi: isolate }
@media print { body { margin: 0; max-width: none } h2 { break-after: avoid } }
"""
POLICY: Final = policy_of(STYLE)


def report_page(report: CaseReport) -> str:
    """The whole page, as HTML."""

    def title(code: str) -> str:
        return said(code, report.language)

    made = f"{moment(report.made)} · {report.made_by} · {report.snapshot[:16]} · {report.purpose}"
    sections = [
        (title("TITLE_NARRATIVE"), _sentences(report.narrative)),
        (title("TITLE_PICTURE"), svg(report)),
        (title("TITLE_WHO"), _who(report.who)),
        (title("TITLE_WHAT"), _sentences(report.what)),
        (title("TITLE_WHEN"), table([(day(one.time), one.text, one.source) for one in report.when])),
        (title("TITLE_WHERE"), table([(one.identifier, one.kind, ", ".join(one.parties)) for one in report.where])),
        (title("TITLE_WHY"), _sentences(report.why)),
        (title("TITLE_HOW"), _how(report)),
        (title("TITLE_UNKNOWN"), _sentences(report.unknown)),
        (title("TITLE_NOTES"), table([(moment(one.time), one.by, one.text) for one in report.notes])),
        (title("TITLE_EVIDENCE"), _evidence(report)),
        (title("TITLE_RECEIPTS"), _receipts(report)),
        (title("TITLE_ACTS"), table([(moment(one.time), one.by, one.what, one.old, one.new) for one in report.acts])),
    ]
    told = f"<p>#{report.case} · {escape(report.state)} · {escape(made)}</p>"
    top = f"<h1><bdi>{escape(report.title)}</bdi></h1>{told}"
    return printed(report.language, report.title, STYLE, top, sections)


def moment(time: float) -> str:
    """A time (seconds since 1970), to the second, in UTC."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _sentences(sentences: Iterable[Sentence]) -> str:
    rows = [
        f"<li><bdi>{escape(one.text)}</bdi> <span class='source'>[{escape(one.source)}]</span></li>"
        for one in sentences
    ]
    return f"<ul>{''.join(rows)}</ul>" if rows else ""


def _who(parties: Iterable[ReportParty]) -> str:
    rows = []
    for one in parties:
        answer = one.score
        shown = "" if answer is None or answer.score is None else f"{answer.score} ({answer.level})"
        override = "" if one.override is None else f"{one.override.level}: {one.override.reason}, {one.override.by}"
        rows.append((one.party, one.name or "", one.kind or "", shown, override))
    return table(rows)


def _how(report: CaseReport) -> str:
    return table(
        (
            link.source,
            link.kind,
            link.target,
            "" if link.first is None else day(link.first),
            "" if link.last is None else day(link.last),
            f"{link.count}×",
            "" if link.amount is None else f"{link.amount:,.2f}",
            ", ".join(link.via),
        )
        for link in report.how
    )


def _evidence(report: CaseReport) -> str:
    rows = []
    for one in report.evidence:
        item = one.item
        if item is None:
            rows.append((one.evidence, "", one.withheld or "", one.by, moment(one.time)))
            continue
        about = [item.party, item.source, item.link, item.target, item.view, item.purpose, item.receipt, item.text]
        rows.append((one.evidence, item.kind, " · ".join(filter(None, about)), one.by, moment(one.time)))
    return table(rows)


def _receipts(report: CaseReport) -> str:
    return table(
        (one.party, one.purpose, one.receipt, "=" if one.now == one.receipt else (one.now or "?"))
        for one in report.receipts
    )
