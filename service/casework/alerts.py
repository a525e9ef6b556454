"""Alerts: findings that people take, put off, comment on and close; each stays until somebody closes it."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Engine

from graph.errors import UnknownRecord, VersionConflict
from graph.purposes import Purpose
from service.answers.objecting import Objecting, by_row, nobody, without
from service.answers.pages import Pages
from service.casework.alert_changes import AlertChange, AlertEdit, AlertNote, AlertState, AlertWork, state_of, work_of
from service.casework.alert_sentences import sentences
from service.casework.case_answers import ActAnswer, CaseSummary
from service.casework.cases import acts_answer, ids_of, summary
from service.casework.content import CaseOutcome, CloseReason
from service.casework.desk import Desk
from service.casework.findings import LEAST_MOVE, AlertKind, Finding, find
from service.closed import Closed
from service.context import ServingContext
from service.records.casework import alerts as stored_alerts
from service.records.casework import cases as stored_cases
from service.records.casework.acts import LoggedAct, acts_on
from service.records.casework.alerts import AlertQuery, AlertSearch, StoredAlert
from service.records.casework.cases import StoredCase
from service.records.casework.event_looks import EventLook, alerts_about
from service.wording.reasons import Language

OPEN: Final[tuple[AlertState, ...]] = ("new", "taken")
ID: Final = re.compile("[0-9a-f]{16}")

_searching = threading.Lock()


class AlertAnswer(Closed):
    """An alert: what was found, why it deserves a look, and what people did with it. Times: seconds since 1970.

    revision: the newest that what was found knows. Of what events brought, `before` is `snapshot`, as it was built.
    """

    alert: str
    version: int
    kind: AlertKind
    party: str
    party_kind: str | None
    name: str | None
    parties: tuple[str, ...]
    ring: str | None
    level: str | None
    why: tuple[str, ...]
    score_before: int | None
    score_after: int | None
    points: dict[str, float]
    strength: float
    snapshot: str
    before: str | None
    revision: int | None
    made: float
    state: AlertState
    assignee: str | None
    taken: float | None
    snoozed_until: float | None
    closed: float | None
    outcome: CaseOutcome | None
    reason: CloseReason | None
    text: str | None
    notes: tuple[AlertNote, ...]
    cases: tuple[CaseSummary, ...]
    acts: tuple[ActAnswer, ...]


class AlertPage(Closed):
    """Some of the alerts, the strongest first; `counts` are of all those asked for, by kind.

    before: the snapshot that the served one was compared with. revision: what was recorded until then was looked
    through. left_out: parties whose scores were not compared.
    """

    alerts: tuple[AlertAnswer, ...]
    total: int
    counts: dict[str, int]
    next: str | None
    snapshot: str
    before: str | None
    revision: int
    left_out: int


Before = Callable[[], ServingContext | None]


def list_alerts(
    desk: Desk,
    before: Before,
    purpose: Purpose,
    look: EventLook,
    query: AlertQuery,
    limit: int,
    cursor: str | None = None,
    language: Language = "en",
) -> AlertPage:
    """A page of alerts, after the snapshot was searched for new ones if it was not yet. Raises StaleCursor.

    look: the last one at the events after the snapshot.
    """
    search = searched(desk.context, desk.records, before, purpose, desk.now, desk.objecting)
    query = replace(query, hidden=_hidden(desk, purpose))
    question = json.dumps(
        ["alerts", sorted(query.states), query.kind, query.level, query.assignee, sorted(query.parties or ())]
    )
    pages = Pages(desk.context.snapshot, question)
    start = pages.start(cursor)
    found, counts = stored_alerts.find(desk.records, query, limit, start)
    total = sum(counts.values())
    pages.start_within(cursor, total)
    return AlertPage(
        alerts=_answers(desk, found, language),
        total=total,
        counts=counts,
        next=pages.cursor(start + limit) if start + limit < total else None,
        snapshot=desk.context.snapshot.id,
        before=search.before,
        revision=look.revision,
        left_out=search.left_out + look.left_out,
    )


def read_alert(desk: Desk, id: str, purpose: Purpose, language: Language = "en") -> AlertAnswer:
    """An alert. Raises UnknownRecord."""
    return _answers(desk, [_found(desk, id, purpose)], language)[0]


def change_alert(desk: Desk, id: str, version: int, change: AlertChange, purpose: Purpose) -> AlertAnswer:
    """The alert after a change of this version of it. Raises VersionConflict, UnknownRecord, StateConflict."""
    alert = _found(desk, id, purpose)
    if alert.version != version:
        raise VersionConflict(f"alert {id}", read_alert(desk, id, purpose))
    edit = AlertEdit(alert, desk.reader.person, desk.now)
    edit.apply(change)
    if edit.acts and not stored_alerts.replace(
        desk.records, edit.stored(version + 1), edit.acts, desk.reader.person, desk.now
    ):
        raise VersionConflict(f"alert {id}", read_alert(desk, id, purpose))
    return read_alert(desk, id, purpose)


def query_of(
    desk: Desk,
    state: AlertState | None,
    kind: AlertKind | None,
    level: str | None,
    assignee: str | None,
    party: str | None,
) -> AlertQuery:
    """The question for alerts of a state (None: those that are open), a kind, a level, a person and a party."""
    ids = None if party is None else ids_of(desk, party)
    to = None if assignee is None else desk.reader.named(assignee)
    return AlertQuery(desk.now, OPEN if state is None else (state,), kind, level, to, ids)


def searched(
    context: ServingContext,
    records: Engine,
    before: Before,
    purpose: Purpose,
    now: float,
    objecting: Objecting = nobody,
) -> AlertSearch:
    """The search of the served snapshot for alerts, as it was built; the first to ask makes it, others wait for it.

    It is made again when who objects to what has changed.
    """
    context = context.base  # what came after it would make the answer depend on who asks first
    with _searching:
        earlier = before()
        compared = [context.snapshot.id, None if earlier is None else earlier.snapshot.id]
        of_model = context.model_id if context.can_score else None
        others = objecting(context, purpose)
        own = [[party, its.policy()] for party, its in sorted(others.items())]
        id = hashlib.sha256(json.dumps([*compared, of_model, purpose.policy(), *own]).encode()).hexdigest()
        search = stored_alerts.search_of(records, id)
        if search is None:
            findings = find(context, earlier, purpose, others)
            search = AlertSearch(id, compared[1], now, findings.left_out)
            untold = _not_told_before(records, findings.found)
            found = {finding.id: (new_alert(finding, now), finding.parties) for finding in untold}
            stored_alerts.keep_search(records, search, list(found.values()))
        return search


def _not_told_before(records: Engine, found: Sequence[Finding]) -> list[Finding]:
    """Those of the findings that are no alerts yet by the events between the two snapshots."""
    told = [finding_of(alert) for alert in alerts_about(records, {one.party for one in found})]
    return [one for one in found if not any(_says_it(before, one) for before in told)]


def _says_it(told: Finding, now: Finding) -> bool:
    """Whether a finding of events after the snapshot before says what one between the snapshots says."""
    if not told.is_of_events or told.snapshot != now.before:
        return False
    if now.kind == "score_moved":
        same = told.kind == now.kind and told.party == now.party
        return same and abs((told.score_after or 0) - (now.score_after or 0)) < LEAST_MOVE
    if now.kind == "outcome_opened":
        return told.kind == now.kind and told.party == now.party
    return told.ring is not None and set(now.parties) <= set(told.parties)


def new_alert(finding: Finding, now: float) -> StoredAlert:
    """The alert of a finding, with which nobody has done anything yet."""
    return StoredAlert(
        id=finding.id,
        version=1,
        kind=finding.kind,
        level=finding.level,
        strength=finding.strength,
        made=now,
        state="new",
        assignee=None,
        snoozed_until=None,
        finding=json.dumps(finding.to_json()),
        work=json.dumps(AlertWork().to_json()),
    )


def _hidden(desk: Desk, purpose: Purpose) -> frozenset[str]:
    """Ids of the alerts that tell scores as their parties may not be scored any more, since they objected."""
    snapshot = desk.context.snapshot
    own = by_row(snapshot, desk.objecting(desk.context, purpose))
    if not own:
        return frozenset()
    about = alerts_about(desk.records, {id for row in own for id in snapshot.ids_of(row)})
    return frozenset(alert.id for alert in about if _is_hidden(desk, alert, purpose))


def _is_hidden(desk: Desk, alert: StoredAlert, purpose: Purpose) -> bool:
    if alert.kind != "score_moved":
        return False
    finding = finding_of(alert)
    own = desk.purpose_for(finding.party, purpose)
    return own != purpose and (own.withheld or finding.without != without(purpose, own))


def _found(desk: Desk, id: str, purpose: Purpose) -> StoredAlert:
    alert = stored_alerts.get(desk.records, id) if ID.fullmatch(id) else None
    if alert is None or _is_hidden(desk, alert, purpose):
        raise UnknownRecord("there is no alert of this id; GET /v1/alerts lists them")
    return alert


def finding_of(alert: StoredAlert) -> Finding:
    """What a stored alert is about."""
    return Finding.model_validate_json(alert.finding)


def _answers(desk: Desk, alerts: Sequence[StoredAlert], language: Language) -> tuple[AlertAnswer, ...]:
    findings = [finding_of(alert) for alert in alerts]
    cases = stored_cases.with_parties(desk.records, sorted({party for one in findings for party in one.parties}))
    acts = acts_on(desk.records, "alert", [alert.id for alert in alerts])
    return tuple(
        _answer(desk, alert, finding, cases, acts[alert.id], language)
        for alert, finding in zip(alerts, findings, strict=True)
    )


def _answer(
    desk: Desk,
    alert: StoredAlert,
    finding: Finding,
    cases: Mapping[str, Sequence[StoredCase]],
    acts: Sequence[LoggedAct],
    language: Language,
) -> AlertAnswer:
    work = work_of(alert)
    snapshot = desk.context.snapshot
    row = snapshot.row_of(finding.party) if snapshot.has(finding.party) else None
    state = state_of(alert, desk.now)
    of_parties = {case.id: case for party in finding.parties for case in cases.get(party, ())}
    return AlertAnswer(
        alert=alert.id,
        version=alert.version,
        kind=finding.kind,
        party=finding.party,
        party_kind=None if row is None else snapshot.kind_of(row),
        name=None if row is None else snapshot.name_of(row),
        parties=finding.parties,
        ring=finding.ring,
        level=finding.level,
        why=tuple(sentences(finding, language)),
        score_before=finding.score_before,
        score_after=finding.score_after,
        points=finding.points,
        strength=finding.strength,
        snapshot=finding.snapshot,
        before=finding.before,
        revision=finding.revision,
        made=alert.made,
        state=state,
        assignee=alert.assignee,
        taken=work.taken,
        snoozed_until=alert.snoozed_until if state == "snoozed" else None,
        closed=work.closed,
        outcome=work.outcome,
        reason=work.reason,
        text=work.text,
        notes=work.notes,
        cases=tuple(summary(of_parties[id]) for id in sorted(of_parties)),
        acts=acts_answer(acts),
    )
