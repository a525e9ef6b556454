"""Sandbox keys: fixed answers about test parties, and nothing else."""

from __future__ import annotations

import hashlib
import json

import pytest
from apiflask import APIFlask

from graph.errors import UsageError
from graph.purposes import PURPOSES
from service.records import keys
from service.records.keys import Limits
from tests.api.conftest import Asker
from tests.house import House


@pytest.fixture
def sandbox(app: APIFlask) -> Asker:
    records = app.extensions["kith.records"]
    return Asker(app, keys.create(records, PURPOSES, "service", ["all"], limits=Limits(sandbox=True))[0])


@pytest.mark.parametrize(
    ("party", "score", "level"),
    [
        ("test-low", 769, "low"),
        ("test-medium", 636, "medium"),
        ("test-high", 538, "high"),
        ("test-very-high", 408, "very_high"),
        ("test-not-assessed", None, "not_assessed"),
    ],
)
def test_test_parties_have_fixed_scores(sandbox: Asker, party: str, score: int | None, level: str) -> None:
    answer = sandbox(f"/v1/scores/{party}", purpose="lending", include="reasons").get_json()
    assert (answer["party"], answer["score"], answer["level"], answer["reasons"]) == (party, score, level, [])
    assert (answer["snapshot"], answer["model"], answer["audience"]) == ("sandbox", "sandbox", "service")
    receipt, statements = answer.pop("receipt"), answer.pop("statements")
    assert statements == []
    canonical = json.dumps(answer, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(canonical.encode()).hexdigest() == receipt


def test_a_purpose_with_a_threshold_answers_yes_or_no(sandbox: Asker) -> None:
    answers = [sandbox(f"/v1/scores/test-{name}", purpose="deposit_waiver").get_json() for name in ("low", "high")]
    assert [(answer["approved"], answer["score"]) for answer in answers] == [(True, None), (False, None)]


def test_real_parties_are_unknown_to_a_sandbox_key_and_test_parties_to_others(
    sandbox: Asker, ask: Asker, house: House
) -> None:
    answers = sandbox(f"/v1/scores/{house.member}", purpose="lending"), ask("/v1/scores/test-low")
    assert [answer.get_json()["state"] for answer in answers] == ["unknown", "unknown"]
    both = {"parties": ["test-low", house.member], "purpose": "lending"}
    batch = sandbox("/v1/scores", method="POST", json=both).get_json()["scores"]
    assert [one["state"] for one in batch] == ["assessed", "unknown"]


def test_a_sandbox_key_may_ask_nothing_else(sandbox: Asker, house: House) -> None:
    for path in (
        f"/v1/parties/{house.member}",
        f"/v1/explanations/{house.member}",
        f"/v1/relationship-risk?source={house.member}&target={house.shop}",
        "/v1/jobs",
        "/v1/webhooks",
        "/v1/rings",
    ):
        path, _, query = path.partition("?")
        answer = sandbox(path, **dict(part.split("=") for part in query.split("&") if part))
        assert (answer.status_code, "sandbox" in answer.get_json()["detail"]) == (403, True), path


def test_only_services_have_sandbox_keys(app: APIFlask) -> None:
    for role in ("investigator", "admin"):
        with pytest.raises(UsageError, match="only a key of the role service"):
            keys.create(app.extensions["kith.records"], PURPOSES, role, limits=Limits(sandbox=True))
