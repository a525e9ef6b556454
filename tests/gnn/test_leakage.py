"""Columns and orders that predict the outcome alone are leaks, honest ones are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gnn.evaluation.leakage import Source, find_leakage, find_rating_leakage, univariate_auroc
from gnn.features.statements.ratings import ratings_of
from gnn.features.targets import outcomes_as_labels
from gnn.metrics import auroc
from graph.schema import Outcome, Party, Relationship
from tests.gnn.networks import Facts

PARTIES = 400


def village(seed: int = 0) -> tuple[Facts, np.ndarray]:
    """Nothing here predicts who defaults: not the income, not the trade, not who knows whom, not the id."""
    random = np.random.default_rng(seed)
    bad = random.random(PARTIES) < 0.3
    trades = ("baker", "clerk", "smith")
    people = [
        Party(f"p{i}", "Person", attributes={"income": float(random.normal()), "trade": trades[random.integers(3)]})
        for i in range(PARTIES)
    ]
    pairs = {(int(a), int(b)) for a, b in random.integers(0, PARTIES, (800, 2)) if a != b}
    links = [Relationship(f"p{a}", f"p{b}", "RATES", "1", weight=float(random.normal())) for a, b in sorted(pairs)]
    outcomes = [Outcome(f"p{i}", "default" if bad[i] else "good", "1") for i in range(PARTIES)]
    return Facts(people, links, outcomes), bad


def leaks(facts: Facts, folder: Path, row_order: Sequence[str] = ()) -> list[Source]:
    snapshot = facts.snapshot(folder / "s")
    found = find_leakage(snapshot, outcomes_as_labels(snapshot), {"parties": row_order})
    return [leak.source for leak in found]


def test_an_honest_village_has_no_leak(tmp_path: Path) -> None:
    facts, _ = village()
    assert leaks(facts, tmp_path, [party.id for party in facts.parties]) == []


def test_a_column_counted_back_from_the_outcome_is_a_leak(tmp_path: Path) -> None:
    facts, bad = village()
    people = [
        replace(party, attributes={**party.attributes, "days_left": float(i % 7 if bad[i] else 5 + i % 90)})
        for i, party in enumerate(facts.parties)
    ]
    snapshot = replace(facts, parties=people).snapshot(tmp_path / "s")
    (leak,) = find_leakage(snapshot, outcomes_as_labels(snapshot), {})
    assert leak.source == Source("column", "days_left") and leak.read and leak.auroc > 0.95


@pytest.mark.parametrize("missing_when_bad", [False, True])
def test_a_column_that_is_there_for_one_outcome_only_is_a_leak(missing_when_bad: bool, tmp_path: Path) -> None:
    facts, bad = village()
    people = [
        party if bad[i] == missing_when_bad else replace(party, attributes={**party.attributes, "checked": 1.0 + i})
        for i, party in enumerate(facts.parties)
    ]
    assert leaks(replace(facts, parties=people), tmp_path) == [Source("column", "checked")]


def test_a_word_made_from_the_outcome_is_a_leak_and_a_name_of_its_own_for_everybody_is_not(tmp_path: Path) -> None:
    facts, bad = village()
    people = [
        replace(party, attributes={"status": f"{'closed' if bad[i] else 'open'} {i % 3}", "called": f"name {i}"})
        for i, party in enumerate(facts.parties)
    ]
    assert leaks(replace(facts, parties=people), tmp_path) == [Source("column", "status")]


@pytest.mark.parametrize(("name", "read"), [("score", True), ("age", False)])
def test_a_protected_column_that_leaks_is_one_that_no_feature_reads(name: str, read: bool, tmp_path: Path) -> None:
    facts, bad = village()
    people = [replace(party, attributes={name: float(bad[i]) + i / PARTIES}) for i, party in enumerate(facts.parties)]
    snapshot = replace(facts, parties=people).snapshot(tmp_path / "s")
    (leak,) = find_leakage(snapshot, outcomes_as_labels(snapshot), {})
    assert (leak.source, leak.read) == (Source("column", name), read)


def test_ratings_from_which_the_outcome_was_derived_are_a_leak(tmp_path: Path) -> None:
    facts, bad = village()
    links = [
        replace(link, weight=link.weight * 0.1 + (-1.0 if bad[int(link.target[1:])] else 1.0))
        for link in facts.relationships
        if link.weight is not None
    ]
    assert leaks(replace(facts, relationships=links), tmp_path) == [Source("link_mean", "RATES", "received", "weight")]


def test_ids_given_out_by_outcome_leak_by_their_number_and_not_by_their_letters(tmp_path: Path) -> None:
    """As text p1000 comes before p101; the number within says who was named first."""
    facts, bad = village()
    rank = np.empty(PARTIES, np.int64)
    rank[np.argsort(~bad, kind="stable")] = np.arange(PARTIES)
    assert leaks(facts.renamed(lambda id: f"p{rank[int(id[1:])]}"), tmp_path)[0] == Source("id_number")


def test_a_file_in_blocks_of_outcomes_is_a_leak(tmp_path: Path) -> None:
    """Good ones, then bad ones, then good ones again: no order from first to last, yet the position predicts."""
    facts, bad = village()
    good, rest = np.flatnonzero(~bad), np.flatnonzero(bad)
    row_order = [f"p{i}" for i in [*good[:140], *rest, *good[140:]]]
    assert leaks(facts, tmp_path, row_order) == [Source("row_order", "parties")]


def test_few_outcomes_make_no_leak_that_is_not_chance(tmp_path: Path) -> None:
    facts, bad = village()
    few = [facts.outcomes[i] for i in [*np.flatnonzero(bad)[:4], *np.flatnonzero(~bad)[:4]]]
    assert leaks(replace(facts, outcomes=few), tmp_path, [outcome.party for outcome in few]) == []


def test_the_auroc_of_one_column_is_that_of_its_better_direction() -> None:
    random = np.random.default_rng(1)
    values, y = random.normal(size=300), (random.random(300) < 0.5).astype(np.float64)
    values += y
    assert auroc(values, y) > 0.6
    for one in (values, -values):
        assert univariate_auroc(one, y) == pytest.approx(auroc(values, y), abs=0.02)


@pytest.mark.parametrize(("sorted_by_time", "sources"), [(True, [Source("rating_time")]), (False, [])])
def test_ratings_whose_time_predicts_their_sign_leak(
    sorted_by_time: bool, sources: list[Source], tmp_path: Path
) -> None:
    """A list of complaints that was entered after everything else."""
    facts, _ = village()
    random = np.random.default_rng(2)
    links = [
        replace(link, first=time, last=time)
        for link in facts.relationships
        for time in [float((link.weight or 0) < 0 if sorted_by_time else random.random()) * 1e6 + random.random()]
    ]
    snapshot = replace(facts, relationships=links).snapshot(tmp_path / "s")
    assert [leak.source for leak in find_rating_leakage(snapshot, ratings_of(snapshot))] == sources
