"""The invariants of a score (design, section 6), each on a small town, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from gnn.explain.explainer import Explainer
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from graph.purposes import PURPOSES
from graph.schema import Outcome, Party
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.open import open_store
from tests.gnn.networks import Facts, Trained
from tests.graph.networks import load_facts

CATEGORIES = ("contact", "guarantee", "identifier", "money", "social")


def scores(scorer: Scorer, snapshot: Snapshot, present: frozenset[str] | None = None) -> dict[str, float]:
    """The probability of every party by id, exactly as answered."""
    probability = scorer.probability(np.arange(snapshot.n_parties), present)
    return dict(zip(snapshot.id_array().to_pylist(), probability.tolist(), strict=True))


def rescored(trained: Trained, facts: Facts, folder: Path) -> dict[str, float]:
    snapshot = facts.snapshot(folder)
    return scores(Scorer.of(trained.model, snapshot), snapshot)


@pytest.fixture(scope="module")
def served(trained: Trained) -> Mapping[str, float]:
    return scores(trained.scorer, trained.snapshot)


def test_scores_differ_and_are_probabilities(served: Mapping[str, float]) -> None:
    assert len(set(served.values())) > len(served) // 4
    assert all(0 < p < 1 for p in served.values())


@pytest.mark.parametrize("barred", CATEGORIES)
def test_a_barred_category_equals_removing_its_links(trained: Trained, barred: str, tmp_path: Path) -> None:
    without = rescored(trained, trained.facts.without_category(barred), tmp_path / "s")
    present = frozenset(CATEGORIES) - {barred}
    assert scores(trained.scorer, trained.snapshot, present) == without


@pytest.mark.slow
def test_barring_two_or_all_categories_equals_removing_their_links(trained: Trained, tmp_path: Path) -> None:
    for i, barred in enumerate([*list(combinations(CATEGORIES, 2))[::3], CATEGORIES]):
        facts = trained.facts
        for category in barred:
            facts = facts.without_category(category)
        without = rescored(trained, facts, tmp_path / f"{i}")
        assert scores(trained.scorer, trained.snapshot, frozenset(CATEGORIES) - set(barred)) == without


def test_a_barred_category_moves_no_explanation(trained: Trained, tmp_path: Path) -> None:
    snapshot = trained.facts.without_category("money").snapshot(tmp_path / "s")
    without = Scorer.of(trained.model, snapshot)
    allowed = frozenset(CATEGORIES) - {"money"}
    for row in range(0, 400, 57):
        told = trained.explainer.attribution(row, Terms(allowed, cap=0.8))
        assert told == Explainer(without).attribution(row, Terms(allowed, cap=0.8))
        assert trained.scorer.assess(row, Terms(allowed, cap=0.8)) == without.assess(row, Terms(allowed, cap=0.8))


def test_a_protected_attribute_has_no_influence(trained: Trained, served: Mapping[str, float], tmp_path: Path) -> None:
    def turned(party: Party) -> Party:
        if party.kind != "Person":
            return party
        return replace(party, attributes={**party.attributes, "age": 99.0, "sex": "x", "Nationality": "moon"})

    def blind(party: Party) -> Party:
        kept = {key: value for key, value in party.attributes.items() if key not in {"age", "sex"}}
        return replace(party, attributes=kept)

    for change in (turned, blind):
        facts = replace(trained.facts, parties=[change(party) for party in trained.facts.parties])
        assert rescored(trained, facts, tmp_path / change.__name__) == served


def test_renaming_every_party_changes_no_score(trained: Trained, served: Mapping[str, float], tmp_path: Path) -> None:
    again = rescored(trained, trained.facts.renamed(lambda id: f"x{id[::-1]}"), tmp_path / "s")
    assert {id[:0:-1]: p for id, p in again.items()} == served


def test_names_are_not_looked_at(trained: Trained, served: Mapping[str, float], tmp_path: Path) -> None:
    facts = replace(trained.facts, parties=[replace(party, name="=cmd()") for party in trained.facts.parties])
    assert rescored(trained, facts, tmp_path / "s") == served


def test_shuffling_every_row_changes_no_score(trained: Trained, served: Mapping[str, float], tmp_path: Path) -> None:
    assert rescored(trained, trained.facts.shuffled(7), tmp_path / "s") == served


@pytest.mark.slow
def test_loading_twice_changes_no_score(trained: Trained, served: Mapping[str, float], tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/kith.db")
    try:
        facts = trained.facts
        for source in ("one file", "one file", "the same facts from elsewhere"):
            links = facts.relationships if source == "one file" else ()
            load_facts(store, (*facts.parties, *links, *facts.outcomes), source)
        snapshot = build_snapshot(store, tmp_path / "s")
        assert scores(Scorer.of(trained.model, snapshot), snapshot) == served
    finally:
        store.close()


def test_a_score_does_not_depend_on_its_batch(trained: Trained, served: Mapping[str, float]) -> None:
    scorer, n = trained.scorer, trained.snapshot.n_parties
    whole = np.array(list(served.values()))
    alone = np.array([scorer.probability(np.array([row]))[0] for row in range(0, n, 7)])
    assert (alone == whole[::7]).all()
    random = np.random.default_rng(0)
    for size in (2, 3, 5, 16, 33, 64, 200):
        rows = random.permutation(n)[:size]
        assert (scorer.probability(rows) == whole[rows]).all()


def test_who_has_no_path_to_a_change_keeps_its_score(
    trained: Trained, served: Mapping[str, float], tmp_path: Path
) -> None:
    facts = replace(
        trained.facts,
        parties=[*trained.facts.parties, Party("zz", "Person", None, {"income": 1.0})],
        outcomes=[*trained.facts.outcomes, Outcome("zz", "default", "1")],
    )
    again = rescored(trained, facts, tmp_path / "s")
    del again["zz"]
    assert again == served


@pytest.mark.slow
def test_an_own_outcome_never_reaches_the_own_score(
    trained: Trained, served: Mapping[str, float], tmp_path: Path
) -> None:
    known = [outcome.party for outcome in trained.facts.outcomes]
    for id in (known[0], known[100], known[250]):
        turned = [
            replace(o, outcome="good" if o.outcome == "default" else "default") if o.party == id else o
            for o in trained.facts.outcomes
        ]
        again = rescored(trained, replace(trained.facts, outcomes=turned), tmp_path / id)
        assert again[id] == served[id]
        assert again != served  # but it does reach others


@pytest.mark.parametrize("cap", [None, 0.3, 1.0])
def test_an_explanation_sums_to_the_answer(trained: Trained, cap: float | None) -> None:
    for row in range(0, 600, 83):
        for purpose in PURPOSES.values():
            told = trained.explainer.attribution(row, Terms(purpose.categories, cap))
            assessed = trained.scorer.assess(row, Terms(purpose.categories, cap))
            whole = told.base + sum(told.contributions.values())
            assert whole == pytest.approx(told.logit, abs=1e-9)
            if assessed.probability is not None:
                assert np.log(assessed.probability / (1 - assessed.probability)) == pytest.approx(whole, abs=1e-9)


def test_others_share_stays_within_the_cap(trained: Trained) -> None:
    rows = np.arange(0, 600, 13)
    alone = trained.scorer.probability(rows, frozenset())
    for row, own in zip(rows, alone, strict=True):
        told = trained.explainer.attribution(int(row), Terms(frozenset(CATEGORIES), cap=0.25))
        assert abs(told.logit - np.log(own / (1 - own))) <= 0.25 + 1e-9
