"""Assurance of holders over HTTP: sent as events, told as evidence of what is carried, warned of by a purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from service.records import keys
from service.records.database import open_records
from service.settings import Settings
from service.stated.assurance import DAY
from tests.api.conftest import Asker
from tests.house import TRUSTED, House

NOW = 1_764_000_000.0
STRICT = '[purposes.strict]\ncategories = ["money"]\nretention_days = 1825\nassurance = "document"\n'
HELD = {"type": "identifier", "kind": "Account", "time": NOW - 9 * DAY}
CHECK = {"type": "identity_check", "passed": True, "level": "document", "time": NOW}


@pytest.fixture
def asker(house: House, tmp_path: Path) -> Iterator[Callable[[str], Asker]]:
    """Keys of each role; the account of one who is trusted pays that of the shop."""
    (tmp_path / "purposes.toml").write_text(STRICT)
    settings = Settings(home=house.copy(tmp_path / "home").folder, purposes_file=tmp_path / "purposes.toml")
    records = open_records(settings.records)
    app = create_app(settings=settings)
    made = {role: keys.create(records, settings.purposes, role, ["all"])[0] for role in ("admin", "service")}
    made["investigator"] = keys.create(records, settings.purposes, "investigator", ["all"], "Ada Lim")[0]
    yield lambda role: Asker(app, made[role])
    records.dispose()


def told(asker: Callable[[str], Asker], *events: dict[str, Any]) -> int:
    """The revision that has the events."""
    answer = asker("admin")("/v1/events", "POST", json={"events": list(events)})
    assert answer.json["recorded"] == len(events), answer.json
    return int(answer.json["revision"])


@pytest.fixture
def paid(asker: Callable[[str], Asker], house: House) -> Callable[[str], Asker]:
    told(
        asker,
        {**HELD, "id": "1", "party": TRUSTED, "identifier": "acc 1"},
        {**HELD, "id": "2", "party": house.shop, "identifier": "acc 2"},
    )
    told(asker, {"id": "3", "type": "payment", "payer": "acc 1", "payee": "acc 2", "amount": 9, "time": NOW - DAY})
    return asker


def test_the_holding_is_told_with_the_link_that_it_carries_and_in_the_record(
    paid: Callable[[str], Asker], house: House
) -> None:
    pair = {"source": TRUSTED, "target": house.shop, "purpose": "fraud_investigation"}
    before = paid("investigator")("/v1/relationship-risk", **pair).json
    assert (before["via"], before["holdings"]) == (["acc 1", "acc 2"], [])
    revision = told(paid, {**CHECK, "id": "4", "party": TRUSTED, "identifier": "acc 1"})

    holding = {"party": TRUSTED, "identifier": "acc 1", "level": "document", "time": NOW}
    after = paid("investigator")("/v1/relationship-risk", **pair, at_least=revision).json
    assert after["holdings"] == [holding]
    assert {**after, "holdings": [], "revision": 0, "snapshot": ""} == {**before, "revision": 0, "snapshot": ""}
    record = paid("investigator").of(TRUSTED).json
    assert record["holdings"] == [holding] and "holdings assured" not in str(record["attributes"])

    service = paid("service")
    assert service("/v1/relationship-risk", **pair).json["holdings"] == []
    record = service.of(TRUSTED).json
    assert record["holdings"] == [] and "holdings assured" not in str(record)


def test_a_purpose_that_requires_a_level_warns_until_both_holdings_have_it(
    paid: Callable[[str], Asker], house: House
) -> None:
    def warned(revision: int = 0) -> bool:
        score = paid("service").of(TRUSTED, "scores", purpose="strict", at_least=revision).json
        assert score["state"] == "assessed"
        figures.add((score["score"], score["probability"]))
        return "holding_assurance_missing" in score["warnings"]

    figures: set[tuple[int, float]] = set()
    assert warned()
    assert warned(told(paid, {**CHECK, "id": "4", "party": TRUSTED, "identifier": "acc 1"}))
    assert not warned(told(paid, {**CHECK, "id": "5", "party": house.shop, "identifier": "acc 2"}))
    assert warned(told(paid, {**CHECK, "id": "6", "party": TRUSTED, "identifier": "acc 1", "passed": False}))
    assert len(figures) == 1, "no check of a holding changes a score"
    usual = paid("service").of(TRUSTED, "scores", purpose="lending").json
    assert "holding_assurance_missing" not in usual["warnings"]
