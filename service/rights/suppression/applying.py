"""Suppression rules as they are kept, and as they are applied to the outcomes of a store.

To apply them is a load of each source: an outcome that a rule covers gets the state `suppressed`, in which it is in no
snapshot, and one that no rule covers any more is active again. Nothing is deleted. To apply them twice changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from graph.errors import StateConflict, UnknownRecord, UsageError, VersionConflict
from graph.schema import OUTCOMES, SUPPRESSED
from graph.stores.base import GraphStore, LoadDetails
from graph.stores.restrictions import Restriction, content_of, restrict, rules_of
from service.closed import Closed
from service.records import audit
from service.records.audit import Access
from service.records.casework.acts import Act
from service.records.rights import matters
from service.records.rights.matters import Matter
from service.rights.disputes.handling import SWEEPER, Office
from service.rights.suppression.rules import BAD, Arrears, RuleState, SuppressionRule, covering

LINE: Final = 1_000  # parties in one line of the access log
CURED: Final = "cured"
Row = Mapping[str, Any]


class RuleAnswer(Closed):
    """A rule as it is kept. state: ended once somebody ended it."""

    rule: SuppressionRule
    state: RuleState
    made_by: str
    ended_why: str | None


class Applied(Closed):
    """What applying the rules did: outcomes suppressed and restored, by rule. revision: of the store after it."""

    suppressed: dict[str, int]
    restored: dict[str, int]
    revision: int


def begin_rule(office: Office, rule: SuppressionRule, by: str) -> RuleAnswer:
    """Keep a new rule. Raises UsageError for a name that there is already, or a rule whose time is over."""
    if rule.until is not None and rule.until <= office.now:
        raise UsageError(f"the rule {rule.name} has ended before it began")
    if any(one.rule.name == rule.name for one in rules(office)):
        raise UsageError(f"there is a rule {rule.name} already; end it, and give the new one another name")
    answer = RuleAnswer(rule=rule, state="in_force", made_by=by, ended_why=None)
    matters.add(office.records, _matter(0, 1, answer), by, office.now)
    return answer


def end_rule(office: Office, name: str, why: str, by: str) -> RuleAnswer:
    """End a rule now; what it suppressed stands again once the rules are applied.

    Raises UnknownRecord, StateConflict.
    """
    for matter in matters.find(office.records, "suppression_rule"):
        answer = _answer(matter)
        if answer.rule.name != name:
            continue
        if answer.state == "ended":
            raise StateConflict(f"the rule {name} has ended already")
        rule = answer.rule.model_copy(update={"until": max(office.now, answer.rule.in_force)})
        ended = answer.model_copy(update={"rule": rule, "state": "ended", "ended_why": why})
        after = _matter(matter.id, matter.version + 1, ended)
        if not matters.replace(office.records, after, Act("end", "in_force", why), by, office.now):
            raise VersionConflict(f"rule {name}", None)
        return ended
    raise UnknownRecord(f"there is no suppression rule {name}; `kith suppression list` names them")


def rules(office: Office) -> tuple[RuleAnswer, ...]:
    """Every rule, oldest first."""
    return tuple(map(_answer, matters.find(office.records, "suppression_rule")))


def apply_rules(office: Office, by: str = SWEEPER) -> Applied:
    """Suppress what a rule covers now, and restore what none covers any more. Raises StoreError."""
    standing = [one.rule for one in rules(office)]
    suppressed, restored = Counter[str](), Counter[str]()
    if standing:
        for source, changes in _changes(office.store, standing, office.now).items():
            _carry_out(office, source, changes)
            suppressed.update(change.rule for change in changes if change.suppress)
            restored.update(change.rule for change in changes if not change.suppress)
            _write_down(office.records, changes, source, by, office.now)
    return Applied(suppressed=dict(suppressed), restored=dict(restored), revision=office.store.revision())


@dataclass(frozen=True, slots=True)
class _Change:
    """An outcome as its source states it (a row of OUTCOMES, active), and what becomes of it by which rule."""

    row: Row
    rule: str
    suppress: bool


def _changes(store: GraphStore, standing: Sequence[SuppressionRule], now: float) -> dict[str, list[_Change]]:
    """What has to change, by source."""
    found: dict[str, list[_Change]] = {}
    for source, rows in _outcomes(store).items():
        bound = rules_of(store, source, rows)
        was = [by if row["state"] == SUPPRESSED else None for row, by in zip(rows, bound, strict=True)]
        becomes = _covered(rows, standing, now)
        changes = [
            _Change({**row, "state": "active"}, after or before or "", after is not None)
            for row, before, after in zip(rows, was, becomes, strict=True)
            if before != after
        ]
        if changes:
            found[source] = changes
    return found


def _outcomes(store: GraphStore) -> dict[str, list[Row]]:
    """The active and the suppressed outcomes that are bad, or cures, by source; it reads all outcomes."""
    found: dict[str, list[Row]] = {}
    states, outcomes = pa.array(["active", SUPPRESSED]), pa.array([*BAD, CURED])
    with closing(store.read_outcomes()) as batches:  # type: ignore[type-var]
        for batch in batches:
            in_state = pc.is_in(batch.column("state"), value_set=states)
            some = batch.filter(pc.and_(in_state, pc.is_in(batch.column("outcome"), value_set=outcomes)))
            for row in some.to_pylist():
                found.setdefault(row["origin"], []).append({name: row[name] for name in OUTCOMES.names})
    return dict(sorted(found.items()))


def _covered(rows: Sequence[Row], standing: Sequence[SuppressionRule], now: float) -> list[str | None]:
    """By which rule each outcome of a source is suppressed. A cure goes with the last outcome that it cured."""
    of_party: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        of_party.setdefault(row["party"], []).append(place)
    found: list[str | None] = [None] * len(rows)
    for places in of_party.values():
        cures = sorted(rows[place]["opened"] for place in places if _is_dated_cure(rows[place]))
        for place in places:
            if rows[place]["outcome"] != CURED:
                rule = covering(standing, _arrears(rows[place], cures), now)
                found[place] = None if rule is None else rule.name
        for place in places:
            if rows[place]["outcome"] == CURED:
                found[place] = _of_cured(rows, found, places, rows[place]["opened"])
    return found


def _of_cured(
    rows: Sequence[Row], found: Sequence[str | None], places: Iterable[int], cured: float | None
) -> str | None:
    """The rule of what a cure cured, None where any of that still stands: the cure would tell of it."""
    when = float("inf") if cured is None else cured
    rules = [
        found[place]
        for place in places
        if rows[place]["outcome"] != CURED and (rows[place]["opened"] is None or rows[place]["opened"] <= when)
    ]
    return rules[0] if rules and None not in rules else None


def _is_dated_cure(row: Row) -> bool:
    return bool(row["outcome"] == CURED and row["opened"] is not None)


def _arrears(row: Row, cures: Sequence[float]) -> Arrears:
    """What a rule reads of an outcome; it ended when it was closed, or else with the first cure after it opened."""
    after = [time for time in cures if row["opened"] is not None and time >= row["opened"]]
    ended = row["closed"] if row["closed"] is not None else min(after, default=None)
    names = ("outcome", "opened", "days_late", "amount")
    return Arrears(ended=ended, **{name: row[name] for name in names})


def _carry_out(office: Office, source: str, changes: Sequence[_Change]) -> None:
    """One load of a source that suppresses and restores."""
    said = json.dumps([[sorted(change.row.items()), change.rule, change.suppress] for change in changes], default=str)
    digest = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
    # An interrupted one is finished by the next; the revision tells apart the same changes made again later.
    load = office.store.begin_load(source, f"suppression after revision {office.store.revision()}: {digest}")
    load.describe(LoadDetails(("suppression rules",), office.now))
    rows = [{**change.row, "state": SUPPRESSED if change.suppress else "active"} for change in changes]
    load.outcomes(pa.RecordBatch.from_pylist(rows, schema=OUTCOMES))
    restrict(load, _restrictions(changes), office.now)
    load.finish()


def _restrictions(changes: Iterable[_Change]) -> Iterator[Restriction]:
    for change in changes:
        why, content = ("suppressed_by_rule", content_of("outcomes", change.row)) if change.suppress else (None, None)
        yield Restriction("outcomes", change.row, why, change.rule, content, of_rule=True)  # type: ignore[arg-type]


def _write_down(records: Engine, changes: Sequence[_Change], source: str, by: str, now: float) -> None:
    for suppress, what in ((True, "outcome.suppressed"), (False, "outcome.restored")):
        of_rule: dict[str, set[str]] = {}
        for change in changes:
            if change.suppress is suppress:
                of_rule.setdefault(change.rule, set()).add(change.row["party"])
        for rule, every in sorted(of_rule.items()):
            parties, details = sorted(every), {"rule": rule, "source": source}
            for start in range(0, len(parties), LINE):
                some = tuple(parties[start : start + LINE])
                audit.write(records, [Access(now, None, by, what, some, details=details)])


def _answer(matter: Matter) -> RuleAnswer:
    return RuleAnswer.model_validate_json(matter.content)


def _matter(id: int, version: int, answer: RuleAnswer) -> Matter:
    return Matter(id, "suppression_rule", version, answer.state, None, answer.model_dump_json())
