"""`kith rings`: its JSON, its table, and names that are carried over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from graph.errors import InputError
from tests.graph.test_rings import Village


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    village = Village(dated=False)
    members = village.members(6)
    village.link(members, village.identifier("Device", "tablet"), "USES_DEVICE")
    village.link(members, village.identifier("Phone", "burner"), "USES_PHONE")
    return village.snapshot(tmp_path_factory.mktemp("rings")).folder


def test_the_answer_has_the_promised_form(snapshot: Path, tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["rings", "--snapshot", str(snapshot), "--json", str(tmp_path / "a.json")])
    assert told.exit_code == 0
    (ring,) = json.loads((tmp_path / "a.json").read_text())["rings"]
    assert set(ring) == {"ring", "kind", "level", "strength", "members", "evidence"}
    assert ring["members"][0] == {
        "party": "p000", "name": None, "role": "member", "payers": 0, "payees": 0,
        "text": "has no part that stands out: paid by 0 of the 5 other members, pays 0",
    }  # fmt: skip
    assert "6 parties share 2 identifiers" in ring["evidence"][0]["text"]
    assert ring["ring"] in told.stdout


def test_names_are_carried_over_from_an_earlier_answer(snapshot: Path, tmp_path: Path) -> None:
    earlier, later = tmp_path / "a.json", tmp_path / "b.json"
    CliRunner().invoke(app, ["rings", "--snapshot", str(snapshot), "--json", str(earlier)])
    answer = json.loads(earlier.read_text())
    answer["rings"][0]["ring"] = "the usual suspects"
    earlier.write_text(json.dumps(answer))
    CliRunner().invoke(app, ["rings", "--snapshot", str(snapshot), "--before", str(earlier), "--json", str(later)])
    assert json.loads(later.read_text())["rings"][0]["ring"] == "the usual suspects"


def test_an_earlier_answer_that_is_none_is_refused_by_name(snapshot: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text("[]")
    told = CliRunner().invoke(app, ["rings", "--snapshot", str(snapshot), "--before", str(wrong)])
    assert isinstance(told.exception, InputError)
    assert "wrong.json" in str(told.exception)
