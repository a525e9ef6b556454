"""What an assessment says: too little known, facts as facts, caps, identifiers, reasons with their evidence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnn.explain import reason_codes
from gnn.explain.explainer import Explainer
from gnn.features.targets import outcome_flags
from gnn.models.score_scale import LEVELS, POINTS_PER_LOG_ODDS
from gnn.scoring.scenario import scenario
from gnn.scoring.scorer import FLOOR, NOT_ASSESSED, Scorer
from gnn.scoring.terms import Terms
from graph.schema import Outcome, Party, Relationship, RelationshipKind
from graph.snapshots.build import build_snapshot
from tests.gnn.networks import Facts, Trained
from tests.graph.networks import load_facts

ALL = frozenset({"contact", "guarantee", "identifier", "money", "social"})
YEAR = 365 * 86400.0


def known(folder: Path, *outcomes: Outcome, closed_after: float | None = None) -> tuple[bool, bool, bool]:
    """Whether a default, a fraud and a good outcome count for the one party with these outcomes."""
    told = outcome_flags(Facts([Party("a", "Person")], (), outcomes).snapshot(folder / "s"), closed_after)
    return bool(told.default[0]), bool(told.fraud[0]), bool(told.good[0])


def test_only_active_outcomes_count(tmp_path: Path) -> None:
    assert known(tmp_path / "0", Outcome("a", "default", "1")) == (True, False, False)
    assert known(tmp_path / "1", Outcome("a", "fraud", "1"), Outcome("a", "good", "2")) == (False, True, True)
    for state in ("disputed", "corrected", "expired"):
        assert known(tmp_path / state, Outcome("a", "default", "1", state=state)) == (False, False, False)
    assert known(tmp_path / "2", Outcome("a", "late", "1")) == (False, False, False)


def test_an_outcome_that_closed_too_long_ago_does_not_count(tmp_path: Path) -> None:
    old = Outcome("a", "default", "1", opened=1 * YEAR, closed=2 * YEAR)
    assert known(tmp_path / "0", old, closed_after=3 * YEAR) == (False, False, False)
    assert known(tmp_path / "1", old, closed_after=2 * YEAR) == (True, False, False)
    assert known(tmp_path / "2", replace(old, closed=None), closed_after=3 * YEAR) == (True, False, False)


def test_a_cure_ends_an_earlier_default_but_no_later_one_and_no_fraud(tmp_path: Path) -> None:
    cured = Outcome("a", "cured", "9", opened=5 * YEAR)
    assert known(tmp_path / "0", Outcome("a", "default", "1", 4 * YEAR), cured)[0] is False
    assert known(tmp_path / "1", Outcome("a", "default", "1", 6 * YEAR), cured)[0] is True
    assert known(tmp_path / "2", Outcome("a", "fraud", "1", 4 * YEAR), cured)[1] is True
    assert known(tmp_path / "3", Outcome("a", "default", "1"), Outcome("a", "cured", "2"))[0] is False


def test_a_cure_that_closed_long_ago_still_cures(tmp_path: Path) -> None:
    default, cure = Outcome("a", "default", "1", 6 * YEAR), Outcome("a", "cured", "2", 7 * YEAR, 7 * YEAR)
    assert known(tmp_path / "0", default, cure) == (False, False, False)
    assert known(tmp_path / "1", default, cure, closed_after=9 * YEAR) == (False, False, False)


def test_a_good_outcome_is_not_forgotten(tmp_path: Path) -> None:
    paid = Outcome("a", "good", "1", 1 * YEAR, 2 * YEAR)
    assert known(tmp_path / "0", paid, closed_after=9 * YEAR) == (False, False, True)


times = st.none() | st.integers(0, 12).map(float)
histories = st.lists(
    st.tuples(st.sampled_from(["default", "fraud", "cured", "good", "late"]), times, times), min_size=1, max_size=6
)


@pytest.mark.slow
@given(histories, st.integers(0, 13), st.integers(0, 13))
@settings(max_examples=60, deadline=None)
def test_forgetting_more_never_makes_anybody_worse_known(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, float | None, float | None]], a: int, b: int
) -> None:
    outcomes = [
        Outcome("a", name, str(i), opened, None if closed is None else max(closed, opened or 0.0))
        for i, (name, opened, closed) in enumerate(history)
    ]
    snapshot = Facts([Party("a", "Person")], (), outcomes).snapshot(tmp_path_factory.mktemp("history") / "s")
    less, more = (outcome_flags(snapshot, float(after)) for after in sorted((a, b)))
    assert not (more.bad & ~less.bad).any()
    assert not (less.good & ~more.good).any()


def test_an_interval_holds_its_probability_and_moves_with_the_cap(trained: Trained) -> None:
    for row in trained.snapshot.rows_of(["p0001", "p0002", "p0003"]).tolist():
        free, held = (trained.scorer.assess(row, Terms(ALL, cap)) for cap in (None, 0.01))
        for answer in (free, held):
            assert answer.interval is not None and answer.probability is not None
            assert 0 < answer.interval[0] <= answer.probability <= answer.interval[1] < 1
        if held.probability != free.probability:
            assert held.interval != free.interval
    phone = trained.scorer.assess(trained.snapshot.row_of("phone0001"), Terms(ALL))
    assert phone.interval is None


@pytest.mark.slow
def test_a_default_is_bad_news_for_the_others_taken_together(trained: Trained) -> None:
    """That somebody's outcome has come to be known must not count for more than that it is a bad one."""
    unknown = np.flatnonzero(np.isnan(trained.scorer.outcomes.y[:600]))
    for failed in unknown[:: max(len(unknown) // 12, 1)].tolist():
        told = scenario(trained.scorer, [failed], Terms(ALL))
        assert (told.after - told.before).sum() > 0


def test_too_little_known_is_not_assessed(trained: Trained, tmp_path: Path) -> None:
    stranger, caller = Party("s", "Person", None, {"age": 30.0}), Party("t", "Person")
    call = Relationship("t", trained.facts.parties[0].id, "CALLS", "1")
    facts = replace(
        trained.facts,
        parties=[*trained.facts.parties, stranger, caller],
        relationships=[*trained.facts.relationships, call],
    )
    snapshot = facts.snapshot(tmp_path / "s")
    scorer = Scorer.of(trained.model, snapshot)
    nothing = scorer.assess(snapshot.row_of("s"), Terms(ALL))
    assert (nothing.probability, nothing.score, nothing.level) == (None, None, NOT_ASSESSED)
    assert nothing.warnings == ("too_little_known",)
    row = snapshot.row_of("t")
    assert scorer.assess(row, Terms(ALL)).score is not None
    assert scorer.assess(row, Terms(ALL - {"contact"})).level == NOT_ASSESSED  # its only link may not be used


UNREAD = {
    "an attribute that the model never saw": ({"shoe": 5.0}, ()),
    "a protected attribute": ({"age": 30.0}, ()),
    "a link of a category that it never saw": ({}, (Relationship("s", "p0001", "EMPLOYED_BY", "1"),)),
    "a link to itself": ({}, (Relationship("s", "s", "CALLS", "1"),)),
}


@pytest.mark.parametrize("what", UNREAD)
def test_what_the_model_does_not_read_is_too_little_known(trained: Trained, what: str, tmp_path: Path) -> None:
    attributes, links = UNREAD[what]
    facts = replace(
        trained.facts,
        parties=[*trained.facts.parties, Party("s", "Person", None, attributes)],
        relationships=[*trained.facts.relationships, *links],
        outcomes=[*trained.facts.outcomes, Outcome("s", "default", "1")],
    )
    snapshot = facts.snapshot(tmp_path / "s")
    scorer, row, every = Scorer.of(trained.model, snapshot), snapshot.row_of("s"), ALL | {"work"}
    told = scorer.assess(row, Terms(every))
    assert (told.probability, told.score, told.level) == (None, None, NOT_ASSESSED)
    assert told.warnings == ("too_little_known", "known_default")  # a fact stays one
    assert row not in scenario(scorer, [0], Terms(every)).rows


@pytest.mark.slow
def test_everybody_with_something_that_the_model_reads_is_assessed(trained: Trained, tmp_path: Path) -> None:
    """Also over a new kind of a category that it knows: it hears such neighbours like any of the category."""
    store = replace(trained.facts, parties=[*trained.facts.parties, Party("s", "Person"), Party("t", "Person")]).store()
    store.define_kinds([RelationshipKind("XPAYS", "money")])
    load_facts(store, [Relationship("s", "p0001", "XPAYS", "1"), Outcome("p0001", "default", "2")], "more")
    snapshot = build_snapshot(store, tmp_path / "s")
    scorer, people = Scorer.of(trained.model, snapshot), [p.id for p in trained.facts.parties if p.kind == "Person"]
    for id in [*people, "s"]:
        assert scorer.assess(snapshot.row_of(id), Terms(ALL)).score is not None
    alone, nothing = (scorer.probability([snapshot.row_of(id)])[0] for id in "st")
    assert alone != nothing
    assert scorer.assess(snapshot.row_of("s"), Terms(ALL - {"money"})).level == NOT_ASSESSED


@pytest.mark.slow
@pytest.mark.parametrize("categories", [ALL, ALL - {"money", "contact"}, frozenset()])
def test_who_is_assessed_can_be_told_from_the_facts(trained: Trained, categories: frozenset[str]) -> None:
    """Every person of the town has a trade; phones are linked by people who use them, and not assessed."""
    told = [trained.scorer.assess(row, Terms(categories)).level for row in range(trained.snapshot.n_parties)]
    people = [trained.snapshot.id_of(row).startswith("p0") for row in range(trained.snapshot.n_parties)]
    assert [level != NOT_ASSESSED for level in told] == people


def test_identifiers_are_not_assessed(trained: Trained) -> None:
    phone = trained.scorer.assess(trained.snapshot.row_of("phone0000"), Terms(ALL))
    assert (phone.score, phone.level, phone.warnings) == (None, NOT_ASSESSED, ("identifier",))


def test_a_known_default_is_said_and_puts_a_floor_under_the_level(trained: Trained) -> None:
    for row in np.flatnonzero(trained.scorer.outcomes.default)[:40].tolist():
        told = trained.scorer.assess(row, Terms(ALL))
        assert "known_default" in told.warnings
        assert LEVELS.index(told.level) >= LEVELS.index(FLOOR)
        assert told.probability == trained.scorer.probability([row])[0]  # the fact is not dressed up as a prediction


def test_scores_are_on_the_scale_and_move_with_odds0(trained: Trained) -> None:
    for row in range(0, 600, 29):
        told = trained.scorer.assess(row, Terms(ALL))
        assert told.score is not None
        assert 350 <= told.score <= 950
        assert trained.scorer.assess(row, Terms(ALL, odds0=1e-9)).score == 350
        assert trained.scorer.assess(row, Terms(ALL, odds0=1e9)).score == 950


def test_a_category_that_the_network_lacks_changes_nothing(trained: Trained) -> None:
    assert trained.scorer.assess(3, Terms(ALL | {"work", "trust"})) == trained.scorer.assess(3, Terms(ALL))
    assert trained.explainer.attribution(3, Terms(ALL | {"work", "trust"})) == trained.explainer.attribution(
        3, Terms(ALL)
    )


def test_categories_without_a_path_are_dummies(trained: Trained, tmp_path: Path) -> None:
    loner = Party("s", "Person", None, {"income": 1500.0})
    call = Relationship("s", trained.facts.parties[0].id, "CALLS", "1")
    facts = replace(
        trained.facts,
        parties=[*trained.facts.parties, loner],
        relationships=[*trained.facts.relationships, call],
    )
    snapshot = facts.snapshot(tmp_path / "s")
    told = Explainer(Scorer.of(trained.model, snapshot)).attribution(
        snapshot.row_of("s"), Terms(frozenset({"contact", "social"}))
    )
    assert told.contributions["social"] == 0.0
    assert told.contributions["contact"] != 0.0


def test_reasons_tell_nine_tenths_of_the_points_and_known_bad_ties(trained: Trained) -> None:
    for row in range(0, 600, 37):
        for cap in (None, 0.4):
            told = trained.explainer.attribution(row, Terms(ALL, cap))
            points = {name: -POINTS_PER_LOG_ODDS * x for name, x in told.contributions.items()}
            reasons = [r for r in trained.explainer.reasons(row, told, Terms(ALL, cap)) if r.points]
            largest = reason_codes.largest_parts(points)
            by_part = {r.category or "own": r for r in reasons}
            assert len(by_part) == len(reasons) and set(by_part) >= set(largest)
            assert all(by_part[name].code.startswith("KNOWN_BAD_") for name in by_part.keys() - set(largest))
            whole = sum(abs(x) for x in points.values())
            assert sum(abs(points[name]) for name in largest) >= 0.9 * whole - 1e-9
            assert sum(abs(points[name]) for name in largest[:-1]) < 0.9 * whole


def test_an_attribute_left_out_is_one_that_nobody_has_stated(trained: Trained, tmp_path: Path) -> None:
    """For a party that nobody is linked to, so that its record reaches it in no other way."""
    loner = Party("s", "Person", None, {"income": 1500.0, "trade": "baker"})
    facts = replace(trained.facts, parties=[*trained.facts.parties, loner])
    poorer = replace(loner, attributes={"trade": "baker"})
    before, after = (
        facts.snapshot(tmp_path / "1"),
        replace(facts, parties=[*facts.parties[:-1], poorer]).snapshot(tmp_path / "2"),
    )
    told = Scorer.of(trained.model, before)
    row = before.row_of("s")
    whole = Explainer(told).attribution(row, Terms(ALL))
    without = Explainer(Scorer.of(trained.model, after)).attribution(after.row_of("s"), Terms(ALL))
    (own,) = (
        r
        for r in Explainer(told).reasons(row, whole, Terms(ALL))
        if r.code in {reason_codes.OWN_RECORD, reason_codes.THIN_RECORD}
    )
    effect = {one.attribute: one.points for one in own.attributes}
    assert effect["income"] == -POINTS_PER_LOG_ODDS * (whole.logit - without.logit)


def test_a_cap_that_binds_is_said(trained: Trained) -> None:
    row = next(row for row in range(600) if trained.explainer.attribution(row, Terms(ALL, 0.01)).capped)
    found = trained.explainer.attribution(row, Terms(ALL, 0.01))
    told = {reason.code: reason for reason in trained.explainer.reasons(row, found, Terms(ALL, 0.01))}
    assert told["CAP_REACHED"].capped == -POINTS_PER_LOG_ODDS * (found.logit - found.uncapped)
    assert found.base + sum(found.contributions.values()) == pytest.approx(found.logit, abs=1e-9)
    assert "cap_reached" in trained.scorer.assess(row, Terms(ALL, 0.01)).warnings


@pytest.mark.slow
def test_a_thousand_explanations_sum_with_a_cap_and_without(trained: Trained) -> None:
    values = np.stack([trained.scorer.scoring_input(row).values for row in range(500)])
    bound = 0
    for cap in (None, 0.4):
        for row, answered in enumerate(trained.scorer.log_odds(values, Terms(ALL, cap)).tolist()):
            told = trained.explainer.attribution(row, Terms(ALL, cap))
            assert told.base + sum(told.contributions.values()) == pytest.approx(answered, abs=1e-6)
            bound += told.capped
    assert bound > 50  # the cap does bind, and the sum holds there too


def test_scores_of_many_parties_are_those_of_one_after_another(trained: Trained) -> None:
    rows, terms = list(range(0, trained.snapshot.n_parties, 3)), Terms(ALL - {"social"}, cap=0.5)
    assert trained.scorer.assess_rows(rows, terms) == [trained.scorer.assess(row, terms) for row in rows]
    assert trained.scorer.assess_rows([], terms) == []
    told = [np.nan if one.score is None else one.score for one in trained.scorer.assess_rows(rows, terms)]
    np.testing.assert_allclose(trained.scorer.scores(rows, terms), told, atol=1e-6)
    assert len(trained.scorer.scores([], terms)) == 0
