"""Every kind of answer of a process that follows the journal is that of one over a snapshot of all the facts."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graph.schema import IDENTIFIER_KINDS
from service.answers import explanations, parties, profiles, scores, subgraphs
from service.closed import Closed
from service.context import ServingContext
from service.events.recording import record
from service.live.watching import follower_of
from service.settings import Settings
from service.wording.reasons import Voice
from service.workspace import Workspace
from tests.house import House

pytestmark = pytest.mark.slow

VOICE = Voice("investigator", "en")
# Ids of newcomers sort behind all others, as their rows do, so that lists are in the same order.
OF_A_PLACE = {"snapshot", "revision", "next", "rings", "receipt"}  # rings are searched when a snapshot is made
EVENTS = 120


def events(people: list[str], accounts: list[str]) -> list[dict[str, Any]]:
    chance = random.Random(1)
    found = []
    for number in range(EVENTS):
        a, b = chance.sample(people, 2)
        account, other = chance.choice(accounts), chance.choice(accounts)
        event: dict[str, Any] = chance.choice(
            [
                {"type": "payment", "payer": a, "payee": b, "amount": 5},
                {"type": "payment", "payer": account, "payee": other, "amount": 50},
                {"type": "call", "caller": a, "callee": b},
                {"type": "rating", "rater": a, "rated": b, "value": chance.choice([-1, 1])},
                {"type": "friendship_made", "a": a, "b": f"zz {number:03}"},
                {"type": "outcome_opened", "party": a, "outcome": chance.choice(["default", "late", "good"])},
                {"type": "party", "party": a, "name": f"Somebody {number}", "attributes": {"income": 900 + number}},
                {"type": "guarantee_made", "guarantee": f"g{number}", "guarantor": a, "debtor": b},
            ]
        )
        found.append({"id": f"e{number}", "time": 1.75e9 + number, **event})
    return found


def test_answers_after_events_are_those_of_a_snapshot_of_all_the_facts(house: House, tmp_path: Path) -> None:
    house.copy(tmp_path / "home")
    settings = Settings(home=tmp_path / "home")
    base = ServingContext.open(settings)
    follower = follower_of(settings, base)
    assert follower is not None
    kinds = [base.snapshot.kind_of(row) for row in range(base.snapshot.n_parties)]
    people = [base.snapshot.id_of(row) for row, kind in enumerate(kinds) if kind not in IDENTIFIER_KINDS]
    accounts = [base.snapshot.id_of(row) for row, kind in enumerate(kinds) if kind == "Account"]
    sent = events(people, accounts)
    for start in range(0, EVENTS, 40):
        with follower.writing() as publish:
            done = record(follower.store(), "events:test", sent[start : start + 40])
            assert {answer.state for answer in done.answers} == {"recorded"}
            publish(done.revision)
    live = follower.context()
    Workspace(settings.home).keep_snapshot(follower.store())
    rebuilt = ServingContext.open(settings)
    assert rebuilt.snapshot.revision == live.snapshot.revision and rebuilt.snapshot.id != live.snapshot.id

    newcomers = [event["b"] for event in sent if event["type"] == "friendship_made"]
    for party in [*people[::60], *newcomers[:3]]:
        for name, ask in questions(party, sorted(live.snapshot.kinds)).items():
            assert said(ask(live)) == said(ask(rebuilt)), (party, name)


def questions(party: str, kinds: list[str]) -> dict[str, Callable[[ServingContext], Closed]]:
    return {
        "score": lambda one: scores.score(one, party, one.purpose("lending"), True, VOICE),
        "explanation": lambda one: explanations.explanation(one, party, one.purpose("fraud_investigation"), VOICE),
        "record": lambda one: parties.record(one, party, kinds, True),
        "links": lambda one: parties.links_of(one, party, kinds, 1000, None),
        "profile": lambda one: profiles.profile(one, party, one.purpose("lending"), kinds, False, VOICE),
        "subgraph": lambda one: subgraphs.subgraph(one, party, 1, 50, kinds),
        "search": lambda one: parties.search(one, party, 10, None),
    }


def said(answer: Closed) -> Any:
    def without_place(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: without_place(part) for name, part in value.items() if name not in OF_A_PLACE}
        return [without_place(part) for part in value] if isinstance(value, list) else value

    return without_place(answer.to_json())
