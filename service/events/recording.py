"""Recording events: which are new, what they state together, and one small load of the store that states it.

An event is recorded once. The same id with the same content changes nothing; with other content it is refused, since an
event is corrected by another event and never silently. A load becomes visible as a whole, and an interrupted one, whose
events nobody was told of, is removed before the next begins.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

import pyarrow as pa
from pydantic import ValidationError

from graph.column_names import is_forbidden, plain
from graph.schema import EVENTS, OUTCOMES, PARTIES, RELATIONSHIPS, Outcome, Party, Relationship
from graph.stores.base import GraphStore, Load
from graph.stores.restrictions import Why, has_restrictions, restricted
from graph.stores.shared import begin_anew
from service.closed import Closed
from service.events import types
from service.events.facts import LinkKey, Stated, closed, corrected, facts_of, key_of
from service.faults import plainly
from service.stated.holdings import HELD, stated_holdings

SOURCE: Final = "events:"  # before the name of the sender, as the source of its facts
_canonical: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
MOST_FAULTS: Final = 3  # of an event that an answer names
CORRECTIONS: Final = (types.OutcomeCorrected, types.OutcomeCured, types.Retraction)
LASTING: Final = (types.PartyDescribed, types.IdentityCheck)  # what they state is corrected by stating it anew

State = Literal["recorded", "unchanged", "rejected"]
Code = Literal[
    "invalid", "other_content", "twice", "unknown_event", "no_outcome", "not_retractable", "attribute_dropped",
    "disputed_fact", "suppressed_fact", "corrected_fact", "deleted_party", "suppressed_by_rule",
]  # fmt: skip
RESTRICTED: Final[Mapping[Why, str]] = {
    "disputed_fact": "it is disputed; answer the dispute instead",
    "suppressed_fact": "a dispute found it wrong or nobody verified it; certify it before it is stated again",
    "corrected_fact": "a dispute corrected it, and this says again what was wrong",
    "deleted_party": "a party that it is about was deleted; readmit it first",
    "suppressed_by_rule": "a suppression rule covers it until the rule ends",
}


class EventAnswer(Closed):
    """What became of one event. code and detail say why it was rejected, or what of it was left out."""

    id: str | None
    state: State
    code: Code | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """What became of each event, in their order, and the revision from which the store has those recorded."""

    answers: tuple[EventAnswer, ...]
    revision: int
    changed: bool


@dataclass(frozen=True, slots=True)
class _EventFact:
    """An event as EVENTS has it."""

    id: str
    type: str
    time: float
    body: str


class _Rejected(Exception):
    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(detail)
        self.code: Code = code


class _Batch:
    """The events of one request, one after the other, and what they state together."""

    def __init__(self, store: GraphStore, source: str, ids: Sequence[str]) -> None:
        self.store, self.source = store, source
        self.known = store.events(source, ids)  # body by id, of those recorded before and of this batch
        self.is_bound = has_restrictions(store, source)
        self.new: dict[str, Any] = {}
        self.kinds: dict[str, str] = {}
        self.described: dict[str, Party] = {}
        self.held: dict[str, dict[str, tuple[str, float]]] = {}  # checked holdings, by party
        self.links: dict[LinkKey, Relationship | None] = {}
        self.outcomes: dict[tuple[str, str], Outcome | None] = {}

    def take(self, event: Any) -> EventAnswer:
        """Take one event in. Raises _Rejected."""
        event, left_out = _without_forbidden(event)
        body = _body(event)
        if event.id in self.known:
            if self.known[event.id] == body:
                return EventAnswer(id=event.id, state="unchanged")
            raise _Rejected("other_content", "another event has this id; send a correction as an event of its own")
        stated = self._with_original(event, facts_of(event))
        if self.is_bound:
            self._refuse_restricted(stated)
        self.known[event.id] = body
        self.new[event.id] = event
        self._state(stated)
        if left_out:
            names = ", ".join(left_out)
            return EventAnswer(
                id=event.id, state="recorded", code="attribute_dropped", detail=f"may not be stored: {names}"
            )
        return EventAnswer(id=event.id, state="recorded")

    def _refuse_restricted(self, stated: Stated) -> None:
        """Raises _Rejected where a dispute or a deletion keeps the source from stating it."""
        parties = [Party(id, kind) for id, kind in stated.parties.items()]
        described = [] if stated.described is None else [stated.described]
        for table, facts in (
            ("parties", [*parties, *described]),
            ("relationships", stated.links),
            ("outcomes", stated.outcomes),
        ):
            for why in restricted(self.store, self.source, table, [asdict(fact) for fact in facts]).values():
                raise _Rejected(why, RESTRICTED[why])

    def _with_original(self, event: Any, stated: Stated) -> Stated:
        """What an event states, together with what becomes of the event that it is of. Raises _Rejected."""
        of = getattr(event, "of", None)
        if of is None:
            return stated
        original = self._event(of)
        if isinstance(original, (*CORRECTIONS, *LASTING)) and isinstance(event, types.Retraction):
            raise _Rejected(
                "not_retractable", f"an event of the type {original.type} is put right by another such event"
            )
        there = facts_of(original)
        if isinstance(event, types.Retraction):
            self._retract(there)
            return stated
        if not there.outcomes or isinstance(original, types.OutcomeCured):
            raise _Rejected("no_outcome", f"the event {of[:40]!r} opened no outcome")
        changed = [corrected(one) if isinstance(event, types.OutcomeCorrected) else closed(one, event.time)
                   for one in there.outcomes]  # fmt: skip
        return replace(stated, outcomes=(*stated.outcomes, *changed))

    def _event(self, id: str) -> Any:
        if id not in self.known:
            self.known |= self.store.events(self.source, [id])
        if id not in self.known:
            raise _Rejected("unknown_event", f"no event has the id {id[:40]!r}")
        return types.EVENT.validate_json(self.known[id])

    def _retract(self, stated: Stated) -> None:
        self.links |= {key_of(link): None for link in stated.links}
        self.outcomes |= {(one.party, one.key): None for one in stated.outcomes}

    def _state(self, stated: Stated) -> None:
        for id, kind in stated.parties.items():
            self.kinds.setdefault(id, kind)
        if stated.described is not None:
            party = stated.described
            before = self.described.get(party.id)
            if before is not None:
                party = replace(
                    party,
                    kind=party.kind or before.kind,
                    name=party.name or before.name,
                    attributes={**before.attributes, **party.attributes},
                )
            self.described[party.id] = party
            if stated.held:
                self.held.setdefault(party.id, {}).update(stated.held)
        self.links |= {key_of(link): link for link in stated.links} | dict.fromkeys(stated.ended)
        self.outcomes |= {(one.party, one.key): one for one in stated.outcomes}

    def parties(self) -> list[Party]:
        """The facts of parties: those described, with what this source said of them before, and those named first."""
        missing = self.store.missing(self.kinds.keys() - self.described.keys())
        found = [Party(id, self.kinds[id], implied=True) for id in sorted(missing, key=str.encode)]
        stated = self.store.party_facts(self.described).to_pylist() if self.described else []
        stated.sort(key=lambda fact: (not fact["implied"], fact["recorded"]))
        kinds = {fact["id"]: fact["kind"] for fact in stated}
        own = {fact["id"]: fact for fact in stated if fact["origin"] == self.source}
        for id, party in self.described.items():
            there = own.get(id, {"name": None, "attributes": "{}"})
            attributes = {**json.loads(there["attributes"]), **party.attributes}
            if id in self.held:
                name = HELD + self.source
                attributes[name] = stated_holdings(str(attributes.get(name, "")), self.held[id])
            known = {name: value for name, value in attributes.items() if value is not None}
            kind = party.kind or kinds.get(id, self.kinds[id])
            found.append(replace(party, kind=kind, name=party.name or there["name"], attributes=known))
        return found


def record(store: GraphStore, source: str, sent: Sequence[Any]) -> Recording:
    """Record events of a source, as they were sent; nobody else may record events of the source meanwhile."""
    read = [_read(one) for one in sent]
    batch = _Batch(store, source, [event.id for event in read if not isinstance(event, EventAnswer)])
    answers = []
    for event in read:
        if isinstance(event, EventAnswer):
            answers.append(event)
            continue
        try:
            answers.append(batch.take(event))
        except _Rejected as why:
            answers.append(EventAnswer(id=event.id, state="rejected", code=why.code, detail=str(why)))
    revision = _load(store, source, batch) if batch.new else store.revision()
    return Recording(tuple(answers), revision, bool(batch.new))


def _read(sent: Any) -> Any:
    """The event, or the answer of one that is none."""
    try:
        return types.EVENT.validate_python(sent)
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(place) for place in fault['loc'][1:]) or 'type'}: {plainly(fault['msg'])[:200]}"
            for fault in error.errors(include_url=False, include_input=False, include_context=False)[:MOST_FAULTS]
        ]
        id = sent.get("id") if isinstance(sent, Mapping) else None
        named = id[: types.LONGEST_ID] if isinstance(id, str) else None
        return EventAnswer(id=named, state="rejected", code="invalid", detail="; ".join(faults))


def _without_forbidden(event: Any) -> tuple[Any, list[str]]:
    """An event without attributes that may not be stored, and their names."""
    if not isinstance(event, types.PartyDescribed):
        return event, []
    names = sorted(name for name in event.attributes if is_forbidden(name))
    if not names:
        return event, []
    kept = {name: value for name, value in event.attributes.items() if name not in names}
    return event.model_copy(update={"attributes": kept}), names


def _body(event: Any) -> str:
    """What an event says as canonical JSON."""
    added = types.ADDED.get(event.type, ())
    return _canonical({name: value for name, value in event.__dict__.items() if name not in added or value is not None})


def _load(store: GraphStore, source: str, batch: _Batch) -> int:
    """Record what a batch states; returns its revision."""
    bodies = "\n".join(batch.known[id] for id in batch.new)
    digest = hashlib.sha256(bodies.encode("utf-8", "surrogatepass")).hexdigest()
    if batch.held:
        store.add_protected([plain(HELD + source)])  # how well a holding is known is no feature of anybody
    load = begin_anew(store, source, f"events {digest}")
    facts: tuple[tuple[list[Any], pa.Schema, Callable[[pa.RecordBatch], object]], ...] = (
        (batch.parties(), PARTIES, load.parties),
        ([link for link in batch.links.values() if link is not None], RELATIONSHIPS, load.relationships),
        ([one for one in batch.outcomes.values() if one is not None], OUTCOMES, load.outcomes),
        ([_EventFact(id, one.type, one.time, batch.known[id]) for id, one in batch.new.items()], EVENTS, load.events),
    )
    for rows, schema, into in facts:
        if rows:
            into(_rows(rows, schema))
    _end(load, batch)
    return load.finish()


def _end(load: Load, batch: _Batch) -> None:
    links = [
        dict(zip(("source", "target", "kind", "key"), key, strict=True))
        for key, link in batch.links.items()
        if link is None
    ]
    outcomes = [{"party": party, "key": key} for (party, key), one in batch.outcomes.items() if one is None]
    for keys in (links, outcomes):
        if keys:
            load.end(pa.RecordBatch.from_pylist(keys))


def _rows(facts: Sequence[Any], schema: pa.Schema) -> pa.RecordBatch:
    """Facts as a batch of their schema."""
    columns = {one.name: [getattr(fact, one.name) for fact in facts] for one in schema}
    if "attributes" in columns:
        columns["attributes"] = [_canonical(attributes) for attributes in columns["attributes"]]
    return pa.RecordBatch.from_arrays([pa.array(columns[one.name], one.type) for one in schema], schema=schema)
