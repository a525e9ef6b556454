"""/v1/simulations: what if some parties default, asked over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api.app import create_app
from service.answers.scenarios import ScenarioAnswer
from service.settings import Settings
from tests.api.conftest import Asker
from tests.api.test_problems import problem
from tests.house import House


def simulated(asker: Asker, body: Any) -> TestResponse:
    sent = body if isinstance(body, str) else json.dumps(body)
    headers = {"Authorization": f"Bearer {asker.key}"}
    return asker.app.test_client().post(
        "/v1/simulations", data=sent, content_type="application/json", headers=headers
    )  # fmt: skip


def test_a_simulation_over_http_is_that_of_the_command(ask: Asker, house: House) -> None:
    failed = sorted(house.truth.rings["ring_01"][:2])
    answer = simulated(ask, {"defaults": failed, "limit": 7, "purpose": "lending"})
    assert answer.status_code == 200
    asked = [word for party in failed for word in ("--default", party)]
    assert answer.json == house.kith("what-if", *asked, "--limit", "7", "--purpose", "lending").json
    found = ScenarioAnswer.model_validate(answer.json)
    assert found.failed == tuple(failed) and len(found.affected) == 7
    assert found.parties > 7, "how many more there are is told"


def test_the_whole_network_can_be_asked_for(ask: Asker, house: House) -> None:
    found = ScenarioAnswer.model_validate(simulated(ask, {"defaults": [house.member], "limit": 10_000}).json)
    assert len(found.affected) == found.parties
    rises = [one.rise for one in found.affected]
    assert rises == sorted(rises, reverse=True)
    assert found.raised == sum(rise > 0 for rise in rises)
    assert found.more_defaults == pytest.approx(sum(rises))


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"defaults": ["nobody"]}, 404, "nobody"),
        ({"defaults": [""]}, 400, "defaults"),
        ({"defaults": "a"}, 400, "defaults"),
        ({"defaults": ["a"] * 1001}, 400, "defaults"),
        ({"defaults": ["\ud800"]}, 400, "defaults"),
        ({"cures": ["nobody"]}, 404, "nobody"),
        ({"remove": [{"kind": "PAYS", "source": "a"}]}, 400, "target"),
        ({"remove": [{"kind": "PAYS", "source": "a", "target": "a"}]}, 400, "no link of kind PAYS"),
        ({"add": [{"kind": "MARRIED_TO", "source": "a", "target": "a"}]}, 404, "MARRIED_TO"),
        ({"add": [{"kind": "PAYS", "source": "a", "target": "a", "amount": -1}]}, 400, "amount"),
        ({"defaults": ["a"], "limit": 0}, 400, "limit"),
        ({"defaults": ["a"], "limit": 10_001}, 400, "limit"),
        ({"defaults": ["a"], "limit": "5"}, 400, "limit"),
        ({"defaults": ["a"], "colour": "red"}, 400, "colour"),
        ({"defaults": ["a"], "purpose": "gossip"}, 400, "lending"),
        ({"defaults": ["a"], "purpose": "deposit_waiver"}, 403, "yes or no"),
        (["a"], 400, "one JSON object"),
        ("{", 400, "JSON"),
        ("", 400, "JSON"),
        ("[" * 100_000, 400, "JSON"),
        (" " * ((1 << 20) + 1), 413, "limit"),
    ],
)
def test_a_wrong_body_is_a_problem_that_names_what_is_wrong(ask: Asker, body: Any, status: int, words: str) -> None:
    assert words in problem(simulated(ask, body), status).detail


def test_the_largest_body_is_a_setting(ask: Asker, house: House) -> None:
    body = json.dumps({"defaults": [house.member], "limit": 1})
    for most, status in ((len(body), 200), (len(body) - 1, 413)):
        settings = Settings(home=house.folder, max_body=most)
        app = create_app(ask.app.extensions["kith.context"], ask.app.extensions["kith.records"], settings)
        assert simulated(Asker(app, ask.key), body).status_code == status


def test_a_service_may_not_ask_and_a_get_is_no_question(ask: Asker, app: Any, make_key: Any) -> None:
    detail = problem(simulated(Asker(app, make_key("service")), {"defaults": ["a"]}), 403).detail
    assert "investigator or admin" in detail
    problem(ask("/v1/simulations"), 405)
