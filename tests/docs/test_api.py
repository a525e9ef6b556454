"""The commands of docs/api.md run in their order, on the house, against a server of their own."""

from __future__ import annotations

import json

import pytest

from tests.docs.walked import ROOT, walked
from tests.house import House

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def outputs(house: House, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each section of the page printed."""
    return walked(ROOT / "docs/api.md", house, tmp_path_factory.mktemp("shop"), KITH_HOME=".kith")


def test_the_page_leads_from_a_key_to_a_decision_and_its_proof(outputs: list[str], house: House) -> None:
    _, first, asked, purpose, many, applicant, followed, typed, replay = outputs
    score = json.loads(first)
    assert (score["party"], score["state"]) == (house.member, "assessed") and score["reasons"] and score["receipt"]
    assert json.loads(asked)["approved"] is (score["score"] >= 600 and not score["warnings"])
    told = json.loads(purpose)
    assert told["approved"] in {True, False} and told["score"] is None
    assert [one["state"] for one in json.loads(many)["scores"]] == ["assessed", "unknown"]
    (new,) = json.loads(applicant)["scores"]
    assert (new["party"], new["applicant"], new["state"]) == ("order-4711", True, "assessed")
    known = json.loads(followed)
    assert (known["party"], known["applicant"], known["state"]) == ("order-4711", False, "assessed")
    lines = [line.split() for line in typed.splitlines() if line.startswith((house.member, "order-4711"))]
    assert [(line[0], line[1]) for line in lines] == [(house.member, "assessed"), ("order-4711", "assessed")]
    assert json.loads(replay)["identical"] is True
