"""What a service or a subject is told of others: no outcome of fewer than three, and no network pair by pair."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
from apiflask import APIFlask

from api.app import create_app
from graph.errors import QuotaExceeded
from graph.purposes import PURPOSES
from service.answers.relationships import RelationshipRiskBatch
from service.records import keys
from service.records import pairs as asked_pairs
from service.records.database import open_records
from service.settings import Settings
from tests.api.conftest import Asker
from tests.api.test_problems import problem
from tests.house import House


@pytest.fixture(scope="module")
def service(app: APIFlask, make_key: Callable[..., str]) -> Asker:
    return Asker(app, make_key("service"))


# ------------------------------------------------------------------------------------ outcomes of others


def test_a_service_and_a_subject_are_told_no_outcome_of_fewer_than_three_others(
    ask: Asker, service: Asker, house: House
) -> None:
    parties = [*house.truth.rings["ring_01"], house.shop, "a", "b/c", "trusted"]
    to_investigator = ask("/v1/scores", method="POST", json={"parties": parties, "include": "reasons"}).json["scores"]
    few = [
        reason
        for answer in to_investigator
        for reason in answer["reasons"]
        if reason["evidence"] and 0 < reason["evidence"]["known_bad"] < 3
    ]
    assert few, "there are such parties here"
    for audience in ("service", "subject"):
        asked = {"parties": parties, "include": "reasons", "audience": audience}
        for answer in service("/v1/scores", method="POST", json=asked).json["scores"]:
            for reason in answer["reasons"]:
                evidence = reason["evidence"] or {"known_bad": None, "known_good": None}
                assert all(count is None or count >= 3 for count in (evidence["known_bad"], evidence["known_good"]))
                told = re.findall(r"(\d+) of [\d,]+ part\w+ with a known", reason["text"])
                assert all(int(count) >= 3 for count in told) and "none with" not in reason["text"]
                if reason["code"].startswith("KNOWN_BAD_"):
                    assert evidence["known_bad"] >= 3


# -------------------------------------------------------------------------------------------------- pairs


def test_each_pair_of_a_batch_is_answered_as_it_is_alone(ask: Asker, house: House) -> None:
    member, other = house.truth.rings["ring_01"][:2]
    pairs: list[dict[str, Any]] = [
        {"source": member, "target": other, "exposure": 1000, "recovery": 0.4},
        {"source": other, "target": member},
        {"source": house.shop, "target": "trusted", "exposure": 0},
    ]
    query = {"include": "contagion", "purpose": "lending", "language": "zh"}
    batch = ask("/v1/relationship-risk", method="POST", json={"pairs": pairs, **query})
    assert batch.status_code == 200 and RelationshipRiskBatch.model_validate(batch.json)
    for pair, result in zip(pairs, batch.json["pairs"], strict=True):
        assert result["risk"] == ask("/v1/relationship-risk", **pair, **query).json and result["problem"] is None


def test_a_pair_that_cannot_be_answered_does_not_silence_the_others(ask: Asker, house: House) -> None:
    pairs = [{"source": "nobody", "target": "a"}, {"source": "a", "target": "a"}, {"source": "a", "target": "b/c"}]
    unknown, of_one, answered = ask("/v1/relationship-risk", method="POST", json={"pairs": pairs}).json["pairs"]
    assert unknown["risk"] is None and "'nobody'" in unknown["problem"]
    assert of_one["risk"] is None and "two ends" in of_one["problem"]
    assert answered["problem"] is None and answered["risk"]["source"] == "a"
    problem(ask("/v1/relationship-risk", method="POST", json={"pairs": []}), 400)
    problem(ask("/v1/relationship-risk", method="POST", json={"pairs": pairs, "purpose": "deposit_waiver"}), 403)
    wrong = {"source": "a", "target": "b/c", "exposure": -1}
    assert "exposure" in problem(ask("/v1/relationship-risk", method="POST", json={"pairs": [wrong]}), 400).detail


def test_a_service_that_lists_links_pair_by_pair_hits_a_wall_on_every_worker(
    house: House, make_key: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks about all pairs of a ring, through two workers that share the records."""
    settings = Settings(home=house.folder, pairs_a_day=10)
    apps = [create_app(house.context(), open_records(settings.records), settings) for _ in range(2)]
    key = make_key("service", "fraud_investigation")
    workers = [Asker(app, key) for app in apps]
    everybody = list(combinations([*house.truth.rings["ring_01"][:6]], 2))
    answers = [
        workers[at % 2]("/v1/relationship-risk", source=a, target=b).status_code for at, (a, b) in enumerate(everybody)
    ]
    assert answers == [200] * 10 + [429] * 5
    a, b = everybody[0]
    assert workers[0]("/v1/relationship-risk", source=b, target=a).status_code == 200, "a pair counts once a day"
    refused = workers[1]("/v1/relationship-risk", source=everybody[-1][0], target=everybody[-1][1])
    assert "10 different pairs a day" in problem(refused, 429).detail
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    batch = [{"source": x, "target": y} for x, y in everybody]
    problem(workers[0]("/v1/relationship-risk", method="POST", json={"pairs": batch}), 429)
    other = Asker(apps[0], make_key("service", "fraud_investigation"))
    assert other("/v1/relationship-risk", source=a, target=b).status_code == 200, "another key has its own"
    detective = Asker(apps[0], make_key("investigator"))
    assert detective("/v1/relationship-risk", method="POST", json={"pairs": batch}).status_code == 200


def test_the_next_day_a_key_may_ask_again(house: House, make_key: Callable[..., str]) -> None:
    records = open_records("sqlite://")

    key = keys.create(records, PURPOSES, "service")[1].id
    day = 20_000 * 86_400.0
    asked_pairs.count_pairs(records, key, [("a", "b"), ("b", "a")], 1, day + 86_390.5)
    with pytest.raises(QuotaExceeded) as refused:
        asked_pairs.count_pairs(records, key, [("a", "c")], 1, day + 86_390.5)
    assert refused.value.seconds == 10
    asked_pairs.count_pairs(records, key, [("a", "c")], 1, day + 86_400)
