"""A question names the revision it wants to be answered from; events are for those who may send them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest
from apiflask import APIFlask
from werkzeug.test import TestResponse

from tests.api.conftest import Asker
from tests.house import House


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No question waits for a revision that will never be there."""
    monkeypatch.setattr("service.live.follower.WAIT", 0.0)


@pytest.fixture
def revision(ask: Asker) -> int:
    found: Any = ask("/readyz").json
    return int(found["revision"])


def test_a_revision_that_is_here_is_answered(ask: Asker, house: House, revision: int) -> None:
    plain = ask.of(house.member, "scores").json
    assert ask.of(house.member, "scores", at_least=revision).json == plain
    assert ask.of(house.member, "scores", at_least=0).json == plain
    assert ask.of(house.member, "scores", exactly=revision).json == plain
    assert ask.of(house.member, "scores", exactly=revision, at_least=0).json == plain


def test_a_revision_that_is_not_here_is_said_to_be_missing(ask: Asker, house: House, revision: int) -> None:
    later = ask.of(house.member, "scores", at_least=revision + 1)
    assert later.status_code == 503 and f"revision {revision + 1} is not here yet" in later.json["detail"]
    earlier = ask.of(house.member, "scores", exactly=revision - 1)
    assert earlier.status_code == 410 and f"answers from revision {revision}" in earlier.json["detail"]


@pytest.mark.parametrize("query", [
    {"at_least": "-1"}, {"at_least": "x"}, {"exactly": "1.0"}, {"at_least": ""}, {"at_least": ["1", "1"]},
    {"exactly": ["1", "1"]}, {"at_least": "9" * 30}, {"at_least": "\u0662"},
], ids=str)  # fmt: skip
def test_what_is_no_revision_is_refused(ask: Asker, house: House, query: dict[str, Any]) -> None:
    answer = ask(f"/v1/scores/{house.member}", **query)
    assert answer.status_code == 400 and next(iter(query)) in answer.json["detail"]


def questions(house: House) -> list[tuple[str, Any]]:
    """What is asked of the network: the path and, where it is a POST, the body."""
    pair = {"source": house.member, "target": house.shop}
    gets = [
        *(f"/v1/{what}/{house.member}" for what in ("parties", "neighbours", "scores", "explanations", "profiles")),
        f"/v1/exports/{house.member}?hops=0", f"/v1/expansions/{house.member}?limit=1", "/v1/parties?q=a", "/v1/rings",
        "/v1/alerts", "/v1/cases", "/v1/case-figures", "/v1/sessions/current",
        f"/v1/relationship-risk?source={house.member}&target={house.shop}",
        f"/v1/paths?source={house.member}&target={house.shop}",
    ]  # fmt: skip
    posts = {
        "/v1/scores": {"parties": [house.member]}, "/v1/relationship-risk": {"pairs": [pair]},
        "/v1/simulations": {"defaults": [house.member], "limit": 1}, "/v1/pictures": {"parties": [house.member]},
        "/v1/layouts": {"parties": [house.member]}, "/v1/case-lookups": {"parties": [house.member]},
    }  # fmt: skip
    return [*((path, None) for path in gets), *posts.items()]


def from_revision(ask: Asker, path: str, body: Any, **revisions: Any) -> TestResponse:
    """The answer to a question with revisions, which stand where everything else of it stands."""
    if body is None:
        path, _, query = path.partition("?")
        return ask(path, **dict(parse_qsl(query)), **revisions)
    return ask(path, "POST", json=body | revisions)


def test_every_question_about_the_network_names_its_revision_alike(ask: Asker, house: House, revision: int) -> None:
    for path, body in questions(house):
        assert from_revision(ask, path, body, at_least=revision, exactly=revision).status_code == 200, path
        later = from_revision(ask, path, body, at_least=revision + 1)
        assert (later.status_code, f"revision {revision + 1} is not here yet" in later.json["detail"]) == (503, True), (
            path
        )
        assert from_revision(ask, path, body, exactly=revision - 1).status_code == 410, path
        assert from_revision(ask, path, body, at_least=-1).status_code == 400, path
        assert from_revision(ask, path, body, as_of=1).status_code == 400, path


def test_a_revision_in_a_body_is_a_whole_number(ask: Asker, house: House, revision: int) -> None:
    for wrong in ("1", 1.5, True, [revision], 10**18, {}):
        answer = ask("/v1/scores", "POST", json={"parties": [house.member], "at_least": wrong})
        assert answer.status_code == 400 and "at_least" in answer.json["detail"], wrong
    answer = ask("/v1/scores", "POST", json={"parties": [house.member], "exactly": float(revision + 5)})
    assert answer.status_code == 503 and f"revision {revision + 5} is not here yet" in answer.json["detail"]


def test_a_batch_in_a_file_waits_for_its_revision(ask: Asker, house: House, revision: int) -> None:
    body = {"parties": [house.member]}
    assert ask("/v1/score-batches", "POST", json=body | {"at_least": revision}).status_code == 202
    assert ask("/v1/score-batches", "POST", json=body | {"at_least": revision + 1}).status_code == 503
    assert ask("/v1/score-batches", "POST", json=body | {"exactly": revision}).status_code == 400


def test_what_is_not_answered_from_the_network_takes_no_revision(ask: Asker, house: House) -> None:
    for path in ("/v1/jobs", "/v1/webhooks", "/v1/models", "/v1/disputes", "/v1/notices", "/v1/own-report", "/healthz"):
        answer = ask(path, at_least=10**9)
        assert answer.status_code == 400 and "no such parameter" in answer.json["detail"], path
    assert ask("/v1/views", "POST", json={"state": "{}", "at_least": 1}).status_code == 400


def test_a_revision_stands_in_the_body_where_there_is_one(ask: Asker, house: House) -> None:
    answer = ask("/v1/scores", "POST", json={"parties": [house.member]}, at_least=1)
    assert answer.status_code == 400 and "send it in the body" in answer.json["detail"]


def test_an_investigator_may_not_send_events(ask: Asker) -> None:
    event = {"id": "1", "time": 1.0, "type": "call", "caller": "a", "callee": "b"}
    answer = ask("/v1/events", "POST", json={"events": [event]})
    assert answer.status_code == 403 and "may not send events" in answer.json["detail"]


@pytest.mark.parametrize("body", [{}, {"events": []}, {"events": [{}] * 10_001}, {"events": [], "more": 1}, []])
def test_a_body_that_holds_no_events_is_refused(app: APIFlask, make_key: Callable[..., str], body: Any) -> None:
    answer = Asker(app, make_key("service"))("/v1/events", "POST", json=body)
    assert answer.status_code == 400
