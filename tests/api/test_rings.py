"""/v1/rings: pages of rings, one party's rings, and who may ask. Rings need no model, so none is trained here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.app import create_app
from graph.purposes import PURPOSES
from service.context import ServingContext
from service.records import keys
from service.records.database import open_records
from tests.graph.test_rings import Village


class Asking:
    """A client with two keys."""

    def __init__(self, client: FlaskClient, investigator: str, lender: str) -> None:
        self.client, self.investigator, self.lender = client, investigator, lender

    def get(self, query: str = "", key: str | None = None) -> Any:
        return self.client.get(
            f"/v1/rings{query}", headers={"Authorization": f"Bearer {self.investigator if key is None else key}"}
        )


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    folder = tmp_path_factory.mktemp("rings")
    village = Village(dated=False)
    for number in range(3):
        members = village.members(4 + number, number)
        village.link(members, village.identifier("Device", f"device-{number}"), "USES_DEVICE")
        village.link(members, village.identifier("Phone", f"phone-{number}"), "USES_PHONE")
    records = open_records(f"sqlite:///{Path(folder) / 'records.db'}")
    state = ServingContext(village.snapshot(folder), None)
    investigator, _ = keys.create(records, PURPOSES, "investigator", ["fraud_investigation"])
    lender, _ = keys.create(records, PURPOSES, "investigator", ["lending"])
    yield Asking(create_app(state, records).test_client(), investigator, lender)
    records.dispose()


def test_rings_come_strongest_first_with_members_and_evidence(asking: Asking) -> None:
    answer = asking.get().json
    assert [len(ring["members"]) for ring in answer["rings"]] == [6, 5, 4]
    assert (answer["total"], answer["next"]) == (3, None)
    assert answer["rings"][0]["evidence"][0]["identifiers"] == ["device-2", "phone-2"]
    assert {member["role"] for member in answer["rings"][0]["members"]} == {"member"}
    assert isinstance(answer["rings"][0]["evidence"][0]["figures"]["identifiers"], int), "a count is whole"


def test_evidence_is_told_in_the_language_that_was_asked_for(asking: Asking) -> None:
    texts = {query: asking.get(query).json["rings"][0]["evidence"][0]["text"] for query in ("", "?language=zh")}
    assert texts[""] == "6 parties share 2 identifiers, the most used one by 6 of them"
    assert texts["?language=zh"] == "6 个主体共用 2 个标识，用得最多的一个有 6 个主体使用"
    assert asking.get("?language=tlh").status_code == 400


def test_pages_put_together_are_the_whole(asking: Asking) -> None:
    pages, query = [], "?limit=2"
    while query:
        answer = asking.get(query).json
        pages += answer["rings"]
        query = f"?limit=2&cursor={answer['next']}" if answer["next"] else ""
    assert pages == asking.get().json["rings"]


def test_the_rings_of_one_party(asking: Asking) -> None:
    assert [len(ring["members"]) for ring in asking.get("?party=p001").json["rings"]] == [5]
    assert asking.get("?party=p299").json["rings"] == []


@pytest.mark.parametrize(
    "query, status",
    [("?party=nobody", 404), ("?limit=0", 400), ("?cursor=abc-2", 409), ("?colour=red", 400)],
)
def test_wrong_questions_are_problems(asking: Asking, query: str, status: int) -> None:
    answer = asking.get(query)
    assert (answer.status_code, answer.json["status"]) == (status, status)


def test_only_keys_that_may_investigate_fraud_see_rings(asking: Asking) -> None:
    assert asking.get(key=asking.lender).status_code == 403
    assert asking.get(key="none").status_code == 401
