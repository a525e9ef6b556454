"""A case report as one page to print: it brings along all it needs, runs nothing and fetches nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

from service.casework.reports.codes import act_about, coded, in_words
from service.casework.reports.content import CaseReport, Sentence
from service.casework.reports.facts import said
from service.casework.reports.picture import svg
from service.wording.printed import day, policy_of, printed, table

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

    made = f"{moment(report.made)} · {report.made_by} · {report.snapshot[:16]} · {_purpose(report.purpose, report)}"
    names = _names(report)
    sections = [
        (title("TITLE_NARRATIVE"), _sentences(report.narrative)),
        listed("NOTES", ((moment(one.time), one.by, one.text) for one in report.notes)),
        (title("TITLE_PICTURE"), svg(report)),
        listed("WHO", _who(report)),
        listed("RINGS", _rings(report, names)),
        (title("TITLE_WHAT"), _sentences(report.what)),
        listed("WHEN", ((day(one.time), one.text, one.source) for one in report.when)),
        listed("WHERE", ((one.identifier, one.kind, _named(one.parties, names)) for one in report.where)),
        listed("HOW", _how(report, names)),
        (title("TITLE_WHY"), _sentences(report.why)),
        (title("TITLE_UNKNOWN"), _sentences(report.unknown)),
        listed("EVIDENCE", _evidence(report)),
        listed("RECEIPTS", _receipts(report)),
        listed("ACTS", _acts(report, names)),
    ]
    told = f"<p>#{report.case} · {escape(coded('case_state', report.state, report.language))} · {escape(made)}</p>"
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
    return "" if level is None else coded("level", level, report.language)


def _purpose(purpose: str, report: CaseReport) -> str:
    return coded("purpose", purpose, report.language)


def _names(report: CaseReport) -> dict[str, str]:
    """What the parties of the case and of its rings are called, with their ids."""
    members = [(one.party, one.name) for ring in report.rings for one in ring.members]
    parties = [(one.party, one.name) for one in report.who] + members
    return {party: f"{name} ({party})" for party, name in parties if name is not None}


def _named(parties: Iterable[str], names: Mapping[str, str]) -> str:
    return ", ".join(names.get(one, one) for one in parties)


def _rings(report: CaseReport, names: Mapping[str, str]) -> Iterator[Sequence[object]]:
    inside = {one.party for one in report.who}
    for ring in report.rings:
        for member in ring.members:
            yield (
                ring.ring,
                _level(ring.level, report),
                names.get(member.party, member.party),
                coded("role", member.role, report.language),
                said("IN_CASE" if member.party in inside else "NOT_IN_CASE", report.language),
            )


def _acts(report: CaseReport, names: Mapping[str, str]) -> Iterator[Sequence[object]]:
    for one in report.acts:
        told = coded("act", one.what, report.language)
        yield moment(one.time), one.by, told, act_about(one.old, names), act_about(one.new, names)


def _how(report: CaseReport, names: Mapping[str, str]) -> Iterator[Sequence[object]]:
    for link in report.how:
        yield (
            names.get(link.source, link.source),
            in_words(link.kind),
            names.get(link.target, link.target),
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
        yield one.party, _purpose(one.purpose, report), one.receipt, "=" if one.now == one.receipt else (one.now or "?")
