"""What an outcome means: which are bad, which good, and which may be either and teach nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gnn.features.targets import DEFAULT_OR_FRAUD, BadOutcome, LateParties, late_parties, outcome_flags
from gnn.features.targets import outcomes_as_labels as labels
from gnn.scoring.incremental import updated_input
from gnn.scoring.scorer import FLOOR, Scorer
from gnn.scoring.terms import Terms
from graph.schema import Outcome, Party
from graph.snapshots.overlay import Cure
from graph.snapshots.snapshot import Snapshot
from tests.gnn.changes import carried_out
from tests.gnn.networks import Facts, Trained

NINETY = BadOutcome(late_from=90)


def of(folder: Path, *outcomes: Outcome) -> Snapshot:
    """A snapshot of the parties a to e, with these outcomes."""
    return Facts([Party(id, "Person") for id in "abcde"], (), outcomes).snapshot(folder / "s")


def late(party: str, days: int | None = None, key: str = "1", state: str = "active") -> Outcome:
    return Outcome(party, "late", key, days_late=days, state=state)


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        (DEFAULT_OR_FRAUD, [0, 0, 0, 1, np.nan]),
        (NINETY, [0, 1, np.nan, 1, np.nan]),
        (BadOutcome(late_from=30), [1, 1, np.nan, 1, np.nan]),
        (BadOutcome(late_from=0), [1, 1, 1, 1, np.nan]),  # however late, or nobody knows how late
    ],
)
def test_late_is_bad_from_so_many_days_on(bad: BadOutcome, expected: list[float], tmp_path: Path) -> None:
    snapshot = of(tmp_path, late("a", 89), late("b", 90), late("c"), Outcome("d", "default", "1"))
    np.testing.assert_array_equal(labels(snapshot, bad), expected)


def test_who_was_late_by_nobody_knows_how_many_days_teaches_nothing(tmp_path: Path) -> None:
    """Unless another outcome is bad: a good one does not settle it."""
    others = Outcome("b", "good", "2"), Outcome("c", "fraud", "2")
    snapshot = of(tmp_path, late("a"), late("b"), late("c"), *others, late("d", state="corrected"))
    np.testing.assert_array_equal(labels(snapshot, NINETY), [np.nan, np.nan, 1, np.nan, np.nan])
    assert late_parties(snapshot, NINETY) == LateParties(as_good=0, left_out=2)
    assert late_parties(snapshot) == LateParties(as_good=2, left_out=0)


def test_long_delays_are_known_bad_until_they_are_cured_or_forgotten(tmp_path: Path) -> None:
    known = [
        Outcome("a", "late", "1", opened=10.0, days_late=90),
        Outcome("b", "late", "1", opened=10.0, days_late=90),
        Outcome("b", "cured", "2", opened=20.0),
        Outcome("c", "late", "1", opened=10.0, closed=20.0, days_late=90),
        Outcome("d", "late", "1", days_late=89),
    ]
    snapshot = of(tmp_path, *known)
    assert outcome_flags(snapshot, 15.0, NINETY).late.tolist() == [True, False, True, False, False]
    assert outcome_flags(snapshot, 25.0, NINETY).late.tolist() == [True, False, False, False, False]
    assert not outcome_flags(snapshot).bad.any()


def test_a_cure_of_a_long_delay_gives_the_features_of_the_facts_with_it(trained: Trained, tmp_path: Path) -> None:
    """Of the party itself, to whom it is no known fact any more, and of those around it, to whom it was a bad tie."""
    facts = replace(trained.facts, outcomes=[*trained.facts.outcomes, late("p0001", 90, "late")])
    before = facts.snapshot(tmp_path / "s")
    model = replace(trained.model, spec=replace(trained.model.spec, bad=NINETY))
    table, row = Scorer.of(model, before).table, before.row_of("p0001")
    pays = before.links("PAYS")
    payer = int(pays.in_source[pays.in_indptr[row]])
    after = Scorer.of(model, carried_out(facts, [Cure(row)], before).snapshot(tmp_path / "cured"))
    assert table.scoring_input(row).late
    for party in (row, payer):
        ours, expected = updated_input(table, party, [Cure(row)]), after.scoring_input(party)
        assert ours.values.tobytes() == expected.values.tobytes()
        assert ours.facts == expected.facts
    assert updated_input(table, row, [Cure(row)]).facts == ()
    assert ours.values.tobytes() != table.row(payer).tobytes()


def test_an_answer_says_that_a_party_was_late_as_its_model_counts_it(trained: Trained, tmp_path: Path) -> None:
    facts = replace(trained.facts, outcomes=[*trained.facts.outcomes, late("p0001", 90, "late"), late("p0002", 89)])
    snapshot = facts.snapshot(tmp_path / "s")
    model = replace(trained.model, spec=replace(trained.model.spec, bad=NINETY))
    one, other = Scorer.of(model, snapshot).assess_rows(
        snapshot.rows_of(["p0001", "p0002"]), Terms(frozenset(snapshot.categories))
    )
    assert "known_late" in one.warnings and one.level in {FLOOR, "very_high"}
    assert "known_late" not in other.warnings
    (as_before,) = Scorer.of(trained.model, snapshot).assess_rows(
        snapshot.rows_of(["p0001"]), Terms(frozenset(snapshot.categories))
    )
    assert "known_late" not in as_before.warnings
