"""What changed between two snapshots: small networks whose changes can be counted by hand."""

from __future__ import annotations

from pathlib import Path

from graph.explore.compare import Comparison, FieldChange, outcome_of
from graph.schema import Outcome, Party, Relationship
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.open import open_store
from tests.graph.loading import loaded
from tests.graph.networks import Fact

PEOPLE = [Party(id, "Person") for id in ("ann", "bo", "cy")]


def snapshot(folder: Path, name: str, *facts: Fact) -> Snapshot:
    store = open_store(f"sqlite:///{folder / name}.db")
    loaded(store, *facts)
    built = build_snapshot(store, folder / name)
    store.close()
    return built


def compared(folder: Path, before: list[Fact], after: list[Fact]) -> Comparison:
    return Comparison(snapshot(folder, "before", *before), snapshot(folder, "after", *after))


def links(both: Comparison) -> dict[tuple[str, str, str], tuple[int, int, int]]:
    """New, gone and changed links by kind and ends."""
    return {
        (kind, both.id_of(key >> 32), both.id_of(key & 0xFFFFFFFF)): (new, gone, changed)
        for kind, bags in both.links()
        for key, new, gone, changed in zip(
            *(column.tolist() for column in (bags.key, bags.new, bags.gone, bags.changed)), strict=True
        )
    }


def test_parties_are_new_gone_or_changed_in_their_fields(tmp_path: Path) -> None:
    before: list[Fact] = [
        Party("ann", "Person", "Ann", {"income": 10.0, "job": "baker"}),
        Party("bo", "Person", "Bo", {"income": 5.0}),
        Party("cy", "Person"),
    ]
    after: list[Fact] = [
        Party("ann", "Person", "Ann", {"income": 12.5, "job": "smith"}),
        Party("bo", "Person", "Bo", {"income": 5.0}),
        Party("di", "Company"),
    ]
    both = compared(tmp_path, before, after)
    changes = both.parties()
    assert [both.after.id_of(row) for row in changes.new] == ["di"]
    assert [both.before.id_of(row) for row in changes.gone] == ["cy"]
    assert [both.after.id_of(row) for row in changes.changed] == ["ann"]
    assert both.fields_changed(int(changes.changed[0])) == [
        FieldChange("income", "10", "12.5"),
        FieldChange("job", "baker", "smith"),
    ]


def test_equal_links_stay_and_of_the_rest_as_many_as_on_both_sides_changed(tmp_path: Path) -> None:
    def pays(key: str, amount: float, target: str = "bo") -> Relationship:
        return Relationship("ann", target, "PAYS", key, amount=amount)

    before = [*PEOPLE, pays("1", 10), pays("2", 20), pays("3", 30), pays("4", 1, "cy")]
    after = [*PEOPLE, pays("1", 10), pays("2", 25), Relationship("ann", "cy", "CALLS", "1")]
    assert links(compared(tmp_path, before, after)) == {
        ("CALLS", "ann", "cy"): (1, 0, 0),
        ("PAYS", "ann", "bo"): (0, 1, 1),  # 30 went, 20 became 25
        ("PAYS", "ann", "cy"): (0, 1, 0),
    }


def test_a_symmetric_link_is_the_same_in_both_directions(tmp_path: Path) -> None:
    before = [*PEOPLE, Relationship("ann", "bo", "KNOWS", "1")]
    after = [*PEOPLE, Relationship("bo", "ann", "KNOWS", "1")]
    assert links(compared(tmp_path, before, after)) == {}


def test_an_outcome_changes_with_its_days_late_and_its_amount(tmp_path: Path) -> None:
    before = [*PEOPLE, Outcome("ann", "late", "1", days_late=30), Outcome("bo", "default", "1", amount=10.0)]
    after = [*PEOPLE, Outcome("ann", "late", "1", days_late=60), Outcome("bo", "default", "1", amount=10.0)]
    bags = compared(tmp_path, before, after).outcomes()
    assert (bags.new.tolist(), bags.gone.tolist(), bags.changed.tolist()) == ([0], [0], [1])


def test_outcomes_change_with_their_state_and_times(tmp_path: Path) -> None:
    before = [*PEOPLE, Outcome("ann", "default", "1", 10.0), Outcome("bo", "late", "1", 5.0)]
    after = [*PEOPLE, Outcome("ann", "default", "1", 10.0, 20.0), Outcome("cy", "fraud", "1")]
    both = compared(tmp_path, before, after)
    bags = both.outcomes()
    named = [(both.id_of(outcome_of(key)[0]), outcome_of(key)[1]) for key in bags.key.tolist()]
    assert named == [("ann", "default"), ("bo", "late"), ("cy", "fraud")]
    assert (bags.new.tolist(), bags.gone.tolist(), bags.changed.tolist()) == ([0, 0, 1], [0, 1, 0], [1, 0, 0])


def test_two_snapshots_of_the_same_facts_differ_in_nothing(tmp_path: Path) -> None:
    facts: list[Fact] = [*PEOPLE, Relationship("ann", "bo", "PAYS", "1", weight=0.5), Outcome("ann", "good", "1")]
    both = compared(tmp_path, facts, facts)
    changes = both.parties()
    assert not len(changes.new) and not len(changes.gone) and not len(changes.changed)
    assert links(both) == {} and not len(both.outcomes().key)
