"""The report of a case, to hand over: who, what, when, where, why against what is usual, how, and what is not known.

Everything in it is a fact with its source. The narrative is a draft that a person edits: sentences made from the same
facts and from nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from graph.errors import AccessError
from graph.purposes import Purpose
from service.answers.profiles import KnownOutcome, outcomes_of
from service.answers.scores import score
from service.casework.case_answers import CaseAnswer
from service.casework.cases import read_case
from service.casework.desk import Desk
from service.casework.evidence import answer_again
from service.casework.layouts import layout_of
from service.casework.reports import facts
from service.casework.reports.codes import coded, in_words
from service.casework.reports.content import (
    CaseReport,
    ReportEvent,
    ReportParty,
    ReportPicture,
    ReportReceipt,
    Sentence,
)
from service.casework.reports.facts import Found, ReportLink, said
from service.records.casework import alerts as stored_alerts
from service.wording.printed import day
from service.wording.reasons import Language, Voice
from service.wording.rings import render_ring

FORMAT: Final = 1
MOST_SCORED: Final = 100  # parties whose scores a report makes
MOST_DRAWN: Final = 300  # parties in its picture
MOST_EVENTS: Final = 300
REASONS_TOLD: Final = 2  # of each score, in the narrative; the rest stand under `why`
LINKS_TOLD: Final = 5  # with the largest amounts, in the narrative


def case_report(
    desk: Desk, id: int, purpose: Purpose, with_rings: bool = True, language: Language = "en"
) -> CaseReport:
    """The report of a case as of the served snapshot, with scores for a purpose. Raises UnknownRecord, AccessError."""
    if purpose.threshold is not None:
        raise AccessError(f"the purpose {purpose.name} discloses only yes or no; ask for a report for another")
    return _Report(desk, read_case(desk, id), purpose, with_rings, language).made()


class _Report:
    """A report while it is made."""

    def __init__(self, desk: Desk, case: CaseAnswer, purpose: Purpose, with_rings: bool, language: Language) -> None:
        self.desk, self.case, self.purpose, self.language = desk, case, purpose, language
        self.snapshot = desk.context.snapshot
        present = [one.party for one in case.parties if one.present]
        rows = tuple(dict.fromkeys(self.snapshot.row_of(party) for party in present))
        kinds = tuple(kind for kind in self.snapshot.kinds if kind in desk.reader.kinds)
        self.found = Found(self.snapshot, rows, kinds)
        self.ids = [self.snapshot.id_of(row) for row in rows]
        rings = facts.rings_among(desk.context.rings(), self.ids) if with_rings and rows else ()
        self.rings = tuple(render_ring(ring, self.snapshot, language) for ring in rings)
        self.links, self.left_out = facts.links_among(self.found) if rows else ((), 0)
        self.shared = facts.shared_among(self.found)
        self.who = tuple(self._party(place) for place in range(len(case.parties)))

    def made(self) -> CaseReport:
        case = self.case
        what, when = tuple(self._what()), tuple(sorted(self._when(), key=lambda one: (one.time, one.text)))
        why, unknown = tuple(self._why()), tuple(self._unknown())
        return CaseReport(
            format=FORMAT,
            case=case.case,
            version=case.version,
            title=case.title,
            state=case.state,
            made=self.desk.now,
            made_by=self.desk.reader.person,
            opened=case.opened,
            opened_by=case.opened_by,
            closed=case.closed,
            closing=case.closing,
            language=self.language,
            purpose=self.purpose.name,
            snapshot=self.snapshot.id,
            revision=self.snapshot.revision,
            as_of=self.snapshot.as_of,
            who=self.who,
            what=what,
            when=when[:MOST_EVENTS],
            where=self.shared,
            why=why,
            how=self.links,
            links_left_out=self.left_out,
            rings=self.rings,
            unknown=unknown,
            narrative=(self._opening(), *self._noticed(), *what, *self._why(REASONS_TOLD), *self._paid(), *unknown),
            picture=self._picture(),
            receipts=tuple(self._receipts()),
            notes=tuple(note for note in case.notes if not note.removed),
            evidence=tuple(one for one in case.evidence if not one.removed),
            acts=case.acts,
        )

    def _party(self, place: int) -> ReportParty:
        one = self.case.parties[place]
        row = self.snapshot.row_of(one.party) if one.present else None
        scored = row is not None and self.desk.context.can_score and place < MOST_SCORED
        voice, own = Voice("investigator", self.language), self.desk.purpose_for(one.party, self.purpose)
        return ReportParty(
            party=one.party,
            kind=one.kind,
            name=one.name,
            present=one.present,
            outcomes=() if row is None else outcomes_of(self.snapshot, row),
            score=score(self.desk.context, one.party, own, True, voice) if scored else None,
            override=next((each for each in self.case.overrides if each.party == one.party), None),
            unusual=() if row is None else facts.beside_peers(self.found, row),
        )

    def _say(self, code: str, source: str, **figures: object) -> Sentence:
        return Sentence(text=said(code, self.language, **figures), source=source)

    def _of_network(self, what: str) -> str:
        return f"{what}; snapshot {self.snapshot.id[:16]}, revision {self.snapshot.revision}"

    def _named(self, id: str) -> str:
        name = self.snapshot.name_of(self.snapshot.row_of(id)) if self.snapshot.has(id) else None
        return id if name is None else f"{name} ({id})"

    def _opening(self) -> Sentence:
        case = self.case
        return self._say(
            "OPENED",
            f"case {case.case}, act 1",
            case=case.case,
            person=case.opened_by,
            date=day(case.opened),
            parties=len(case.parties),
        )

    def _noticed(self) -> Iterator[Sentence]:
        """When it was first noticed: the earliest alert of the case."""
        found = [stored_alerts.get(self.desk.records, id) for id in self.case.alerts]
        alerts = sorted((alert.made, alert.id) for alert in found if alert is not None)
        if alerts:
            made, id = alerts[0]
            yield self._say("NOTICED", f"alert {id}", date=day(made))

    def _what(self) -> Iterator[Sentence]:
        for one in self.who:
            for outcome in one.outcomes:
                yield self._outcome(one.party, outcome)
        for ring in self.rings:
            inside = [member.party for member in ring.members if member.party in self.ids]
            source = self._of_network(f"ring {ring.ring}")
            yield self._say(
                "IN_RING",
                source,
                ring=ring.ring,
                level=coded("level", ring.level, self.language),
                members=", ".join(
                    f"{self._named(one.party)}: {coded('role', one.role, self.language)}" for one in ring.members
                ),
                inside=", ".join(map(self._named, inside)),
            )
            for evidence in ring.evidence:
                yield Sentence(text=evidence.text, source=source)
        if self.case.closing is not None:
            closing = self.case.closing
            yield self._say(
                "CLOSING",
                f"case {self.case.case}",
                outcome=closing.outcome,
                reason=closing.reason,
                person=closing.by,
                second=closing.confirmed_by or said("NOBODY_YET", self.language),
            )

    def _outcome(self, party: str, outcome: KnownOutcome) -> Sentence:
        unknown = said("UNKNOWN_DATE", self.language)
        return self._say(
            "OUTCOME",
            self._of_network(f"outcome of {party}"),
            party=self._named(party),
            outcome=outcome.outcome,
            state=outcome.state,
            opened=unknown if outcome.opened is None else day(outcome.opened),
            closed=said("NOT_CLOSED", self.language) if outcome.closed is None else day(outcome.closed),
        )

    def _when(self) -> Iterator[ReportEvent]:
        case = self.case
        yield self._event(case.opened, f"case {case.case}", "CASE_OPENED", person=case.opened_by)
        for one in self.who:
            for outcome in one.outcomes:
                source = self._of_network(f"outcome of {one.party}")
                told = {"party": self._named(one.party), "outcome": outcome.outcome}
                if outcome.opened is not None:
                    yield self._event(outcome.opened, source, "OUTCOME_OPENED", **told)
                if outcome.closed is not None:
                    yield self._event(outcome.closed, source, "OUTCOME_CLOSED", **told)
        for link in self.links:
            time = _time_of(link)
            if time is not None:
                yield ReportEvent(time=time, text=self._link_text(link), source=self._link_source(link))

    def _link_text(self, link: ReportLink) -> str:
        amount = "" if link.amount is None else said("AMOUNT", self.language, amount=f"{link.amount:,.2f}")
        ends = {"start": self._named(link.source), "end": self._named(link.target)}
        return said("LINK", self.language, **ends, kind=in_words(link.kind), amount=amount)

    def _link_source(self, link: ReportLink) -> str:
        return self._of_network(f"{link.kind} {link.source} -> {link.target}")

    def _paid(self) -> Iterator[Sentence]:
        """The links with the largest amounts, with their dates."""
        for link in self.links[:LINKS_TOLD]:
            if link.amount is not None:
                time = _time_of(link)
                date = said("UNKNOWN_DATE", self.language) if time is None else day(time)
                yield self._say("DATED", self._link_source(link), date=date, event=self._link_text(link))

    def _event(self, time: float, source: str, code: str, **figures: object) -> ReportEvent:
        return ReportEvent(time=time, text=said(code, self.language, **figures), source=source)

    def _why(self, reasons: int | None = None) -> Iterator[Sentence]:
        """Scores with the first few of their reasons (None: all), and what is unusual about the parties."""
        for one in self.who:
            if one.score is not None and one.score.score is not None:
                answer, interval = one.score, one.score.interval or (0.0, 1.0)
                source = f"score of {one.party}, receipt {answer.receipt[:16]}"
                yield self._say(
                    "SCORE",
                    source,
                    party=self._named(one.party),
                    score=answer.score,
                    level=coded("level", answer.level or "not_assessed", self.language),
                    probability=f"{100 * (answer.probability or 0.0):.1f}",
                    low=f"{100 * interval[0]:.1f}",
                    high=f"{100 * interval[1]:.1f}",
                )
                for reason in (answer.reasons or ())[:reasons]:
                    yield Sentence(text=reason.text, source=f"{source}, {reason.code}")
            for peer in one.unusual:
                yield self._say(
                    "UNUSUAL",
                    self._of_network(f"{peer.kind} of {one.party} and of all of its kind"),
                    party=self._named(one.party),
                    links=peer.links,
                    kind=in_words(peer.kind),
                    median=f"{peer.peers_median:g}",
                    p90=f"{peer.peers_p90:g}",
                )
            if one.override is not None:
                yield self._say(
                    "OVERRIDE",
                    f"case {self.case.case}",
                    party=self._named(one.party),
                    level=coded("level", one.override.level, self.language),
                    computed=coded("level", one.override.computed or "not_assessed", self.language),
                    person=one.override.by,
                    reason=one.override.reason,
                )
        for shared in self.shared:
            yield self._say(
                "SHARED",
                self._of_network(f"links of {shared.identifier}"),
                parties=", ".join(map(self._named, shared.parties)),
                identifier=shared.identifier,
                kind=shared.kind,
            )

    def _unknown(self) -> Iterator[Sentence]:
        for place, one in enumerate(self.who):
            source = self._of_network(f"record of {one.party}")
            if not one.present:
                yield self._say("VANISHED", source, party=one.party)
                continue
            if self.snapshot.implied[self.snapshot.row_of(one.party)]:
                yield self._say("IMPLIED", source, party=self._named(one.party))
            if one.name is None:
                yield self._say("NO_NAME", source, party=one.party)
            if place < MOST_SCORED and (one.score is None or one.score.score is None):
                yield self._say("NOT_ASSESSED", source, party=self._named(one.party))
        undated = sum(link.first is None and link.last is None for link in self.links)
        if undated:
            yield self._say("UNDATED", self._of_network("links among the parties"), links=undated)
        for code, most in (("NOT_SCORED", MOST_SCORED), ("NOT_DRAWN", MOST_DRAWN)):
            if len(self.ids) > most:
                yield self._say(code, f"case {self.case.case}", parties=len(self.ids) - most)
        if self.left_out:
            yield self._say("LEFT_OUT", self._of_network("links among the parties"), links=self.left_out)
        withheld = sum(one.withheld is not None for one in self.case.evidence)
        if withheld:
            yield self._say("WITHHELD", f"case {self.case.case}", items=withheld)

    def _picture(self) -> ReportPicture | None:
        if not self.ids:
            return None
        drawn = layout_of(self.desk.context, self.ids[:MOST_DRAWN], {}, (), self.found.kinds)
        pairs = {(link.source, link.target) for link in self.links if link.source != link.target}
        ties = sorted({tuple(sorted(pair)) for pair in pairs if set(pair) <= drawn.positions.keys()})
        return ReportPicture(
            positions=drawn.positions, edge_length=drawn.edge_length, ties=tuple((tie[0], tie[1]) for tie in ties)
        )

    def _receipts(self) -> Iterator[ReportReceipt]:
        for one in self.who:
            if one.score is not None:
                yield ReportReceipt(
                    party=one.party,
                    purpose=self.purpose.name,
                    receipt=one.score.receipt,
                    kept=None,
                    now=one.score.receipt,
                )
        for piece in self.case.evidence:
            item = piece.item
            if item is not None and item.kind == "answer" and not piece.removed and item.party and item.purpose:
                present = self.desk.context.can_score and self.snapshot.has(item.party)
                own = self.desk.purpose_for(item.party, self.desk.reader.purposes[item.purpose])
                now = answer_again(self.desk.context, item, own).receipt if present else None
                yield ReportReceipt(
                    party=item.party, purpose=item.purpose, receipt=item.receipt or "", kept=piece.time, now=now
                )


def _time_of(link: ReportLink) -> float | None:
    """When a link began, or else when it was last seen."""
    return link.first if link.first is not None else link.last
