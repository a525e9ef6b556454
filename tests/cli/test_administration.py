"""`kith purposes`, `kith models`, `kith snapshot` with consents and `kith backtest`, as people run them."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from gnn.models import artifact
from gnn.models.calibration import PriorCorrection
from tests.house import House

PURPOSES = """
[purposes.pay_later]
profile = "eu_consumer_credit"
retention_days = 730
answer = "decision"
threshold = 620

[purposes.tenancy]
barred = ["social"]
retention_days = 3650
consent = true
"""


@pytest.fixture
def own(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house that declares purposes."""
    own = house.copy(tmp_path / "home")
    (tmp_path / "purposes.toml").write_text(PURPOSES)
    monkeypatch.setenv("KITH_PURPOSES", str(tmp_path / "purposes.toml"))
    return own


def test_purposes_lists_what_is_built_in_and_declared(own: House) -> None:
    said = own.kith("purposes")
    assert said.code == 0 and said.json is not None
    listed = {one["name"]: one for one in said.json["purposes"]}
    assert list(listed)[-2:] == ["pay_later", "tenancy"] and "lending" in listed
    assert listed["pay_later"]["categories"] == ["money", "guarantee", "ownership", "work"]
    assert (listed["pay_later"]["answer"], listed["tenancy"]["consent"]) == ("decision", True)
    assert {one["name"] for one in said.json["profiles"]} == {"consented", "eu_consumer_credit", "human_review"}
    assert "profile eu_consumer_credit: " in said.out and "2023/2225" in said.out


def test_purposes_check_refuses_a_looser_purpose_in_one_line(own: House, tmp_path: Path) -> None:
    file = tmp_path / "loose.toml"
    file.write_text('[purposes.a]\nretention_days = 1\nprofile = "eu_consumer_credit"\ncategories = ["social"]\n')
    said = own.kith("purposes", "check", str(file))
    assert said.code == 2 and said.err.count("\n") == 1 and "looser than its profile eu_consumer_credit" in said.err
    assert own.kith("purposes", "check", str(tmp_path / "purposes.toml")).code == 0


def test_a_wrong_purposes_file_stops_a_score_before_it_is_answered(own: House, tmp_path: Path) -> None:
    (tmp_path / "purposes.toml").write_text("[purposes.a]\n")
    said = own.kith("score", own.member)
    assert said.code == 2 and "purposes.a.retention_days is missing" in said.err and not said.out


def test_a_score_for_a_declared_purpose_is_a_decision_within_its_profile(own: House) -> None:
    said = own.kith("score", own.member, "--purpose", "pay_later")
    assert said.code == 0 and said.json is not None
    (answer,) = said.json["scores"]
    assert answer["approved"] in {True, False} and answer["score"] is None


@pytest.mark.slow
def test_a_score_follows_consents_from_load_to_load(own: House, tmp_path: Path) -> None:
    def scored() -> str:
        said = own.kith("score", own.member, "--purpose", "tenancy")
        assert said.code == 0 and said.json is not None
        return str(said.json["scores"][0]["level"])

    assert scored() == "not_assessed"
    portal = tmp_path / "portal"
    portal.mkdir()
    (portal / "consents.csv").write_text(f"id,source,purpose,given\n{own.member},town,tenancy,2020-01-01\n")
    assert own.kith("load", str(portal)).code == 0
    assert scored() != "not_assessed"
    said = own.kith("snapshot")
    assert said.json is not None and set(said.json["consented"]) == {"tenancy"}
    assert "with consent for tenancy: " in said.out
    assert own.kith("load", "--undo", "3").code == 0
    assert scored() == "not_assessed"


def test_consents_for_purposes_that_do_not_exist_are_told(own: House, tmp_path: Path) -> None:
    (tmp_path / "portal").mkdir()
    rows = f"id,source,purpose,given\n{own.member},town,tenansy,2020-01-01\n"
    (tmp_path / "portal" / "consents.csv").write_text(rows)
    said = own.kith("load", str(tmp_path / "portal"))
    assert "warning: consents are for purposes that this installation does not have: tenansy" in said.out


@pytest.mark.slow
def test_models_are_registered_promoted_and_rolled_back(own: House, house: House, tmp_path: Path) -> None:
    artifact.save(house.context().model.corrected(PriorCorrection(0.15, 0.3)), tmp_path / "other")
    first = own.kith("models", "list").json
    assert first is not None and len(first["models"]) == 1
    registered = own.kith("models", "register", str(tmp_path / "other"), "--by", "ada")
    assert registered.json is not None
    id = registered.json["id"]
    before = own.kith("score", own.member).json
    assert own.kith("models", "promote", id[:10], "--by", "ada").code == 0
    after = own.kith("score", own.member).json
    assert before is not None and after is not None
    assert (after["scores"][0]["model"], before["scores"][0]["model"]) == (id, first["live"])
    assert own.kith("models", "rollback", "--by", "bo").code == 0
    assert own.kith("score", own.member).json == before
    assert own.kith("models", "shadow", id[:10]).code == 0
    listed = own.kith("models")
    assert "ada: promote" in listed.out and "bo: rollback" in listed.out
    assert "no scores were compared yet" in own.kith("models", "compare").out
    assert own.kith("models", "shadow", "--off").code == 0
    assert own.kith("models", "shadow").code == 2


@pytest.mark.slow
def test_a_backtest_of_the_town_names_what_it_could_not_score(own: House, tmp_path: Path) -> None:
    with closing(sqlite3.connect(own.folder / "kith.db")) as db:
        known = db.execute("SELECT party, outcome, opened FROM outcome WHERE opened > 1.7e9 ORDER BY party").fetchall()
    random, rows, begin = np.random.default_rng(0), [], datetime(2025, 1, 1, tzinfo=UTC).timestamp()
    for number, (party, outcome, opened) in enumerate(known):
        at = begin + 86_400 * random.uniform(250, 330)
        if outcome == "good" or opened > at:
            bad = outcome != "good" and opened < at + 60 * 86_400
            asked = "deposit" if number % 2 else "none"
            rows.append([number, party, at, 10, asked, "defaulted" if bad else "paid"])
    rows.append([-1, "nobody here", begin + 86_400 * 331, 10, "none", "paid"])
    with (tmp_path / "orders.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["order", "party", "time", "amount", "asked", "outcome"], *rows])
    report = tmp_path / "backtest.html"
    said = own.kith(
        "backtest", str(tmp_path / "orders.csv"), "--blocks", "1", "--snapshots", "2", "--report", str(report)
    )
    assert said.code == 0 and said.json is not None, said.err
    assert said.json["states"]["unknown"] == 1 and sum(said.json["states"].values()) == len(rows)
    assert said.json["verdict"]["text"] in said.out
    assert report.read_text().startswith("<!doctype html>")
