"""What events become: facts of the store, each event once, over SQLite and over a real Neo4j."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from graph import schema
from graph.stores.base import GraphStore
from graph.stores.restrictions import Restriction, restrict
from service.events.recording import Recording, record
from service.events.types import EVENT
from tests.graph.conftest import store, url
from tests.graph.loading import ANN, BO, loaded

__all__ = ["store", "url"]

SOURCE = "events:shop"


def sent(store: GraphStore, *events: dict[str, Any]) -> Recording:
    return record(store, SOURCE, [{"time": 100.0, **event} for event in events])


def links(store: GraphStore) -> set[tuple[Any, ...]]:
    rows = [row for piece in store.read_relationships() for row in piece.to_pylist()]
    return {(row["source"], row["kind"], row["target"], row["first"], row["amount"]) for row in rows}


def outcomes(store: GraphStore) -> set[tuple[Any, ...]]:
    rows = [row for piece in store.read_outcomes() for row in piece.to_pylist()]
    return {(row["party"], row["outcome"], row["opened"], row["closed"], row["state"]) for row in rows}


def parties(store: GraphStore) -> dict[str, tuple[str, bool, dict[str, Any]]]:
    rows = [row for piece in store.read_parties() for row in piece.to_pylist()]
    return {row["id"]: (row["kind"], row["implied"], json.loads(row["attributes"])) for row in rows}


LINKS = [
    (
        {"type": "order_placed", "order": "7", "party": "ann", "merchant": "shop", "amount": 9.5},
        ("ann", "ORDERS_FROM", "shop", 100.0, 9.5),
    ),
    ({"type": "payment", "payer": "ann", "payee": "bo", "amount": 3}, ("ann", "PAYS", "bo", 100.0, 3.0)),
    (
        {"type": "repayment", "line": "l1", "party": "ann", "lender": "bank", "amount": 20},
        ("ann", "PAYS", "bank", 100.0, 20.0),
    ),
    ({"type": "call", "caller": "ann", "callee": "+49171"}, ("ann", "CALLS", "+49171", 100.0, None)),
    ({"type": "friendship_made", "a": "bo", "b": "ann"}, ("ann", "FRIEND_OF", "bo", 100.0, None)),
    (
        {"type": "guarantee_made", "guarantee": "g1", "guarantor": "ann", "debtor": "bo", "amount": 500},
        ("ann", "GUARANTEES", "bo", 100.0, 500.0),
    ),
    ({"type": "rating", "rater": "ann", "rated": "bo", "value": -0.5}, ("ann", "RATES", "bo", 100.0, None)),
    (
        {"type": "identifier", "party": "ann", "kind": "Device", "identifier": "d1"},
        ("ann", "USES_DEVICE", "d1", 100.0, None),
    ),
]


@pytest.mark.parametrize(("event", "link"), LINKS, ids=[event["type"] for event, _ in LINKS])
def test_an_event_of_two_parties_is_a_link_at_its_time(
    store: GraphStore, event: dict[str, Any], link: tuple[Any, ...]
) -> None:
    done = sent(store, {"id": "e1", **event})
    assert ([answer.state for answer in done.answers], done.revision) == (["recorded"], 1)
    assert links(store) == {link}


OUTCOMES = [
    ({"type": "order_fulfilled", "order": "7", "party": "ann"}, {("ann", "good", 100.0, None, "active")}),
    ({"type": "order_late", "order": "7", "party": "ann", "days_late": 9}, {("ann", "late", 100.0, None, "active")}),
    ({"type": "order_refused", "order": "7", "party": "ann"}, set()),
    ({"type": "order_cured", "order": "7", "party": "ann"}, {("ann", "cured", 100.0, None, "active")}),
    ({"type": "outcome_opened", "party": "ann", "outcome": "fraud"}, {("ann", "fraud", 100.0, None, "active")}),
]


@pytest.mark.parametrize(("event", "expected"), OUTCOMES, ids=[event["type"] for event, _ in OUTCOMES])
def test_an_event_that_ends_well_or_badly_is_an_outcome_and_a_refused_order_is_none(
    store: GraphStore, event: dict[str, Any], expected: set[tuple[Any, ...]]
) -> None:
    assert sent(store, {"id": "e1", **event}).revision == 1
    assert outcomes(store) == expected


def test_an_event_counts_once_and_its_id_keeps_its_content(store: GraphStore) -> None:
    paid = {"id": "e1", "type": "payment", "payer": "ann", "payee": "bo", "amount": 3}
    sent(store, paid)
    again = sent(store, paid, {**paid, "amount": 4}, {**paid, "id": "e2"}, {**paid, "id": "e2"})
    assert [(answer.state, answer.code) for answer in again.answers] == [
        ("unchanged", None), ("rejected", "other_content"), ("recorded", None), ("unchanged", None),
    ]  # fmt: skip
    assert again.revision == 2
    assert sent(store, paid).revision == 2


def test_a_wrong_event_says_what_is_wrong_and_the_others_count(store: GraphStore) -> None:
    done = sent(
        store,
        {"id": "e1", "type": "payment", "payer": "ann"},
        {"id": "e2", "type": "dance"},
        {"id": "e3", "type": "call", "caller": "ann", "callee": "bo", "colour": "red"},
        {"id": "e4", "type": "call", "caller": "ann", "callee": "bo", "time": "noon"},
        {"id": "e5", "type": "call", "caller": "ann", "callee": "bo"},
    )
    assert [(answer.id, answer.state) for answer in done.answers] == [
        ("e1", "rejected"), ("e2", "rejected"), ("e3", "rejected"), ("e4", "rejected"), ("e5", "recorded"),
    ]  # fmt: skip
    assert next(answer.detail for answer in done.answers if answer.detail) == "payee: Field required"
    assert len(links(store)) == 1


@pytest.mark.parametrize("id", ["", " ", "nul\0", "x" * 1025, "\u00e9" * 513, "\ud800"])
def test_an_id_that_a_store_cannot_have_is_refused(store: GraphStore, id: str) -> None:
    done = sent(store, {"id": "e1", "type": "call", "caller": id, "callee": "bo"})
    assert [(answer.state, answer.code) for answer in done.answers] == [("rejected", "invalid")]
    assert done.revision == 0


def test_what_begins_can_end(store: GraphStore) -> None:
    sent(
        store,
        {"id": "1", "type": "friendship_made", "a": "ann", "b": "bo"},
        {"id": "2", "type": "guarantee_made", "guarantee": "g", "guarantor": "ann", "debtor": "bo"},
        {"id": "3", "type": "order_placed", "order": "7", "party": "ann", "merchant": "shop"},
        {"id": "4", "type": "friendship_made", "a": "ann", "b": "cy"},
    )
    sent(
        store,
        {"id": "5", "type": "friendship_ended", "a": "bo", "b": "ann"},
        {"id": "6", "type": "guarantee_ended", "guarantee": "g", "guarantor": "ann", "debtor": "bo"},
        {"id": "7", "type": "order_cancelled", "order": "7", "party": "ann", "merchant": "shop"},
        {"id": "8", "type": "friendship_made", "a": "bo", "b": "cy"},
        {"id": "9", "type": "friendship_ended", "a": "bo", "b": "cy"},
    )
    assert {(source, kind, target) for source, kind, target, *_ in links(store)} == {("ann", "FRIEND_OF", "cy")}


def test_an_outcome_can_be_corrected_cured_and_taken_back(store: GraphStore) -> None:
    opened = [{"id": f"o{i}", "type": "outcome_opened", "party": "ann", "outcome": "default"} for i in range(3)]
    sent(store, *opened)
    done = sent(
        store,
        {"id": "c", "type": "outcome_corrected", "of": "o0"},
        {"id": "d", "type": "outcome_cured", "party": "ann", "of": "o1", "time": 200.0},
        {"id": "e", "type": "retraction", "of": "o2"},
        {"id": "f", "type": "outcome_corrected", "of": "nothing"},
        {"id": "g", "type": "retraction", "of": "c"},
    )
    assert [answer.code for answer in done.answers] == [None, None, None, "unknown_event", "not_retractable"]
    assert outcomes(store) == {
        ("ann", "default", 100.0, None, "corrected"),
        ("ann", "default", 100.0, 200.0, "active"),
        ("ann", "cured", 200.0, None, "active"),
    }


def test_what_an_event_says_of_a_party_stays_beside_what_is_known(store: GraphStore) -> None:
    loaded(store, ANN, BO)
    sent(store, {"id": "1", "type": "party", "party": "ann", "attributes": {"income": 5, "trade": "baker"}})
    done = sent(
        store,
        {"id": "2", "type": "identity_check", "party": "ann", "passed": True},
        {
            "id": "3",
            "type": "party",
            "party": "ann",
            "attributes": {"trade": None, "shoe size": 43, "religion": "none"},
        },
        {"id": "4", "type": "party", "party": "firm", "kind": "Company"},
        {"id": "5", "type": "identity_check", "party": "newcomer", "passed": False},
    )
    assert (done.answers[1].code, done.answers[1].detail) == ("attribute_dropped", "may not be stored: religion")
    ann = store.party("ann")
    assert ann is not None and ann.kind == "Person"
    assert ann.attributes == {"income": 5.0, "shoe size": 43.0, "identity check": "passed"}
    found = parties(store)
    assert found["firm"] == ("Company", False, {})
    failed = {"identity check": "failed", "identity assurance": "unknown", "identity assured": 100.0}
    assert found["newcomer"] == ("Person", False, failed)
    assert "religion" not in store.events(SOURCE, ["3"])["3"]


def test_those_whom_an_event_names_first_are_implied_parties(store: GraphStore) -> None:
    loaded(store, ANN)
    sent(
        store,
        {"id": "1", "type": "order_placed", "order": "7", "party": "ann", "merchant": "shop"},
        {"id": "2", "type": "identifier", "party": "cy", "kind": "Phone", "identifier": "+49171"},
    )
    found = parties(store)
    assert found["shop"] == ("Merchant", True, {}) and found["+49171"] == ("Phone", True, {})
    assert found["cy"] == ("Person", True, {}) and not found["ann"][1]


def test_what_a_dispute_found_wrong_is_not_sent_in_again(store: GraphStore) -> None:
    opened = {"id": "d1", "type": "outcome_opened", "party": "bo", "outcome": "default"}
    sent(store, opened)
    (fact,) = [row for piece in store.read_outcomes() for row in piece.to_pylist()]
    load = store.begin_load(SOURCE, "a dispute")
    row = {name: fact[name] for name in schema.OUTCOMES.names}
    restrict(load, [Restriction("outcomes", row, "suppressed_fact", "dispute 1", by_opening=True)], 1.0)
    load.end(pa.RecordBatch.from_pylist([{"party": "bo", "key": fact["key"]}]))
    load.finish()
    assert outcomes(store) == set()
    (again,) = sent(store, {**opened, "id": "d2"}).answers
    assert (again.state, again.code) == ("rejected", "suppressed_fact")
    (other,) = sent(store, {**opened, "id": "d3", "party": "ann"}).answers
    assert other.state == "recorded"


def test_an_interrupted_load_of_events_is_removed_before_the_next(store: GraphStore) -> None:
    sent(store, {"id": "1", "type": "call", "caller": "ann", "callee": "bo"})
    store.begin_load(SOURCE, "events that were never acknowledged")
    done = sent(store, {"id": "2", "type": "call", "caller": "ann", "callee": "bo"})
    assert (done.revision, [load.state for load in store.loads()]) == (2, ["loaded", "loaded"])


def test_every_type_is_closed_and_described() -> None:
    schema = EVENT.json_schema()
    assert len(schema["oneOf"]) == 26
    for one in schema["$defs"].values():
        assert one["additionalProperties"] is False and one["description"]
