"""Assurance of holders: who was checked to hold which account, told with evidence, warned of, and never a feature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gnn.features.spec import fit_spec
from graph.purposes import PURPOSES
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import GraphStore
from service.events.recording import record
from service.stated.assurance import DAY
from service.stated.holdings import holdings_of, lacks_holding_assurance
from tests.graph.conftest import store, url

__all__ = ["store", "url"]

STRICT = replace(PURPOSES["lending"], name="strict", assurance="bank", assurance_days=10)
CHECK = {"type": "identity_check", "party": "ann", "passed": True, "time": 5 * DAY}


def sent(store: GraphStore, *events: dict[str, Any], source: str = "events:desk") -> list[str]:
    """What became of some events."""
    return [one.state for one in record(store, source, events).answers]


@pytest.fixture
def paid(store: GraphStore) -> GraphStore:
    """Ann's account pays Bo's."""
    holds = [
        {"id": f"{party} holds", "type": "identifier", "party": party, "kind": "Account", "identifier": account,
         "time": 1.0}
        for party, account in (("ann", "acc 1"), ("bo", "acc 2"))
    ]  # fmt: skip
    pays = {"id": "pays", "type": "payment", "payer": "acc 1", "payee": "acc 2", "amount": 9.0, "time": 2.0}
    assert sent(store, *holds, pays) == ["recorded"] * 3
    return store


@pytest.fixture
def built(paid: GraphStore, tmp_path: Path) -> Callable[[], Snapshot]:
    def build() -> Snapshot:
        folder = tmp_path / f"snapshot {paid.revision()}"
        build_snapshot(paid, folder)
        return Snapshot.open(folder)

    return build


def test_each_holding_has_its_own_level_and_the_newest_check_of_it_counts(
    paid: GraphStore, built: Callable[[], Snapshot]
) -> None:
    sent(paid, {**CHECK, "id": "1", "identifier": "acc 1", "level": "bank"})
    sent(paid, {**CHECK, "id": "2", "identifier": "phone 7", "level": "document"})
    sent(
        paid, {**CHECK, "id": "3", "identifier": "phone 7", "level": "in_person", "time": 6 * DAY}, source="events:till"
    )
    snapshot = built()
    ann = snapshot.row_of("ann")
    assert holdings_of(snapshot, ann) == {"acc 1": ("bank", 5 * DAY), "phone 7": ("in_person", 6 * DAY)}
    assert holdings_of(snapshot, snapshot.row_of("bo")) == {}
    assert "identity assurance" not in snapshot.categorical  # who she is was not checked by that

    sent(paid, {**CHECK, "id": "4", "identifier": "acc 1", "passed": False, "time": 7 * DAY})
    assert holdings_of(built(), ann)["acc 1"] == ("unknown", 7 * DAY)


def test_a_purpose_that_requires_a_level_asks_it_of_the_holders_at_both_ends(
    paid: GraphStore, built: Callable[[], Snapshot]
) -> None:
    def lacking(now: float = 6 * DAY, purpose: Any = STRICT) -> dict[str, bool]:
        snapshot = built()
        return {id: lacks_holding_assurance(snapshot, snapshot.row_of(id), purpose, now) for id in ("ann", "bo")}

    assert lacking() == {"ann": True, "bo": True}
    sent(paid, {**CHECK, "id": "1", "identifier": "acc 1", "level": "bank"})
    assert lacking() == {"ann": True, "bo": True}  # of Bo's account nothing is known
    sent(paid, {**CHECK, "id": "2", "party": "bo", "identifier": "acc 2", "level": "document"})
    assert lacking() == {"ann": True, "bo": True}
    sent(paid, {**CHECK, "id": "3", "party": "bo", "identifier": "acc 2", "level": "in_person"})
    assert lacking() == {"ann": False, "bo": False}
    assert lacking(now=20 * DAY) == {"ann": True, "bo": True}  # checked too long ago
    barred = replace(STRICT, categories=STRICT.categories - {"money"})
    assert lacking(now=20 * DAY, purpose=barred) == {"ann": False, "bo": False}  # no carried link counts
    assert lacking(now=20 * DAY, purpose=PURPOSES["lending"]) == {"ann": False, "bo": False}


def test_a_check_of_a_holding_is_no_feature_of_anybody(paid: GraphStore, built: Callable[[], Snapshot]) -> None:
    before = built()
    sent(
        paid,
        *({**CHECK, "id": party, "party": party, "identifier": "acc 1", "level": "bank"} for party in ("ann", "bo")),
    )
    after = built()
    assert holdings_of(after, after.row_of("ann")) == holdings_of(after, after.row_of("bo")) != {}
    assert set(after.categorical) - set(before.categorical) == set(after.protected) - set(before.protected)
    specs = fit_spec(before), fit_spec(after)
    assert specs[0].digest() == specs[1].digest()


def test_a_check_that_passed_says_how_and_an_old_one_is_the_same_event(paid: GraphStore) -> None:
    assert sent(paid, {**CHECK, "id": "1", "identifier": "acc 1"}) == ["rejected"]
    assert sent(paid, {**CHECK, "id": "2", "level": "bank"}) == ["recorded"]
    assert "identifier" not in paid.events("events:desk", ["2"])["2"]


def test_what_a_file_states_under_that_name_and_is_no_check_is_nothing(
    paid: GraphStore, built: Callable[[], Snapshot]
) -> None:
    described = {"id": "1", "type": "party", "party": "ann", "time": 3.0}
    sent(paid, {**described, "attributes": {"holdings assured by nobody": '{"acc 1": "bank"}'}})
    snapshot = built()
    assert holdings_of(snapshot, snapshot.row_of("ann")) == {}
