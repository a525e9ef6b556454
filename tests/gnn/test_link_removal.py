"""What a relationship or a party does to an answer is what really goes when it is removed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gnn.explain.budget import within_budget
from gnn.explain.explainer import Explainer
from gnn.explain.link_removal import PARTIES_TRIED, Effect, removals, strongest
from gnn.models.score_scale import POINTS_PER_LOG_ODDS
from gnn.scoring.incremental import updated_input
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from graph.explore.links import co_users, removals_between
from graph.snapshots.overlay import AddLinks, Change, Cure, RemoveLinks
from tests.gnn.changes import carried_out
from tests.gnn.networks import Trained, town

ALL = frozenset({"contact", "guarantee", "identifier", "money", "social"})
CAP = 1.0


def risky(trained: Trained, number: int) -> list[int]:
    """The parties that are furthest from the base rate."""
    rows = np.arange(0, 600, 3)
    values = np.stack([trained.scorer.scoring_input(row).values for row in rows])
    away = np.abs(trained.scorer.log_odds(values, Terms(ALL)) - trained.scorer.base)
    return rows[np.argsort(away)[-number:]].tolist()


def found(trained: Trained, row: int, cap: float | None = None) -> tuple[Effect, ...]:
    told = removals(trained.scorer, row, trained.explainer.attribution(row, Terms(ALL, cap)), Terms(ALL, cap))
    return (*told.parties, *told.relationships)


@pytest.mark.parametrize("cap", [None, CAP])
def test_an_effect_is_what_a_snapshot_without_the_links_answers(
    trained: Trained, cap: float | None, tmp_path: Path
) -> None:
    row = risky(trained, 1)[0]
    before = trained.explainer.attribution(row, Terms(ALL, cap)).logit
    effects = found(trained, row, cap)
    chosen = [effects[0], effects[-1]]
    for i, effect in enumerate(chosen):
        without = carried_out(trained.facts, effect.ended, trained.snapshot).snapshot(tmp_path / f"{i}")
        after = Explainer(Scorer.of(trained.model, without)).attribution(row, Terms(ALL, cap)).logit
        assert before - after == effect.log_odds  # to the bit
        assert effect.points == 0.0 - POINTS_PER_LOG_ODDS * effect.log_odds


def test_a_party_that_only_shares_an_identifier_is_removed_from_the_identifier(trained: Trained) -> None:
    phones = frozenset({"identifier"})
    row = next(
        row
        for row in range(600)
        if co_users(trained.snapshot, row)
        and strongest(trained.scorer, row, trained.explainer.attribution(row, Terms(phones)))  # the identifier matters
    )
    ((other, via),) = list(co_users(trained.snapshot, row).items())[:1]
    told = removals(trained.scorer, row, trained.explainer.attribution(row, Terms(phones)), Terms(phones))
    effect = next(one for one in told.parties if one.other == other)
    assert effect.via == via
    assert effect.ended == tuple(RemoveLinks("USES_PHONE", other, phone) for phone in via)


def test_features_after_a_removal_are_those_of_the_snapshot_without_it(trained: Trained, tmp_path: Path) -> None:
    row = risky(trained, 2)[0]
    other = strongest(trained.scorer, row, trained.explainer.attribution(row, Terms(ALL)))[0]
    changes = removals_between(trained.snapshot, row, other, trained.snapshot.kinds_of(ALL))
    snapshot = carried_out(trained.facts, changes, trained.snapshot).snapshot(tmp_path / "s")
    expected = Scorer.of(trained.model, snapshot).scoring_input(row)
    ours = updated_input(trained.scorer.table, row, changes)
    assert ours.values.tobytes() == expected.values.tobytes()
    assert ours.facts == expected.facts


def test_known_bad_parties_come_first_and_a_cut_is_said(trained: Trained) -> None:
    for busy in range(600):
        attribution = trained.explainer.attribution(busy, Terms(ALL))
        order = strongest(trained.scorer, busy, attribution)
        if len(order) > PARTIES_TRIED:
            break
    bad = trained.scorer.outcomes.bad[order]
    assert bad.tolist() == sorted(bad.tolist(), reverse=True)
    told = removals(trained.scorer, busy, attribution, Terms(ALL))
    assert told.candidates == len(order) > PARTIES_TRIED == told.tried
    assert {one.other for one in told.parties} == set(order[:PARTIES_TRIED])


def test_of_a_party_with_too_many_links_fewer_changes_are_tried(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = risky(trained, 1)[0]
    attribution = trained.explainer.attribution(row, Terms(ALL))
    whole = removals(trained.scorer, row, attribution, Terms(ALL))
    monkeypatch.setattr("gnn.explain.budget.MOST_READ", 0)
    told = removals(trained.scorer, row, attribution, Terms(ALL))
    assert (told.tried, told.parties, told.relationships) == (0, (), ())
    assert told.candidates == whole.candidates > 0


def test_a_budget_is_spent_in_order_on_what_it_still_allows(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    row = risky(trained, 1)[0]
    degree = trained.scorer.table.state.categories["money"].neighbours.degree(np.arange(trained.snapshot.n_parties))
    others = trained.snapshot.links("PAYS").out(row).party
    few, many = sorted(set(others.tolist()), key=lambda other: degree[other])[:: len(set(others.tolist())) - 1]
    changes = [(RemoveLinks("PAYS", row, other),) for other in (many, few, few)]
    assert degree[many] > degree[few]
    monkeypatch.setattr("gnn.explain.budget.MOST_READ", int(degree[row] + degree[few]))
    assert within_budget(trained.scorer, row, changes) == changes[1:2]


def test_strongest_first_and_the_same_twice(trained: Trained) -> None:
    row = risky(trained, 1)[0]
    attribution = trained.explainer.attribution(row, Terms(ALL))
    told = removals(trained.scorer, row, attribution, Terms(ALL))
    points = [abs(one.points) for one in told.parties]
    assert points == sorted(points, reverse=True)
    assert removals(trained.scorer, row, attribution, Terms(ALL)) == told


def test_a_category_that_may_not_count_has_no_effect_to_tell(trained: Trained) -> None:
    row = risky(trained, 1)[0]
    money = frozenset({"money"})
    told = removals(trained.scorer, row, trained.explainer.attribution(row, Terms(money)), Terms(money))
    assert {tie.kind for one in told.parties for tie in one.ended} <= {"PAYS"}
    assert not [one for one in told.parties if one.via]


@pytest.mark.slow
def test_any_change_gives_the_features_of_the_snapshot_built_after_it(tmp_path: Path) -> None:
    """In a network of three categories, where paths over two of them count too."""
    facts = town(120).without_category("contact").without_category("identifier")
    some = Trained.on(facts, tmp_path / "s")
    assert any(">" in block.name for block in some.model.spec.blocks)
    snapshot, bad = some.snapshot, np.flatnonzero(some.scorer.outcomes.default).tolist()
    pays, friends = snapshot.links("PAYS"), snapshot.links("FRIEND_OF")
    payer, payee = int(pays.in_source[0]), int(pays.out_target[int(pays.in_entry[0])])
    friend = int(np.flatnonzero(np.diff(friends.out_indptr))[0])
    changes: list[Change] = [
        RemoveLinks("PAYS", payer, payee),
        RemoveLinks("FRIEND_OF", friend, int(friends.out_target[friends.out_indptr[friend]])),
        AddLinks("PAYS", payer, friend, 3, 1.1e9, 1.1e9, count=2, amount=7.0),
        Cure(bad[0]),
        Cure(bad[-1]),
    ]
    for i, chosen in enumerate([changes[:1], changes[1:2], changes[2:3], changes[3:4], changes]):
        after = Scorer.of(some.model, carried_out(facts, chosen, snapshot).snapshot(tmp_path / f"{i}"))
        for row in {payer, payee, friend, *range(0, 120, 17)}:
            ours, expected = updated_input(some.scorer.table, row, chosen), after.scoring_input(row)
            assert ours.values.tobytes() == expected.values.tobytes(), (i, row)
            assert ours.facts == expected.facts
