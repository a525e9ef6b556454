"""The legal profiles as tables: `python -m service.rights.profile_tables` writes those of docs/rights.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from service.rights.disputes.moves import MOVES
from service.rights.legal.legal_profiles import CLOCKS, LegalProfile, legal_profiles
from service.rights.lists.list_entries import ENTRY_MOVES
from service.rights.objections.objection import OBJECTION_MOVES


def moves_table() -> str:
    """The legal moves as a table."""
    rows = ["| move | from | to | the fact | who |", "|---|---|---|---|---|"]
    acts = {"hold": "is marked", "keep": "stands as before", "correct": "is corrected", "delete": "is deleted"}
    for name, rule in MOVES.items():
        who = "party or staff" if rule.by_party else "two people" if rule.second else "staff"
        start, end = ", ".join(sorted(rule.start)), rule.end or "the same"
        rows.append(f"| `{name}` | {start} | {end} | {acts.get(rule.act or '', '')} | {who} |")
    return "\n".join(rows)


def entry_moves_table() -> str:
    """The legal moves of entries of blacklists and of penalties as a table."""
    return _moves((name, rule.start, rule.end, rule.by_party, rule.second) for name, rule in ENTRY_MOVES.items())


def objection_moves_table() -> str:
    """The legal moves of objections as a table."""
    return _moves((name, rule.start, rule.end, rule.by_party, rule.second) for name, rule in OBJECTION_MOVES.items())


def _moves(moves: Iterable[tuple[str, Iterable[str], str, bool, bool]]) -> str:
    rows = ["| move | from | to | who |", "|---|---|---|---|"]
    for name, start, end, by_party, second in moves:
        who = "party or staff" if by_party else "two people" if second else "staff"
        rows.append(f"| `{name}` | {', '.join(sorted(start))} | {end} | {who} |")
    return "\n".join(rows)


def profile_tables() -> str:
    """Each profile with its clocks and their sources, what is known beside them, and what people must do."""
    return "\n\n".join("\n".join(_lines(profile)) for profile in legal_profiles().values())


def _lines(profile: LegalProfile) -> Iterator[str]:
    yield f"### {profile.name}"
    yield ""
    yield f"{profile.about} Business days: {profile.calendar.about} ({profile.calendar.source})."
    yield ""
    yield "| clock, kept by software | period | source | only where |"
    yield "|---|---|---|---|"
    for name in CLOCKS:
        if name in profile.clocks:
            clock = profile.clocks[name]
            yield f"| {name} | {clock.period} | {clock.source} | {clock.when or ''} |"
    yield ""
    words, free = profile.statement_words, profile.free_reports
    yield "Software, beside these clocks:"
    yield ""
    yield "- marks a disputed fact at once, deletes it where nobody verified it in time, and lists what is due and late"
    yield f"- keeps notices for {profile.notices_kept}"
    yield f"- lets the clock stand still: {profile.pause or 'never'}"
    yield f"- takes statements of {'any number of' if words is None else f'at most {words}'} words"
    yield f"- counts own reports, of which are free: {'all' if free is None else f'{free} within a year'}"
    yield ""
    yield "People must:"
    yield ""
    yield "- say who disputes, decide what is found, and tell the party what the notices hold"
    yield from (f"- {one}" for one in profile.people)
    yield ""
    yield "Sources, beside those of the clocks:"
    yield ""
    yield from (f"- {source}" for source in profile.sources)


if __name__ == "__main__":
    print(moves_table(), objection_moves_table(), entry_moves_table(), profile_tables(), sep="\n\n")
