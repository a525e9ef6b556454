"""The own report: all that is held about a party, what was answered to whom, who looked, and what would change it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from graph.errors import UnknownRecord
from graph.purposes import Purpose
from graph.stores.base import GraphStore
from service.closed import Closed
from service.context import ServingContext
from service.records import audit
from service.records.audit import LogQuery
from service.records.rights import told
from service.records.rights.answered import answered_about
from service.records.rights.disputes import DisputeQuery
from service.records.rights.told import Told
from service.rights.disputes.handling import DisputeAnswer, Office, for_party, own_side, queue
from service.rights.disputes.items import Item, items_about
from service.rights.disputes.statements import Statement, list_statements
from service.rights.legal.legal_profiles import LegalProfile
from service.rights.lists.list_entries import ListEntry
from service.rights.lists.listing import entries_about
from service.rights.objections.objection import Objection
from service.rights.objections.reviewing import list_objections
from service.rights.reports.changes import PurposeChanges, changes_of
from service.rights.reports.explained import ToldExplanation, explanations_of
from service.rights.reports.told import KeptNotice, list_notices
from service.stated.contributors import contributors_in
from service.wording.reasons import Language

MOST: Final = 1_000_000  # disputes and notices
AT_ONCE: Final = 1_000  # lines of the access log that are read at once
YEAR: Final = 365 * 86_400.0
GROUND: Final = "third_parties"  # why something is withheld


class HeldParty(Closed):
    """What a source says of the party itself. attributes: by column."""

    source: str
    kind: str
    name: str | None
    implied: bool
    attributes: dict[str, str | float | bool | None]


class HeldLink(Closed):
    """A link of the party, as a source states it; the other end is null where it is withheld."""

    source: str
    kind: str
    outgoing: bool
    other: str | None
    first: float | None
    last: float | None
    count: int | None
    amount: float | None


class GivenAnswer(Closed):
    """An answer that was given about the party. time: seconds since 1970."""

    receipt: str
    time: float
    to: str
    role: str
    purpose: str | None


class Look(Closed):
    """A line of the access log about the party. time: seconds since 1970."""

    time: float
    by: str
    what: str
    purpose: str | None


class Withheld(Closed):
    """What is not in the report, how often, and on which ground."""

    what: str
    times: int
    ground: str


class OwnReport(Closed):
    """All that is held about a party. made: seconds since 1970.

    contributors: what other institutions are called that contributed facts. looks: every line of the access log about
    the party. free: whether it is free of charge by the profile; this_year: the how-many-th of the last 365 days it is.
    """

    party: str
    made: float
    made_by: str
    language: Language
    law: str
    free: bool
    this_year: int
    held: tuple[HeldParty, ...]
    contributors: tuple[str, ...]
    outcomes: tuple[Item, ...]
    links: tuple[HeldLink, ...]
    answers: tuple[GivenAnswer, ...]
    notices: tuple[KeptNotice, ...]
    explanations: tuple[ToldExplanation, ...]
    disputes: tuple[DisputeAnswer, ...]
    statements: tuple[Statement, ...]
    objections: tuple[Objection, ...]
    entries: tuple[ListEntry, ...]
    looks: tuple[Look, ...]
    changes: tuple[PurposeChanges, ...]
    withheld: tuple[Withheld, ...]


@dataclass(frozen=True, slots=True)
class ReportQuestion:
    """How a report is asked for. full: with other parties by name, sealed for an authority. made_by: who makes it."""

    made_by: str
    language: Language = "en"
    full: bool = False


def own_report(
    office: Office,
    context: ServingContext | None,
    purposes: Mapping[str, Purpose],
    party: str,
    profile: LegalProfile,
    question: ReportQuestion,
) -> OwnReport:
    """The report of a party, which is written down as told. context None: nothing is said of scores.

    Raises UnknownRecord where nothing is held about such a party.
    """
    items = items_about(office.store, party)
    held = _held(office.store, party)
    answers = _answers(office.records, party)
    looks = _looks(office.records, party)
    if not (items or held or answers or looks):
        raise UnknownRecord("nothing is held about such a party")
    asked_for = [purposes[name] for name in sorted({one.purpose or "" for one in answers} & purposes.keys())]
    links = tuple(_link(item, party, question.full) for item in items if item.name.table == "relationships")
    made = _made_since(office.records, party, office.now - YEAR)
    disputes = queue(office, DisputeQuery(party=party), MOST).disputes
    report = OwnReport(
        party=party,
        made=office.now,
        made_by=question.made_by,
        language=question.language,
        law=profile.name,
        free=profile.free_reports is None or made < profile.free_reports,
        this_year=made + (0 if question.full else 1),
        held=held,
        contributors=tuple(contributors_in(one.attributes for one in held)),
        outcomes=tuple(item for item in items if item.name.table == "outcomes"),
        links=links,
        answers=answers,
        notices=list_notices(office.records, party, None, MOST).notices,
        explanations=explanations_of(office.records, party, question.full),
        disputes=tuple(one if question.full else for_party(one, party) for one in disputes),
        statements=_statements(office.records, party, question.full),
        objections=list_objections(office, party).objections,
        entries=tuple(one.entry for one in entries_about(office, party)),
        looks=looks,
        changes=changes_of(office.records, context, asked_for, party, question.language),
        withheld=_withheld(links),
    )
    _keep(office, report, profile, question.full)
    return report


def _held(store: GraphStore, party: str) -> tuple[HeldParty, ...]:
    facts = store.party_facts([party]).to_pylist()
    return tuple(
        HeldParty(
            source=fact["origin"],
            kind=fact["kind"],
            name=fact["name"],
            implied=fact["implied"],
            attributes=json.loads(fact["attributes"]),
        )
        for fact in sorted(facts, key=lambda fact: str(fact["origin"]))
    )


def _link(item: Item, party: str, full: bool) -> HeldLink:
    source, target, kind, _ = item.name.key
    other, said = (target if source == party else source), item.content
    return HeldLink.model_validate(
        {
            "source": item.name.source,
            "kind": kind,
            "outgoing": source == party,
            "other": other if full or other == party else None,
            **{name: said[name] for name in ("first", "last", "count", "amount")},
        }
    )


def _answers(records: Engine, party: str) -> tuple[GivenAnswer, ...]:
    return tuple(
        GivenAnswer(
            receipt=one.receipt, time=one.time, to=one.name or f"key {one.key}", role=one.role, purpose=one.purpose
        )
        for one in answered_about(records, party)
    )


def _looks(records: Engine, party: str) -> tuple[Look, ...]:
    """Every line of the access log about a party, the newest first."""
    looks: list[Look] = []
    before: int | None = None
    while lines := audit.find(records, LogQuery(party=party), AT_ONCE, before):
        looks += [
            Look(
                time=line.access.time,
                by=line.access.person or ("the command line" if line.access.key is None else f"key {line.access.key}"),
                what=line.access.what,
                purpose=line.access.purpose,
            )
            for line in lines
        ]
        before = lines[-1].number
    return tuple(looks)


def _statements(records: Engine, party: str, full: bool) -> tuple[Statement, ...]:
    """The statements that stand; of a link the other end is withheld."""
    found = [one for one in list_statements(records, party).statements if one.state == "attached"]
    return tuple(one if full else one.model_copy(update={"item": own_side(one.item, party)}) for one in found)


def _withheld(links: Iterable[HeldLink]) -> tuple[Withheld, ...]:
    names = sum(link.other is None for link in links)
    return (Withheld(what="other_ends", times=names, ground=GROUND),) if names else ()


def _made_since(records: Engine, party: str, since: float) -> int:
    """How many reports the party was given since a time; those for an authority are none of them."""
    found = told.find(records, "own_report", party, None)[0]
    return sum(one.made > since and not json.loads(one.content).get("full", False) for one in found)


def _keep(office: Office, report: OwnReport, profile: LegalProfile, full: bool) -> None:
    """Write down that this was told, and its digest; what was told need not be held a second time."""
    said = Told(0, report.party, "own_report", "", office.now, 0.0, report.made_by, report.model_dump_json())
    content = {"sha256": said.digest, "language": report.language, "made_by": report.made_by, "full": full}
    digest = json.dumps(content)
    kept_until = profile.calendar.after(office.now, profile.notices_kept)
    told.keep(office.records, Told(0, report.party, "own_report", "", office.now, kept_until, report.made_by, digest))
