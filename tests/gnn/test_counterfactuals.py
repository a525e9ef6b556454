"""What would move a party to a better level: possible, smallest first, and true when it is done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gnn.explain.counterfactuals import (
    CHANGE_CODES,
    LADDER,
    Counterfactual,
    Counterfactuals,
    can_end,
    change_code,
    cost,
    counterfactuals,
    possible,
)
from gnn.explain.explainer import Explainer
from gnn.models.score_scale import LEVELS
from gnn.scoring.scorer import Scorer
from gnn.scoring.terms import Terms
from graph.schema import IDENTIFIER_KINDS, Outcome, Party, Relationship
from graph.snapshots.links import KindInfo
from graph.snapshots.overlay import AddLinks, Cure, RemoveLinks
from tests.gnn.changes import carried_out
from tests.gnn.networks import Trained

ALL = frozenset({"contact", "guarantee", "identifier", "money", "social"})


@pytest.fixture(scope="module")
def proposed(trained: Trained) -> dict[int, tuple[Counterfactual, ...]]:
    """What is proposed to the parties of the town that are not at the best level, to a few of them."""
    scorer, found = trained.scorer, {}
    for row in range(0, 600, 5):
        if scorer.assess(row, Terms(ALL)).level in LEVELS[1:]:
            shares = Explainer(scorer).attribution(row, Terms(ALL))
            found[row] = counterfactuals(scorer, row, shares, Terms(ALL)).found
        if sum(map(bool, found.values())) == 2:
            return found
    raise AssertionError("hardly anybody of this town can be helped")


def soundest(trained: Trained) -> int:
    """The person with the best score."""
    return int(np.argmin(trained.scorer.probability(np.arange(600))))


def test_doing_it_gives_the_promised_level(
    trained: Trained, proposed: dict[int, tuple[Counterfactual, ...]], tmp_path: Path
) -> None:
    checked = 0
    for row, found in proposed.items():
        for one in found[:1]:
            facts = carried_out(trained.facts, one.changes, trained.snapshot)
            after = Scorer.of(trained.model, facts.snapshot(tmp_path / f"{row}")).assess(row, Terms(ALL))
            assert (after.level, after.score) == (one.level, one.score)
            checked += 1
    assert checked == 2


def test_a_better_level_is_reached_and_the_cheapest_is_told_first(
    trained: Trained, proposed: dict[int, tuple[Counterfactual, ...]]
) -> None:
    for row, found in proposed.items():
        now = trained.scorer.assess(row, Terms(ALL))
        assert all(LEVELS.index(one.level) < LEVELS.index(now.level) for one in found)
        costs = [one.cost for one in found]
        assert costs == sorted(costs)
        assert costs == [sum(cost(change, row) for change in one.changes) for one in found]


def test_only_what_can_happen_is_tried(trained: Trained) -> None:
    scorer, snapshot = trained.scorer, trained.snapshot
    seen = set()
    for row in range(0, 600, 7):
        for change in possible(scorer, row, Explainer(scorer).attribution(row, Terms(ALL)), ALL):
            seen.add(change_code(change, row))
            if isinstance(change, Cure):
                assert scorer.outcomes.default[change.party] and not scorer.outcomes.fraud[change.party]
            else:
                assert row in (change.source, change.target)
                if isinstance(change, RemoveLinks):
                    assert change.kind in {"GUARANTEES", "USES_PHONE"}
                    if change.kind == "USES_PHONE":
                        assert len(snapshot.links("USES_PHONE").in_source) > 1
                else:
                    assert (change.kind, change.source) == ("PAYS", row)
                    assert change.times in LADDER and not scorer.outcomes.bad[change.target]
    assert seen == set(CHANGE_CODES)


def test_an_identifier_that_nobody_else_uses_is_not_worth_giving_up(trained: Trained) -> None:
    scorer, snapshot = trained.scorer, trained.snapshot
    phones = snapshot.links("USES_PHONE")
    alone = next(
        int(phones.in_source[phones.in_indptr[row]])
        for row in range(snapshot.n_parties)
        if snapshot.party_kinds[snapshot.party_kind[row]] in IDENTIFIER_KINDS
        and phones.in_indptr[row + 1] - phones.in_indptr[row] == 1
    )
    tried = possible(scorer, alone, Explainer(scorer).attribution(alone, Terms(ALL)), ALL)
    assert "USES_PHONE" not in {change.kind for change in tried if isinstance(change, RemoveLinks)}


def test_what_a_person_can_end() -> None:
    assert can_end(KindInfo("GUARANTEES", "guarantee", False, 1, 1))
    assert can_end(KindInfo("CO_SIGNS", "guarantee", False, 1, 1))  # a mapping's own kind
    assert can_end(KindInfo("USES_DEVICE", "identifier", False, 1, 1))
    for past in ("RELATIVE_OF", "CALLS", "PAYS", "LIVES_AT", "EMPLOYED_BY", "RATES"):
        assert not can_end(KindInfo(past, "social", False, 1, 1))


def test_an_own_default_is_cured_before_anything_else_helps(trained: Trained, tmp_path: Path) -> None:
    """A known default keeps the level at high, whatever the links do; a fraud stays what it is."""
    sound = soundest(trained)
    id = trained.snapshot.id_of(sound)
    others = [outcome for outcome in trained.facts.outcomes if outcome.party != id]
    for outcome, expected in (("default", ("CURE_OWN_DEFAULT",)), ("fraud", None)):
        facts = replace(trained.facts, outcomes=[*others, Outcome(id, outcome, "1")])
        scorer = Scorer.of(trained.model, facts.snapshot(tmp_path / outcome))
        assert scorer.assess(sound, Terms(ALL, odds0=1.0)).level == "high"
        found = counterfactuals(scorer, sound, Explainer(scorer).attribution(sound, Terms(ALL)), Terms(ALL, odds0=1.0))
        codes = [tuple(change_code(change, sound) for change in one.changes) for one in found.found]
        assert (codes[0] if codes else None) == expected


def test_nothing_is_proposed_to_whom_it_cannot_help(trained: Trained, tmp_path: Path) -> None:
    best = soundest(trained)
    assert trained.scorer.assess(best, Terms(ALL, odds0=1.0)).level == "low"
    assert (
        counterfactuals(trained.scorer, best, trained.explainer.attribution(best, Terms(ALL)), Terms(ALL, odds0=1.0))
        == Counterfactuals()
    )
    facts = replace(trained.facts, parties=[*trained.facts.parties, Party("zz", "Person")])
    scorer = Scorer.of(trained.model, facts.snapshot(tmp_path / "s"))
    stranger = scorer.snapshot.row_of("zz")
    shares = Explainer(scorer).attribution(stranger, Terms(ALL))
    assert counterfactuals(scorer, stranger, shares, Terms(ALL)) == Counterfactuals()


def test_changes_that_would_read_too_much_are_counted(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    row = next(row for row in range(600) if trained.scorer.assess(row, Terms(ALL)).level in LEVELS[1:])
    shares = trained.explainer.attribution(row, Terms(ALL))
    monkeypatch.setattr("gnn.explain.budget.MOST_READ", 0)
    found = counterfactuals(trained.scorer, row, shares, Terms(ALL))
    assert found == Counterfactuals((), len(possible(trained.scorer, row, shares, ALL)))


def test_a_relationship_that_may_not_count_is_no_way_out(trained: Trained) -> None:
    money = frozenset({"money"})
    for row in range(0, 600, 31):
        for change in possible(trained.scorer, row, trained.explainer.attribution(row, Terms(money)), money):
            assert isinstance(change, Cure | AddLinks)


def test_more_links_are_like_the_newest_one(trained: Trained, tmp_path: Path) -> None:
    paid = [
        Relationship("zz", "p0001", "PAYS", "1", first=1.0, last=2.0, count=3, amount=30.0),
        Relationship("zz", "p0001", "PAYS", "2", first=1.0, last=9.0, count=2, amount=20.0, context="online"),
        Relationship("zz", "p0002", "PAYS", "1", first=1.0, last=99.0, count=7, amount=70.0),
    ]
    facts = replace(
        trained.facts,
        parties=[*trained.facts.parties, Party("zz", "Person")],
        relationships=[*trained.facts.relationships, *paid],
        outcomes=[],
    )
    scorer = Scorer.of(trained.model, facts.snapshot(tmp_path / "s"))
    row = scorer.snapshot.row_of("zz")
    more = [
        c for c in possible(scorer, row, Explainer(scorer).attribution(row, Terms(ALL)), ALL) if isinstance(c, AddLinks)
    ]
    assert [change.times for change in more] == list(LADDER)
    one = more[0]
    assert (one.target, one.count, one.amount, one.context) == (scorer.snapshot.row_of("p0001"), 2, 20.0, 1)
    assert one.first == one.last == 1.1e9  # the newest payment of the town
