"""A friend defaults, the score falls; the default is corrected, the score is back: over SQLite and a real Neo4j."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graph.snapshots.build import build_snapshot
from graph.stores.base import GraphStore
from service.context import ServingContext
from service.events.recording import record
from service.live.follower import Follower
from tests.gnn.networks import Trained
from tests.graph.conftest import store, url
from tests.graph.networks import load_facts

__all__ = ["store", "url"]


@pytest.fixture
def base(store: GraphStore, hamlet: Trained, tmp_path: Path) -> ServingContext:
    facts = hamlet.facts
    load_facts(store, (*facts.parties, *facts.relationships, *facts.outcomes), "files")
    return ServingContext(build_snapshot(store, tmp_path / "snapshot"), hamlet.model, "m")


def send(store: GraphStore, follower: Follower, *events: dict[str, Any]) -> int:
    with follower.writing() as publish:
        done = record(store, "events:shop", [{"time": 1.2e9, **event} for event in events])
        assert {answer.state for answer in done.answers} == {"recorded"}
        publish(done.revision)
    return done.revision


def score(follower: Follower, party: str, at_least: int | None = None) -> tuple[int, Any]:
    context = follower.context(at_least)
    purpose = context.purpose("fraud_investigation")
    row = context.snapshot.row_of(party)
    found = context.scorer(purpose).assess(row, context.terms(purpose))
    return context.snapshot.revision, (found.probability, found.score, found.level, found.interval)


def test_a_friend_defaults_and_the_default_is_corrected(
    store: GraphStore, base: ServingContext, hamlet: Trained, tmp_path: Path
) -> None:
    one, other = (Follower(tmp_path / "live", base, lambda: store) for _ in range(2))
    snapshot = base.snapshot
    friends = snapshot.links("FRIEND_OF")
    row = max(range(snapshot.n_parties), key=lambda row: len(friends.out(row).party))
    party, around = snapshot.id_of(row), [snapshot.id_of(other) for other in friends.out(row).party.tolist()]
    _, before = score(one, party)

    opened = [{"id": f"d{id}", "type": "outcome_opened", "party": id, "outcome": "default"} for id in sorted({*around})]
    revision = send(store, one, *opened)
    assert score(one, party, revision) == score(other, party, revision)
    during = score(other, party)[1]
    assert during[1] < before[1]
    newer = ServingContext(build_snapshot(store, tmp_path / "newer"), hamlet.model, "m")
    assert score(Follower(tmp_path / "elsewhere", newer, lambda: store), party) == (revision, during)

    corrections = [{"id": f"c{one['id']}", "type": "outcome_corrected", "of": one["id"]} for one in opened]
    revision = send(store, other, *corrections)
    assert score(one, party, revision) == score(other, party, revision) == (revision, before)
