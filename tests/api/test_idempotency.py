"""The header Idempotency-Key: what writes is carried out once, however often it is sent."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from apiflask import APIFlask
from sqlalchemy import text
from werkzeug.test import TestResponse

from tests.api.conftest import Asker


def opened(ask: Asker, name: str, title: str = "Twice") -> TestResponse:
    return ask("/v1/cases", "POST", {"Idempotency-Key": name}, {"title": title})


def count(ask: Asker) -> int:
    total: int = ask("/v1/cases", state="open", limit=1).get_json()["total"]
    return total


def rows(app: APIFlask, name: str) -> int:
    with app.extensions["kith.records"].connect() as connection:
        query = text("SELECT count(*) FROM idempotent_request WHERE name = :name")
        return int(connection.scalar(query, {"name": name}) or 0)


def change(app: APIFlask, name: str, assignment: str) -> None:
    with app.extensions["kith.records"].begin() as connection:
        connection.execute(text(f"UPDATE idempotent_request SET {assignment} WHERE name = :name"), {"name": name})


def test_a_request_that_is_sent_again_is_answered_as_before_and_not_carried_out(ask: Asker) -> None:
    name, before = uuid4().hex, count(ask)
    first, second = opened(ask, name), opened(ask, name)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data and first.headers["ETag"] == second.headers["ETag"]
    assert "Idempotent-Replayed" not in first.headers and second.headers["Idempotent-Replayed"] == "true"
    assert count(ask) == before + 1


def test_without_the_header_each_request_is_carried_out(ask: Asker) -> None:
    before = count(ask)
    for _ in range(2):
        ask("/v1/cases", "POST", json={"title": "Each"})
    assert count(ask) == before + 2


def test_the_same_name_with_another_body_is_refused(ask: Asker) -> None:
    name = uuid4().hex
    opened(ask, name)
    answer = opened(ask, name, "Another title")
    assert (answer.status_code, "another request" in answer.get_json()["detail"]) == (422, True)


def test_names_belong_to_the_key_that_sent_them(app: APIFlask, ask: Asker, make_key: Callable[..., str]) -> None:
    name = uuid4().hex
    other = Asker(app, make_key(name="Ben Ode"))
    assert opened(ask, name).get_json()["case"] != opened(other, name).get_json()["case"]


def test_twins_that_come_at_once_are_carried_out_once(ask: Asker) -> None:
    name, before = uuid4().hex, count(ask)
    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(lambda _: opened(ask, name), range(6)))
    assert count(ask) == before + 1
    assert set(statuses) <= {201, 409} and 201 in statuses


def test_a_twin_of_a_pending_request_waits(app: APIFlask, ask: Asker) -> None:
    name = uuid4().hex
    opened(ask, name)
    change(app, name, "lease = made + 1000000")
    answer = opened(ask, name)
    assert (answer.status_code, "being carried out" in answer.get_json()["detail"]) == (409, True)


def test_a_request_whose_process_ended_in_between_is_taken_over(app: APIFlask, ask: Asker) -> None:
    name = uuid4().hex
    opened(ask, name)
    change(app, name, "lease = made - 1, status = NULL, body = NULL")
    again = opened(ask, name)
    assert again.status_code == 201 and "Idempotent-Replayed" not in again.headers
    assert opened(ask, name).data == again.data


def test_a_request_that_was_refused_can_be_sent_again_corrected(app: APIFlask, ask: Asker) -> None:
    name = uuid4().hex
    assert opened(ask, name, "").status_code == 400
    assert rows(app, name) == 0
    assert opened(ask, name, "Better").status_code == 201


def test_an_answer_is_forgotten_after_a_day(app: APIFlask, ask: Asker) -> None:
    name = uuid4().hex
    first = opened(ask, name)
    change(app, name, "made = made - 86401")
    assert opened(ask, name).get_json()["case"] != first.get_json()["case"]


def test_a_change_that_is_sent_again_after_its_answer_was_lost_is_no_conflict(ask: Asker) -> None:
    case = ask("/v1/cases", "POST", json={"title": "Lost"}).get_json()["case"]
    headers = {"If-Match": '"1"', "Idempotency-Key": uuid4().hex}
    answers = [ask(f"/v1/cases/{case}", "PATCH", headers, {"add_notes": ["once"]}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(ask(f"/v1/cases/{case}").get_json()["notes"]) == 1


@pytest.mark.parametrize("name", ["", "has space", "umläut", 256 * "x"])
def test_a_name_that_is_none_is_refused(ask: Asker, name: str) -> None:
    assert opened(ask, name).status_code == 400


def test_what_changes_nothing_is_asked_each_time(app: APIFlask, ask: Asker, house: Any) -> None:
    name = uuid4().hex
    for _ in range(2):
        ask("/v1/layouts", "POST", {"Idempotency-Key": name}, {"parties": [house.member]})
    assert rows(app, name) == 0
