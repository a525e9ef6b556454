"""Cases: opened, found, read and changed by people who see each other's changes and lose none.

Every change says which version it changes. A later one is refused with the newer state, so that nobody writes over what
they have not seen.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import cast

from graph.errors import UnknownRecord, VersionConflict
from service.answers.pages import Pages
from service.casework import views
from service.casework.case_answers import (
    ActAnswer,
    CaseAnswer,
    CaseLookup,
    CasePage,
    CasePartyAnswer,
    CaseSummary,
    EvidenceInCase,
    PartyCases,
    RelatedCase,
)
from service.casework.changes import CaseChange, Changed, Checked, NewOverride, changed
from service.casework.content import (
    CaseContent,
    CaseState,
    ConfirmedOutcome,
    LevelOverride,
)
from service.casework.desk import Desk
from service.casework.evidence import checked, party_id, purpose_of, score_with_reasons, withheld
from service.casework.people import Reader
from service.records.casework import cases as stored_cases
from service.records.casework.acts import Act, LoggedAct, acts_on
from service.records.casework.cases import CaseQuery, StoredCase


def open_case(
    desk: Desk, title: str, parties: Sequence[str] = (), alerts: Sequence[str] = (), assignee: str | None = None
) -> CaseAnswer:
    """A new case. Raises UnknownParty."""
    empty = CaseContent(
        title=title,
        opened_by=desk.reader.person,
        taken=None,
        closed=None,
        parties=(),
        notes=(),
        evidence=(),
        overrides=(),
        alerts=(),
        closing=None,
        reopened=0,
        last=0,
    )
    change = CaseChange.model_validate({"assignee": assignee, "add_parties": list(parties), "add_alerts": list(alerts)})
    after = changed(empty, "open", None, change, _looked_up(desk, change), desk.reader, desk.now)
    case = _stored(after, 0, 1, desk.now, desk.now)
    acts = [Act("open", None, {"title": title}), *after.acts]
    id = stored_cases.add(
        desk.records, case, after.content.party_ids(), list(after.content.view_ids()), acts, desk.reader.person
    )
    return read_case(desk, id)


def read_case(desk: Desk, id: int) -> CaseAnswer:
    """A case as the reader may see it. Raises UnknownRecord."""
    case = _found(desk, id)
    content = content_of(case)
    snapshot = desk.context.snapshot
    parties = []
    for one in content.parties:
        row = snapshot.row_of(one.party) if snapshot.has(one.party) else None
        parties.append(
            CasePartyAnswer(
                party=one.party,
                kind=None if row is None else snapshot.kind_of(row),
                name=None if row is None else snapshot.name_of(row),
                present=row is not None,
                by=one.by,
                time=one.time,
            )
        )
    return CaseAnswer(
        case=case.id,
        version=case.version,
        title=content.title,
        state=state_of(case),
        assignee=case.assignee,
        opened=case.opened,
        opened_by=content.opened_by,
        taken=content.taken,
        changed=case.changed,
        closed=content.closed,
        parties=tuple(parties),
        notes=content.notes,
        evidence=tuple(_evidence(content, desk.reader)),
        overrides=tuple(_visible(one, desk.reader) for one in content.overrides),
        alerts=content.alerts,
        closing=content.closing,
        reopened=content.reopened,
        related=tuple(_related(desk, case.id, content)),
        acts=acts_answer(acts_on(desk.records, "case", [str(case.id)])[str(case.id)]),
    )


def list_cases(desk: Desk, query: CaseQuery, limit: int, cursor: str | None = None) -> CasePage:
    """A page of cases. Raises StaleCursor."""
    question = json.dumps(["cases", query.state, query.assignee, sorted(query.parties or ())])
    pages = Pages(desk.context.snapshot, question)
    start = pages.start(cursor)
    found, total = stored_cases.find(desk.records, query, limit, start)
    pages.start_within(cursor, total)
    return CasePage(
        cases=tuple(map(summary, found)),
        total=total,
        next=pages.cursor(start + limit) if start + limit < total else None,
        snapshot=desk.context.snapshot.id,
    )


def change_case(desk: Desk, id: int, version: int, change: CaseChange) -> CaseAnswer:
    """The case after a change of this version of it.

    Raises VersionConflict with the newer case, UnknownRecord, UnknownParty, and what `changed` raises.
    """
    case = _found(desk, id)
    if case.version != version:
        raise VersionConflict(f"case {id}", read_case(desk, id))
    after = changed(
        content_of(case), state_of(case), case.assignee, change, _looked_up(desk, change), desk.reader, desk.now
    )
    if after.acts:
        new = _stored(after, case.id, version + 1, case.opened, desk.now)
        content = after.content
        kept = stored_cases.replace(
            desk.records, new, content.party_ids(), list(content.view_ids()), after.acts, desk.reader.person
        )
        if not kept:
            raise VersionConflict(f"case {id}", read_case(desk, id))
    return read_case(desk, id)


def lookup(desk: Desk, parties: Sequence[str]) -> CaseLookup:
    """Those of the parties that are in a case, by any of their ids, with the cases; in the order that was asked."""
    found = stored_cases.with_parties(
        desk.records, list(dict.fromkeys(id for one in parties for id in ids_of(desk, one)))
    )
    answer = []
    for party in dict.fromkeys(parties):
        cases = {case.id: case for id in ids_of(desk, party) for case in found.get(id, ())}
        if cases:
            answer.append(PartyCases(party=party, cases=tuple(map(summary, cases.values()))))
    return CaseLookup(parties=tuple(answer))


def query_of(desk: Desk, state: CaseState | None, assignee: str | None, party: str | None) -> CaseQuery:
    """The question for cases of a state, a person (`me`: the reader) and a party by any of its ids."""
    to = None if assignee is None else desk.reader.named(assignee)
    return CaseQuery(state, to, None if party is None else ids_of(desk, party))


def summary(case: StoredCase) -> CaseSummary:
    """A case in a list."""
    content = content_of(case)
    return CaseSummary(
        case=case.id,
        version=case.version,
        title=content.title,
        state=state_of(case),
        assignee=case.assignee,
        opened=case.opened,
        changed=case.changed,
        closed=content.closed,
        parties=len(content.parties),
    )


def acts_answer(acts: Iterable[LoggedAct]) -> tuple[ActAnswer, ...]:
    """Acts as they are answered."""
    return tuple(
        ActAnswer(act=act.number, time=act.time, by=act.by, what=act.what, old=act.old, new=act.new) for act in acts
    )


def content_of(case: StoredCase) -> CaseContent:
    """The content of a stored case."""
    return CaseContent.model_validate_json(case.content)


def state_of(case: StoredCase) -> CaseState:
    """The state of a stored case."""
    return cast(CaseState, case.state)


def _found(desk: Desk, id: int) -> StoredCase:
    case = stored_cases.get(desk.records, id)
    if case is None:
        raise UnknownRecord(f"there is no case {id}; GET /v1/cases lists them")
    return case


def _stored(after: Changed, id: int, version: int, opened: float, now: float) -> StoredCase:
    content = json.dumps(after.content.to_json())
    return StoredCase(id, version, after.state, after.assignee, opened, now, content)


def ids_of(desk: Desk, party: str) -> Collection[str]:
    """Every id under which the records may know a party."""
    snapshot = desk.context.snapshot
    if snapshot.has(party):
        return snapshot.ids_of(snapshot.row_of(party))
    return () if "\0" in party else (party,)  # which no text of PostgreSQL can hold


def _looked_up(desk: Desk, change: CaseChange) -> Checked:
    readable = views.readable(
        desk.records, desk.reader.person, [one.view for one in change.add_evidence if one.kind == "view"]
    )
    return Checked(
        add_parties=[party_id(desk.context, party) for party in change.add_parties],
        evidence=[checked(desk.context, desk.reader, item, readable, desk.purpose_for) for item in change.add_evidence],
        override=None if change.set_override is None else _override(desk, change.set_override),
        facts=[
            ConfirmedOutcome(party=party_id(desk.context, fact.party), outcome=fact.outcome, opened=fact.opened)
            for fact in (change.close.facts if change.close is not None else ())
        ],
    )


def _override(desk: Desk, new: NewOverride) -> LevelOverride:
    purpose = purpose_of(desk.reader, new.purpose)
    party = party_id(desk.context, new.party)
    own = desk.purpose_for(party, purpose)
    answer = score_with_reasons(desk.context, party, own) if desk.context.can_score else None
    return LevelOverride(
        party=party,
        level=new.level,
        reason=new.reason,
        text=new.text,
        purpose=purpose.name,
        computed=None if answer is None else answer.level,
        receipt=None if answer is None else answer.receipt,
        by=desk.reader.person,
        time=desk.now,
    )


def _evidence(content: CaseContent, reader: Reader) -> Iterator[EvidenceInCase]:
    for one in content.evidence:
        why = withheld(one.item, reader)
        yield EvidenceInCase(
            evidence=one.evidence,
            item=one.item if why is None else None,
            withheld=why,
            by=one.by,
            time=one.time,
            removed=one.removed,
        )


def _visible(override: LevelOverride, reader: Reader) -> LevelOverride:
    """An override without the computed level, where it is of a purpose that the reader may not ask for."""
    if override.purpose in reader.purposes:
        return override
    return override.model_copy(update={"computed": None, "receipt": None})


def _related(desk: Desk, id: int, content: CaseContent) -> Iterator[RelatedCase]:
    found = stored_cases.with_parties(desk.records, content.party_ids())
    others = {case.id: case for cases in found.values() for case in cases if case.id != id}
    for other in sorted(others):
        yield RelatedCase(
            case=other,
            title=content_of(others[other]).title,
            state=state_of(others[other]),
            assignee=others[other].assignee,
            shared=tuple(party for party in content.party_ids() if other in {case.id for case in found.get(party, ())}),
        )
