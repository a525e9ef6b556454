"""Identity assurance: stated by events, required by purposes, and said where it is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from graph.errors import UsageError
from graph.purposes import PURPOSES, purpose_of_rules
from graph.schema import Party
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import GraphStore
from service.answers.scores import Disclosed, with_notes
from service.context import ServingContext
from service.events.recording import record
from service.purposes.file import read_purposes
from service.stated.assurance import DAY, assurance_of, lacks_assurance
from tests.gnn.networks import Trained
from tests.graph.conftest import store, url
from tests.graph.networks import MemoryStore, load_facts

__all__ = ["store", "url"]

LENDING = PURPOSES["lending"]
STRICT = replace(LENDING, name="strict", assurance="document", assurance_days=10)


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    facts = MemoryStore()
    said = {
        "bank": ("bank", 5 * DAY),
        "old": ("in_person", -20 * DAY),
        "told": ("declared", 5 * DAY),
        "odd": ("???", 1.0),
    }
    load_facts(facts, [
        Party("nobody", "Person"),
        *(Party(id, "Person", None, {"identity assurance": level, "identity assured": time})
          for id, (level, time) in said.items()),
    ])  # fmt: skip
    build_snapshot(facts, tmp_path / "snapshot")
    return Snapshot.open(tmp_path / "snapshot")


def test_a_purpose_requires_a_level_and_how_recent_it_is(snapshot: Snapshot) -> None:
    missing = {
        party: lacks_assurance(snapshot, snapshot.row_of(party), STRICT, now=6 * DAY)
        for party in ("bank", "old", "told", "odd", "nobody")
    }
    assert missing == {"bank": False, "old": True, "told": True, "odd": True, "nobody": True}
    ever = replace(STRICT, assurance_days=None)
    assert not lacks_assurance(snapshot, snapshot.row_of("old"), ever, now=6 * DAY)
    assert not lacks_assurance(snapshot, snapshot.row_of("nobody"), LENDING, now=6 * DAY)
    assert assurance_of(snapshot, snapshot.row_of("odd")) == "unknown"


def test_an_answer_without_the_assurance_says_so_and_approves_nothing(hamlet: Trained) -> None:
    context = ServingContext(hamlet.snapshot, hamlet.model, "m")
    found = Disclosed("assessed", 700, 0.02, None, "low", True, ("cap_reached",))
    noted = with_notes(found, context, 0, STRICT)
    assert (noted.approved, noted.warnings, noted.score) == (None, ("cap_reached", "assurance_missing"), 700)
    assert with_notes(found, context, 0, LENDING) == found


def test_what_a_purpose_leaves_out_does_not_change_its_digest() -> None:
    assert "assurance" not in LENDING.rules() and "shares" not in LENDING.rules()
    assert STRICT.policy() != LENDING.policy() and purpose_of_rules(STRICT.rules()) == STRICT


def test_a_file_declares_what_a_purpose_requires(tmp_path: Path) -> None:
    file = tmp_path / "purposes.toml"
    body = '[purposes.strict]\ncategories = ["money"]\nretention_days = 9\n'
    file.write_text(body + 'assurance = "bank"\nassurance_days = 30\nshares = true\n')
    strict = read_purposes(file)["strict"]
    assert (strict.assurance, strict.assurance_days, strict.shares) == ("bank", 30, True)
    file.write_text(body + "assurance_days = 30\n")
    with pytest.raises(UsageError, match="say which with assurance"):
        read_purposes(file)


def test_a_check_states_level_and_time_and_a_failed_one_takes_both_back(store: GraphStore) -> None:

    def attributes() -> dict[str, object]:
        found = store.party("ann")
        assert found is not None
        return dict(found.attributes)

    check = {"type": "identity_check", "party": "ann", "time": 9.0}
    sent = [{**check, "id": "1", "passed": True}]
    assert record(store, "events:desk", sent).answers[0].state == "recorded"
    assert attributes() == {"identity check": "passed"}
    assert record(store, "events:desk", sent).answers[0].state == "unchanged"
    record(store, "events:desk", [{**check, "id": "2", "passed": True, "level": "bank", "time": 10.0}])
    assert attributes() == {"identity check": "passed", "identity assurance": "bank", "identity assured": 10.0}
    record(store, "events:desk", [{**check, "id": "3", "passed": False, "time": 11.0}])
    assert attributes() == {"identity check": "failed", "identity assurance": "unknown", "identity assured": 11.0}


def test_an_event_that_was_recorded_before_there_were_levels_is_the_same_event(store: GraphStore) -> None:
    sent = {"id": "1", "type": "identity_check", "party": "ann", "passed": True, "time": 9.0}
    record(store, "events:desk", [sent])
    assert "level" not in store.events("events:desk", ["1"])["1"]
