"""What two people have confirmed becomes facts, and ends with the case that said so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.main import run
from graph.purposes import PURPOSES
from graph.stores.open import open_store
from service.casework.cases import change_case, open_case
from service.casework.changes import CaseChange
from service.casework.desk import Desk
from service.casework.outcomes import confirmed_outcomes
from service.casework.people import Reader
from service.context import ServingContext
from service.records.database import open_records
from service.settings import Settings
from service.workspace import Workspace

DAY = 86_400.0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with two parties who know each other."""
    monkeypatch.setenv("KITH_HOME", str(tmp_path / "home"))
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "parties.csv").write_text("id,kind\na,Person\n=b,Person\n")
    (tmp_path / "files" / "relationships.csv").write_text("source,target,kind\na,=b,KNOWS\n")
    assert run(["load", str(tmp_path / "files")]) == run(["snapshot"]) == 0
    return tmp_path / "home"


@pytest.fixture
def desks(home: Path) -> tuple[Desk, Desk]:
    """Those of two people."""
    context = ServingContext(Workspace(home).snapshot(), None)
    records = open_records(Settings(home=home).records)
    one, two = (Reader(person, PURPOSES, frozenset({"KNOWS"})) for person in ("Ada Lim", "Bo Hale"))
    return Desk(context, records, one, 1.0), Desk(context, records, two, 2.0)


def change(desk: Desk, version: int, **changes: Any) -> int:
    """The version after a change of case 1."""
    return change_case(desk, 1, version, CaseChange.model_validate(changes)).version


def known(home: Path) -> list[tuple[str, str, float | None]]:
    """The outcomes of a new snapshot."""
    assert run(["snapshot"]) == 0
    snapshot = Workspace(home).snapshot()
    outcomes = snapshot.outcomes
    return [
        (snapshot.id_of(row), ("good", "default", "late", "fraud", "cured")[code], opened)
        for row, code, opened in zip(
            outcomes.party.tolist(), outcomes.outcome.tolist(), outcomes.opened.tolist(), strict=True
        )
    ]


@pytest.mark.slow
def test_a_confirmed_outcome_is_loaded_once_and_ends_when_the_case_is_opened_again(
    home: Path, desks: tuple[Desk, Desk]
) -> None:
    ada, bo = desks
    open_case(ada, "A fraud", ["a", "=b"])
    facts = [
        {"party": "=b", "outcome": "fraud", "opened": 10 * DAY},
        {"party": "a", "outcome": "default", "opened": DAY},
    ]
    version = change(ada, 1, close={"outcome": "confirmed", "reason": "fraud_confirmed", "facts": facts})
    assert run(["cases", "load"]) == 0 and known(home) == [], "one person's word is none yet"
    version = change(bo, version, confirm_close=True)
    assert [row[:3] for row in confirmed_outcomes(ada.records)] == [
        ("=b", "fraud", 10 * DAY), ("a", "default", DAY),
    ]  # fmt: skip
    for _ in range(2):
        assert run(["cases", "load"]) == 0
        assert known(home) == [("=b", "fraud", 10 * DAY), ("a", "default", DAY)]
    change(ada, version, reopen="it was somebody else")
    assert run(["cases", "load"]) == 0 and known(home) == []
    sources = {record.source for record in open_store(Workspace(home).store_url).loads()}
    assert "casework" in sources


def test_a_rehearsal_writes_nothing(home: Path, desks: tuple[Desk, Desk]) -> None:
    ada, bo = desks
    open_case(ada, "A fraud", ["a"])
    fact = {"party": "a", "outcome": "fraud", "opened": None}
    version = change(ada, 1, close={"outcome": "confirmed", "reason": "fraud_confirmed", "facts": [fact]})
    change(bo, version, confirm_close=True)
    assert run(["cases", "load", "--dry-run"]) == 0 and known(home) == []


def test_without_a_store_there_is_nothing_to_load_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITH_HOME", str(tmp_path))
    assert run(["cases", "load"]) == 2
