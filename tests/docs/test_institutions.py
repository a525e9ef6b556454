"""The commands of docs/institutions.md run in their order, on the house, against a server of two banks."""

from __future__ import annotations

import json

import pytest

from tests.docs.walked import ROOT, walked
from tests.house import House

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def outputs(house: House, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each section of the page printed."""
    return walked(ROOT / "docs/institutions.md", house, tmp_path_factory.mktemp("banks"))


def test_two_banks_share_a_server_and_only_what_was_consented_to(outputs: list[str], house: House) -> None:
    _, _, _, score, record, nobody, events, book, spread, _, exchanged, shared, who, holds = outputs
    north = json.loads(score)
    assert (north["party"], north["state"]) == (house.member, "assessed") and "shared_facts" not in north["warnings"]
    south = json.loads(record)
    assert (south["party"], south["links"]) == (house.member, {"FRIEND_OF": {"in": 0, "out": 1}})
    assert json.loads(nobody)["status"] == 404
    assert json.loads(events)["recorded"] == 4
    [line] = json.loads(book)["lines"]
    assert (line["limit"], line["drawn"], line["exposure"]) == (1000, 300, 650)
    assert line["expected_loss"] == pytest.approx(0.4 * 650 * line["probability"])
    lost = json.loads(spread)
    assert lost["rounds"] == [[house.member]] and lost["exposure"] == 650
    assert "friend" in {one["guarantor"] for one in lost["called"]}  # beside those that the town has
    assert lost["recovered"] == pytest.approx(sum(one["pays"] for one in lost["called"]))
    assert lost["loss"] == pytest.approx(0.4 * (650 - lost["recovered"]))
    assert "south tells of 1 parties and of 0 nothing" in exchanged
    told = json.loads(shared.splitlines()[0])
    assert {"known_default", "shared_facts"} <= set(told["warnings"]) and told["score"] < north["score"]
    assert "South Bank" in shared.splitlines()[1] and "North Bank" in shared.splitlines()[2]
    assert json.loads(who)["recorded"] == json.loads(holds)["recorded"] == 1
