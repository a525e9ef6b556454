"""What a pair adds: hand-checked values, and the rule that a rating is never seen in its own features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnn.evaluation.baselines.trust_baselines import fairness_goodness, ratee_mean, svd
from gnn.evaluation.evaluate_trust import SIGN, WEIGHT, evaluate_trust
from gnn.features import pair_links
from gnn.features.pair_features import DAY, NAMES, SHRINK, features_of, pair_features
from gnn.features.pair_links import link_features
from gnn.features.statements.ratings import Ratings, index_ratings
from gnn.metrics import auroc
from gnn.training.fit_trust import canonical_ratings, fit_sign
from graph.errors import TrainingError, UsageError
from graph.schema import Party, Relationship
from tests.gnn.networks import Facts
from tests.gnn.ratings import bitcoin_otc, circle, ratings, shuffled

A, B, C, D, E = range(5)


def seen(known: Ratings, a: int, b: int, time: float = np.nan) -> Mapping[str, float]:
    """Features of one pair, by name."""
    row = pair_features(index_ratings(known), np.array([a]), np.array([b]), np.array([time]))[0]
    return dict(zip(NAMES, row.tolist(), strict=True))


def test_a_rater_and_a_rated_are_read_without_what_they_say_of_each_other() -> None:
    told = seen(ratings((A, B, 1.0), (A, C, 0.5), (A, D, -0.25), (C, B, -1.0), (D, B, 0.5), (B, A, -0.5)), A, B)
    assert told["a_gives_count"] == pytest.approx(np.log(3))
    assert told["a_gives_mean"] == pytest.approx(0.25 / (2 + SHRINK))
    assert told["a_gives_negative"] == pytest.approx(1 / (2 + SHRINK))
    assert (told["a_gives_lowest"], told["a_gives_highest"]) == (-0.25, 0.5)
    assert told["a_gives_spread"] == pytest.approx(0.375)
    assert told["b_gets_mean"] == pytest.approx(-0.5 / (2 + SHRINK))
    assert told["b_gets_lowest"] == -1.0
    assert told["a_gets_count"] == told["b_gives_count"] == 0.0
    assert told["back"] == -0.5


def test_signed_triads_balance() -> None:
    """a trusts c, c distrusts b: one path a-c-b, and its balance is negative."""
    told = seen(ratings((A, C, 1.0), (C, B, -0.5), (A, D, -1.0), (B, D, -1.0), (E, A, 1.0), (E, B, 1.0)), A, B)
    assert told["a_c_b_count"] == pytest.approx(np.log(2))
    assert told["a_c_b_balance"] == pytest.approx(-0.5 / 2)
    assert told["a_c_b_against"] == pytest.approx(1 / 2)
    assert told["a_c__b_c_balance"] == pytest.approx(1.0 / 2)  # both distrust d
    assert told["c_a__c_b_balance"] == pytest.approx(1.0 / 2)  # e trusts both
    assert told["b_c_a_count"] == 0.0


def test_recent_ratings_count_most() -> None:
    """c rated b today and d sixty days ago: within 3 days only c speaks, within 60 both, c louder."""
    now = 1000 * DAY
    known = ratings((C, B, -1.0, now - DAY), (D, B, 1.0, now - 60 * DAY))
    told = seen(known, A, B, now)
    c, d = np.exp(-1 / 60), np.exp(-1)
    assert told["b_gets_recent_60d"] == pytest.approx((d - c) / (c + d + 0.1), abs=1e-5)
    assert told["b_gets_recent_3d"] == pytest.approx(-np.exp(-1 / 3) / (np.exp(-1 / 3) + 0.1), abs=1e-4)
    assert told["b_gets_since_first"] == pytest.approx(60)
    assert told["b_gets_since_last"] == pytest.approx(1)
    assert told["b_gets_nearest"] == -1.0
    undated = seen(known.without_times(), A, B, now)
    assert np.isnan([undated[name] for name in ("b_gets_recent_60d", "b_gets_since_first", "b_gets_nearest")]).all()
    assert undated["b_gets_mean"] == told["b_gets_mean"]


def test_a_harsh_rater_is_heard_with_its_bias_taken_out() -> None:
    """c rates everybody one step below the others; b, of whom only c speaks, is seen better than c says."""
    known = ratings((C, D, -0.5), (A, D, 0.5), (C, E, -0.5), (A, E, 0.5), (C, B, -0.5))
    told = seen(known, A, B)
    assert told["b_gets_mean"] == pytest.approx(-0.5 / (1 + SHRINK))
    assert told["b_unbiased"] == pytest.approx((-0.5 + 2 / (2 + SHRINK)) / (1 + SHRINK))
    assert told["a_bias"] == pytest.approx(2 / (2 + SHRINK))


def test_raters_of_poor_standing_are_not_heard() -> None:
    known = ratings((C, B, -1.0), (D, B, 1.0), (E, D, 1.0), (E, C, -1.0))
    told = seen(known, A, B)
    standing = 1.0 / (1 + SHRINK)
    assert told["b_by_standing"] == pytest.approx(standing / (standing + 0.2), abs=1e-5)
    assert told["b_low_raters"] == pytest.approx(1 / (2 + SHRINK))


def test_those_who_agree_with_a_speak_for_it() -> None:
    """c agrees with a on d and says b is bad; e disagrees with a on d and says b is good: both point down."""
    told = seen(ratings((A, D, 1.0), (C, D, 1.0), (E, D, -1.0), (C, B, -1.0), (E, B, 1.0)), A, B)
    assert told["raters_say"] < -0.5
    assert told["raters_unlike"] == pytest.approx(1 / 2)


def test_links_beside_ratings_are_counted_by_category(tmp_path: Path) -> None:
    links = [
        Relationship("a", "b", "CALLS", "1"),
        Relationship("a", "b", "MESSAGES", "1"),
        Relationship("b", "a", "CALLS", "1"),
        Relationship("c", "a", "CALLS", "1"),
        Relationship("b", "c", "MESSAGES", "1"),
        Relationship("a", "d", "FRIEND_OF", "1"),
    ]
    snapshot = Facts([Party(id, "Person") for id in "abcd"], links).snapshot(tmp_path / "s")
    told = np.expm1(link_features(snapshot, np.array([A, D]), np.array([B, A])))
    found = dict(zip(pair_links.NAMES, told.T.round(4).tolist(), strict=True))
    assert [found[f"contact_{name}"] for name in ("there", "back", "common")] == [[2, 0], [1, 0], [1, 0]]
    assert [found[f"social_{name}"] for name in ("there", "back", "common")] == [[0, 1], [0, 1], [0, 0]]
    assert np.isnan(found["money_there"]).all()
    kept = pair_links.masked(link_features(snapshot, np.array([A]), np.array([B])), frozenset({"social"}))
    assert np.isnan(kept[0, : len(pair_links.NAMES) // 3]).all()


@st.composite
def networks(draw: st.DrawFn) -> Ratings:
    n = draw(st.integers(3, 7))
    pairs = draw(
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] != p[1]), min_size=2)
    )
    said = [(a, b, draw(st.integers(-10, 10)) / 10, draw(st.integers(0, 400)) * DAY / 4) for a, b in pairs]
    return ratings(*said, parties=n)


@settings(max_examples=60, deadline=None)
@given(networks(), st.integers(-10, 10))
def test_its_own_rating_never_changes_the_features_of_a_pair(known: Ratings, other: int) -> None:
    own = (known.source == known.source[0]) & (known.target == known.target[0])
    asked = known.only(np.array([0]))
    before = features_of(index_ratings(known), asked)
    changed = replace(known, value=np.where(own, other / 10, known.value))
    for without in (changed, known.only(~own)):
        np.testing.assert_array_equal(features_of(index_ratings(without), asked), before)


@settings(max_examples=60, deadline=None)
@given(networks(), st.randoms(use_true_random=False))
def test_renaming_and_shuffling_leave_every_bit(known: Ratings, random: object) -> None:
    order = np.random.default_rng(len(known))
    name = order.permutation(known.n).astype(np.int32)
    mixed = order.permutation(len(known))
    renamed = replace(known, source=name[known.source], target=name[known.target]).only(mixed)
    np.testing.assert_array_equal(
        features_of(index_ratings(renamed), renamed), features_of(index_ratings(known), known)[mixed]
    )


@pytest.mark.slow
def test_renaming_and_shuffling_leave_the_model() -> None:
    known = circle(60, 900)
    order = np.random.default_rng(1)
    name = order.permutation(known.n).astype(np.int32)
    renamed = replace(known, source=name[known.source], target=name[known.target]).only(order.permutation(len(known)))
    assert fit_sign(canonical_ratings(renamed), 0).learner.onnx == fit_sign(canonical_ratings(known), 0).learner.onnx


@pytest.mark.slow
def test_the_model_finds_planted_trust_and_beats_the_simple_ways() -> None:
    report = evaluate_trust(circle(150, 3000), SIGN, 1, "circle")
    assert report.model["auroc"] > 0.85  # the best there is, with a tenth of noise, is about 0.9
    assert {"no_times", "signs_only", "ratee_mean", "fairness_goodness", "svd"} == set(report.baselines)
    assert report.model["auroc"] > report.baselines["fairness_goodness"]["auroc"]
    weight = evaluate_trust(circle(150, 3000), WEIGHT, 1, "circle", folds=3, leave_one_out=True, baselines=False)
    assert weight.n_test == 3000
    assert weight.model["pcc"] > 0.6


@pytest.mark.slow
@pytest.mark.parametrize("alone", [False, True])
def test_shuffled_ratings_cannot_be_told(alone: bool) -> None:
    found = []
    for seed in range(3):
        known = shuffled(circle(150, 3000, seed), seed)
        report = evaluate_trust(known, SIGN, seed, "shuffled", folds=3, leave_one_out=alone, baselines=False)
        found.append(report.model["auroc"])
    assert np.mean(found) == pytest.approx(0.5, abs=0.02)


def test_the_trap_is_real() -> None:
    """Teaching rows that take out only their own rating, and read those under test, do give shuffled ratings away."""
    known = shuffled(circle(40, 1200), seed=3)
    values, y = features_of(index_ratings(known), known), known.value > 0
    taught = np.arange(len(y)) % 5 > 0
    parameters = {"objective": "binary", "verbosity": -1, "min_data_in_leaf": 2, "num_threads": 1}
    trees = lightgbm.train(parameters, lightgbm.Dataset(values[taught], y[taught]), 100)
    assert auroc(np.asarray(trees.predict(values[~taught])), y[~taught]) > 0.6


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(("task", "figure", "chance"), [(SIGN, "auroc", 0.5), (WEIGHT, "pcc", 0.0)])
def test_shuffled_real_ratings_cannot_be_told(task: str, figure: str, chance: float) -> None:
    known = shuffled(bitcoin_otc(), seed=0)
    report = evaluate_trust(known, task, 1, "shuffled", folds=3, leave_one_out=True, baselines=False)
    assert report.model[figure] == pytest.approx(chance, abs=0.02)


def test_too_few_or_one_sided_ratings_are_refused() -> None:
    one_sided = replace(circle(50, 500), value=np.ones(500))
    with pytest.raises(TrainingError, match="both signs"):
        evaluate_trust(one_sided, SIGN, 1, "one-sided")
    with pytest.raises(UsageError, match="too few"):
        evaluate_trust(circle(50, 5), SIGN, 1, "few")
    with pytest.raises(UsageError, match="not possible"):
        evaluate_trust(circle(50, 500), SIGN, 1, "folds", folds=1)


def test_fairness_and_goodness_meet_at_their_equations() -> None:
    """One rater is fair to what it alone says; two that contradict each other are half fair, and b is neither."""
    alone = ratings((A, B, 0.5))
    assert fairness_goodness(alone, alone) == pytest.approx([0.5], abs=1e-5)  # f = 1 - |w - f w| / 2 means f = 1
    two = ratings((A, B, 1.0), (C, B, -1.0))  # by symmetry g = 0 and f = 1/2 for both
    assert fairness_goodness(two, two) == pytest.approx([0.0, 0.0], abs=1e-5)


def test_ratee_mean_is_shrunk_to_the_mean_of_all() -> None:
    known = ratings((A, B, 1.0), (C, B, 0.0), (D, C, 0.5))
    assert ratee_mean(known, known)[0] == pytest.approx((1.0 + 2.0 * 0.5) / (2 + 2.0))


def test_svd_finds_two_camps() -> None:
    """Two camps that praise their own and blame the other; a seventh of the pairs was not seen."""
    n = 40
    said = [(a, b, 1.0 if a % 2 == b % 2 else -1.0) for a in range(n) for b in range(n) if a != b]
    everything = ratings(*said, parties=n)
    asked = np.random.default_rng(0).random(len(said)) < 1 / 7
    score = svd(everything.only(~asked), everything.only(asked))
    assert auroc(score, everything.value[asked] > 0) > 0.7


def test_acquaintances_of_a_hub_and_of_anybody_are_those_of_both_sets(tmp_path: Path) -> None:
    """Everybody pays the hub, so that a hub has in common with another whom that one deals with."""
    random = np.random.default_rng(0)
    ends = [("hub", f"p{i:02}") if i % 3 else (f"p{i:02}", "hub") for i in range(60)]
    ends += [(f"p{a:02}", f"p{b:02}") for a, b in random.integers(0, 60, (150, 2)).tolist()]
    links = [Relationship(a, b, ("PAYS", "LENDS_TO")[i % 2], str(i)) for i, (a, b) in enumerate(ends)]
    parties = [Party("hub", "Merchant"), *(Party(f"p{i:02}", "Person") for i in range(60))]
    snapshot = Facts(parties, links).snapshot(tmp_path / "hub")
    pairs = [("hub", "p00"), ("p00", "hub"), ("p01", "hub"), *(("p02", f"p{i:02}") for i in range(3, 23))]
    a, b = (snapshot.rows_of(list(some)) for some in zip(*pairs, strict=True))
    start = pair_links.NAMES.index("money_there")
    found = np.expm1(link_features(snapshot, a, b)[:, start : start + 3]).round().astype(int).tolist()
    around = {p.id: {y if x == p.id else x for x, y in ends if p.id in (x, y)} for p in parties}
    assert found == [[ends.count((x, y)), ends.count((y, x)), len((around[x] & around[y]) - {x, y})] for x, y in pairs]
