"""Jobs and the access log over HTTP, and keys that end or have a quota."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import Engine

from graph.purposes import PURPOSES
from service.records import jobs, keys
from service.records.keys import Limits
from tests.api.conftest import Asker
from tests.house import House

MakeKey = Callable[..., str]


@pytest.fixture
def records(app: APIFlask) -> Iterator[Engine]:
    engine: Engine = app.extensions["kith.records"]
    yield engine


@pytest.fixture
def admin(app: APIFlask, make_key: MakeKey) -> Asker:
    return Asker(app, make_key("admin", name="Root Lee"))


def a_key(records: Engine, role: str = "service", **limits: Any) -> tuple[str, keys.Key]:
    return keys.create(records, PURPOSES, role, ["all"], "Shop Ltd", Limits(**limits))


def test_the_access_log_says_who_asked_about_whom(app: APIFlask, admin: Asker, records: Engine, house: House) -> None:
    text, key = a_key(records)
    asker = Asker(app, text)
    asker.of(house.member, "scores", purpose="lending")
    pair = {"source": house.member, "target": house.shop, "purpose": "lending"}
    asker("/v1/relationship-risk", headers={"X-Request-ID": "a-pair"}, **pair)
    asker.of("nobody", "scores", purpose="lending")
    lines = admin("/v1/access-log", key=key.id).get_json()["lines"]
    assert [(line["what"], line["parties"], line["status"]) for line in lines] == [
        ("get_score", ["nobody"], 200),
        ("get_relationship_risk", [house.member, house.shop], 200),
        ("get_score", [house.member], 200),
    ]
    assert {(line["person"], line["key"], line["purpose"]) for line in lines[1:]} == {("Shop Ltd", key.id, "lending")}
    assert lines[1]["request_id"] == "a-pair" and abs(lines[1]["time"] - time.time()) < 60


def test_the_access_log_is_asked_by_party_time_and_page(app: APIFlask, admin: Asker, house: House) -> None:
    start = time.time()
    for party in (house.member, house.shop, house.member):
        admin.of(party)
    asked = {"party": house.member, "since": start, "limit": 1}
    first = admin("/v1/access-log", **asked).get_json()
    second = admin("/v1/access-log", cursor=first["next"], **asked).get_json()
    assert [len(page["lines"]) for page in (first, second)] == [1, 1] and second["next"] is None
    assert first["lines"][0]["number"] > second["lines"][0]["number"]
    assert admin("/v1/access-log", until=start, since=start).get_json()["lines"] == []
    assert admin("/v1/access-log", cursor="no number").status_code == 409


def test_a_search_is_noted_and_a_question_about_nobody_is_not(admin: Asker) -> None:
    admin("/v1/parties", q="Ann")
    before = admin("/v1/access-log").get_json()
    admin("/v1/jobs")
    after = admin("/v1/access-log").get_json()
    assert before["lines"][0]["what"] == "search_parties" and after["head"] == before["head"]


def test_changes_of_keys_stand_in_the_access_log_without_a_secret(house: House, admin: Asker) -> None:
    made = house.kith("keys", "create", "--role", "service", "--name", "Till", "--expires", "30d")
    rotated = house.kith("keys", "rotate", str((made.json or {})["id"]), "--overlap", "2h")
    house.kith("keys", "revoke", str((rotated.json or {})["id"]))
    lines = admin("/v1/access-log", limit=3).get_json()["lines"]
    assert [line["what"] for line in lines] == ["key.revoked", "key.rotated", "key.created"]
    assert lines[1]["details"]["replaces"] == lines[2]["details"]["key"] == (made.json or {})["id"]
    assert lines[0]["person"].endswith("command line") and lines[0]["key"] is None
    for said in (made, rotated):
        assert (said.json or {})["key"].split("_")[2] not in str(lines)


def test_the_access_log_can_be_checked_at_the_command_line(house: House, admin: Asker) -> None:
    admin.of(house.member)
    head = admin("/v1/access-log").get_json()["head"]
    said = house.kith("audit", "verify", "--head", head)
    assert said.code == 0 and "none changed" in said.out
    listed = house.kith("audit", "list", "--party", house.member, "--limit", "1")
    assert (listed.json or {})["lines"][0]["parties"] == [house.member]
    assert house.kith("audit", "verify", "--head", "12:ab").code == 2


@pytest.mark.parametrize("role", ["service", "investigator"])
def test_only_admins_read_the_access_log(app: APIFlask, make_key: MakeKey, role: str) -> None:
    answer = Asker(app, make_key(role))("/v1/access-log")
    assert (answer.status_code, "admin" in answer.get_json()["detail"]) == (403, True)


def test_a_job_is_seen_by_its_owner_and_by_admins(app: APIFlask, admin: Asker, records: Engine) -> None:
    (mine, key), (other, _) = a_key(records), a_key(records)
    id = jobs.enqueue(records, "sum", [1, 2], key.owner, time.time())
    seen = Asker(app, mine)(f"/v1/jobs/{id}").get_json()
    assert (seen["state"], seen["kind"], seen["done"], seen["total"], seen["result"]) == (
        "queued",
        "sum",
        0,
        None,
        None,
    )
    assert admin(f"/v1/jobs/{id}").status_code == 200
    assert Asker(app, other)(f"/v1/jobs/{id}").status_code == 404
    assert [job["job"] for job in Asker(app, mine)("/v1/jobs").get_json()["jobs"]] == [id]
    assert Asker(app, other)("/v1/jobs").get_json() == {"jobs": [], "total": 0, "next": None}


def test_jobs_come_in_pages(app: APIFlask, records: Engine) -> None:
    text, key = a_key(records)
    made = [jobs.enqueue(records, "sum", None, key.owner, float(time)) for time in (1, 2, 3)]
    first = Asker(app, text)("/v1/jobs", limit=2).get_json()
    second = Asker(app, text)("/v1/jobs", limit=2, cursor=first["next"]).get_json()
    assert [job["job"] for page in (first, second) for job in page["jobs"]] == made[::-1]
    assert Asker(app, text)("/v1/jobs", state="done", cursor=first["next"]).status_code == 409


def test_a_key_that_expires_is_refused_from_then_on(app: APIFlask, records: Engine) -> None:
    text, _ = a_key(records, expires=datetime.now(UTC) + timedelta(seconds=1))
    asker = Asker(app, text)
    assert asker("/v1/jobs").status_code == 200
    time.sleep(1.1)
    answer = asker("/v1/jobs")
    assert (answer.status_code, "expired" in answer.get_json()["detail"]) == (401, True)


def test_a_rotated_key_and_its_successor_are_both_valid_and_own_the_same(app: APIFlask, records: Engine) -> None:
    old, key = a_key(records, per_day=1000)
    id = jobs.enqueue(records, "sum", None, key.owner, time.time())
    new, successor = keys.rotate(records, key.id, timedelta(hours=24))
    assert [Asker(app, text)(f"/v1/jobs/{id}").status_code for text in (old, new)] == [200, 200]
    assert (successor.role, successor.purposes, successor.per_day) == (key.role, key.purposes, 1000)
    keys.rotate(records, successor.id, timedelta(0))
    assert Asker(app, new)("/v1/jobs").status_code == 401


def test_a_quota_is_kept_over_a_rotation_and_says_when_to_ask_again(app: APIFlask, records: Engine) -> None:
    old, key = a_key(records, per_day=3)
    new, _ = keys.rotate(records, key.id, timedelta(hours=1))
    answers = [Asker(app, text)("/v1/jobs") for text in (old, new, old, new, old)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 86_400
    assert "3 requests a day" in answers[-1].get_json()["detail"]


def test_the_last_use_of_a_key_is_written_down(app: APIFlask, admin: Asker, records: Engine) -> None:
    text, key = a_key(records)
    Asker(app, text)("/v1/jobs")
    admin("/v1/access-log")
    used = next(one.used for one in keys.all_keys(records) if one.id == key.id)
    assert used is not None and abs((datetime.now(UTC) - used).total_seconds()) < 60
