"""A case report as one page to print: it brings along all it needs, runs nothing and fetches nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

from service.casework.reports.content import CaseReport, Sentence
from service.casework.reports.facts import said
from service.casework.reports.picture import svg
from service.wording.printed import day, policy_of, printed, table
from service.wording.reasons import texts

STYLE: Final = """
body { font: 13px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1B1F24 }
h1 { font-size: 20px; margin-bottom: 0 }
h2 { font-size: 15px; margin-top: 2rem; border-top: 1px solid #E2E2DA; padding-top: .8rem }
table { border-collapse: collapse; width: 100% }
th { text-align: left; color: #59626E; font-weight: 500; font-size: 12px; padding: .2rem .8rem .2rem 0 }
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

    def listed(code: str, rows: Iterable[Sequence[object]]) -> tuple[str, str]:
        return title(f"TITLE_{code}"), table(rows, title(f"HEADS_{code}").split(" | "))

    made = f"{moment(report.made)} · {report.made_by} · {report.snapshot[:16]} · {report.purpose}"
    sections = [
        (title("TITLE_NARRATIVE"), _sentences(report.narrative)),
        (title("TITLE_PICTURE"), svg(report)),
        listed("WHO", _who(report)),
        (title("TITLE_WHAT"), _sentences(report.what)),
        listed("WHEN", ((day(one.time), one.text, one.source) for one in report.when)),
        listed("WHERE", ((one.identifier, one.kind, ", ".join(one.parties)) for one in report.where)),
        (title("TITLE_WHY"), _sentences(report.why)),
        listed("HOW", _how(report)),
        (title("TITLE_UNKNOWN"), _sentences(report.unknown)),
        listed("NOTES", ((moment(one.time), one.by, one.text) for one in report.notes)),
        listed("EVIDENCE", _evidence(report)),
        listed("RECEIPTS", _receipts(report)),
        listed("ACTS", ((moment(one.time), one.by, one.what, one.old, one.new) for one in report.acts)),
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


def _who(report: CaseReport) -> Iterator[Sequence[object]]:
    for one in report.who:
        answer = one.score
        shown = "" if answer is None or answer.score is None else f"{answer.score} ({_level(answer.level, report)})"
        given = one.override
        override = "" if given is None else f"{_level(given.level, report)}: {given.reason}, {given.by}"
        yield one.party, one.name or "", one.kind or "", shown, override


def _level(level: str | None, report: CaseReport) -> str:
    return "" if level is None else texts(report.language)["level"][level]


def _how(report: CaseReport) -> Iterator[Sequence[object]]:
    for link in report.how:
        yield (
            link.source,
            link.kind,
            link.target,
            "" if link.first is None else day(link.first),
            "" if link.last is None else day(link.last),
            f"{link.count}×",
            "" if link.amount is None else f"{link.amount:,.2f}",
            ", ".join(link.via),
        )


def _evidence(report: CaseReport) -> Iterator[Sequence[object]]:
    for one in report.evidence:
        item = one.item
        if item is None:
            yield one.evidence, "", one.withheld or "", one.by, moment(one.time)
            continue
        about = [item.party, item.source, item.link, item.target, item.view, item.purpose, item.receipt, item.text]
        yield one.evidence, item.kind, " · ".join(filter(None, about)), one.by, moment(one.time)


def _receipts(report: CaseReport) -> Iterator[Sequence[object]]:
    for one in report.receipts:
        yield one.party, one.purpose, one.receipt, "=" if one.now == one.receipt else (one.now or "?")
