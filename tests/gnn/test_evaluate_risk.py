"""What a report finds: whether the graph carries the risk, whether probabilities hold, what the curves are by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from gnn.evaluation.baselines.link_counts import counts, link_counts
from gnn.evaluation.curves import Group, by_decile, by_level, falls_beyond_chance, gains, monotone, reliability, roc
from gnn.evaluation.evaluate_risk import NO_GRAPH
from gnn.evaluation.findings import (
    about_bands,
    about_calibration,
    about_few,
    about_link_counts,
    about_one_category,
    about_the_graph,
    differ,
)
from gnn.evaluation.network_reliance import network_reliance
from gnn.evaluation.predictions import TestPredictions, ablation, coverage, difference, predict
from gnn.features.featurizer import compute
from gnn.features.label_features import LabelVector
from gnn.features.spec import fit_spec
from gnn.features.targets import outcomes_as_labels
from gnn.metrics import auroc, auroc_error
from gnn.training.splits import Split, stratified
from gnn.training.train import TrainingConfig, train
from graph.schema import Outcome, Party, Relationship
from tests.gnn.networks import Facts, Trained


def village(graph_carries: bool, parties: int = 700, seed: int = 0) -> Facts:
    """Circles of acquaintances. Either the circle decides who fails, or the own income does and links are chance."""
    random = np.random.default_rng(seed)
    circle = random.integers(0, parties // 14, parties)
    own, shared = random.normal(size=parties), random.normal(size=parties // 14)[circle]
    risk = shared if graph_carries else own
    bad = random.random(parties) < expit(2.2 * risk - 0.8)
    people = [Party(f"p{i:04}", "Person", attributes={"income": float(round(own[i], 3))}) for i in range(parties)]
    pairs = set()
    for i in range(parties):
        near = np.flatnonzero(circle == circle[i]) if graph_carries else np.arange(parties)
        pairs |= {tuple(sorted((i, int(j)))) for j in random.choice(near, 4) if i != j}
    links = [Relationship(f"p{i:04}", f"p{j:04}", "KNOWS", "1") for i, j in sorted(pairs)]
    return Facts(people, links, [Outcome(f"p{i:04}", "default" if bad[i] else "good", "1") for i in range(parties)])


@pytest.mark.parametrize(("graph_carries", "said"), [(True, "The graph adds +"), (False, "adds nothing")])
def test_the_report_says_whether_the_graph_carries_the_risk(graph_carries: bool, said: str, tmp_path: Path) -> None:
    snapshot = village(graph_carries).snapshot(tmp_path / "s")
    y = outcomes_as_labels(snapshot)
    split = stratified(y, 0)
    told = [
        predict(train(snapshot, y, split.fit_rows, 0, None, recipe), snapshot, y, split, None)
        for recipe in (TrainingConfig(), NO_GRAPH)
    ]
    found = {"no_graph": difference(told[:1], *([one.probability["model"]] for one in told), seed=0)}
    assert said in about_the_graph(found)[0]
    added = ablation(told[:1], seed=0)
    assert ("social carry the score" in " ".join(about_one_category(added, found))) is graph_carries


def test_curves_by_hand() -> None:
    p, y = np.array([0.9, 0.8, 0.3, 0.1]), np.array([1.0, 0.0, 1.0, 0.0])
    found = roc(p, y)
    assert list(zip(found.x.tolist(), found.y.tolist(), strict=True)) == [
        (0, 0),
        (0, 0.5),
        (0.5, 0.5),
        (0.5, 1),
        (1, 1),
    ]
    assert gains(p, y).y.tolist() == [0, 0.5, 0.5, 1, 1]
    assert gains(p, y).x.tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_levels_and_tenths_count_every_party_once() -> None:
    random = np.random.default_rng(0)
    p = expit(random.normal(-2, 1.5, 2000))
    y = (random.random(2000) < p).astype(float)
    for groups in (by_level(p, y), by_decile(p, y), reliability(p, y)):
        assert sum(group.parties for group in groups) == 2000
        assert sum(group.bad for group in groups) == y.sum()
        said = [group.said for group in groups]
        assert said == sorted(said)
    assert monotone(by_level(p, y)) and not falls_beyond_chance(by_decile(p, y))
    assert falls_beyond_chance(by_level(p, 1 - y))


def test_a_fall_counts_only_where_the_bounds_are_apart() -> None:
    high, low = Group("a", 100, 50, 0.5, 0.42, 0.58), Group("b", 100, 10, 0.6, 0.06, 0.16)
    near = Group("c", 100, 45, 0.6, 0.37, 0.53)
    assert falls_beyond_chance([high, low]) == ["b"]
    assert falls_beyond_chance([high, near]) == [] and not monotone([high, near])


def judged(p: np.ndarray, y: np.ndarray, first: int = 0) -> TestPredictions:
    """Parties in rows from `first` on, of whom the model said p."""
    rows, none = np.arange(first, first + len(y)), np.empty(0, np.int64)
    return TestPredictions(Split("", none, none, rows), y, None, None, p, p, {}, {"model": p})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("p", "said"),
    [
        pytest.param(np.full(60, 0.4), [], id="all in one level"),
        pytest.param(np.repeat([0.001, 0.9], 30), ["rise from level to level"], id="two levels"),
    ],
)
def test_bad_rates_rise_from_one_level_to_another_only(p: np.ndarray, said: list[str]) -> None:
    told = about_bands(judged(p, np.repeat([0.0, 1.0], 30)))
    assert ["rise from level to level" for one in told if "rise from level to level" in one] == said


@pytest.mark.parametrize(
    ("good", "bad", "few"), [(90, 10, False), (89, 10, True), (191, 9, True), (5, 300, True), (300, 100, False)]
)
def test_figures_from_few_judged_parties_are_said_to_say_little(good: int, bad: int, few: bool) -> None:
    y = np.repeat([0.0, 1.0], [good, bad])
    one = judged(np.full(len(y), 0.5), y)
    for told in ([one], [one, one]):  # two splits that judge the same parties
        assert (
            about_few(told)
            == [f"Only {good + bad} parties are judged, {bad} of them bad: figures from so few say little."] * few
        )


def test_folds_that_judge_few_parties_each_judge_many_together() -> None:
    y = np.tile([0.0, 1.0], 30)
    assert about_few([judged(y, y)]) != []
    assert about_few([judged(y, y), judged(y, y, first=60)]) == []


def test_rates_differ_only_beyond_chance() -> None:
    assert not differ(0.22, 0.24, 1000, 1000)
    assert differ(0.22, 0.24, 20_000, 20_000)
    figures = {"ece": 0.02, "ece_chance_p95": 0.01}
    said = about_calibration(figures, 0.55, 0.65, (2000, 491))
    assert "no calibration can hold" in said[0] and "off by more than chance" in said[1]
    assert len(about_calibration(figures, 0.55, 0.56, (2000, 491))) == 1


def test_the_error_of_an_auroc_is_that_of_repeated_samples() -> None:
    """Hanley and McNeil's formula against the spread over 300 samples of one population."""
    drawn = []
    for seed in range(300):
        random = np.random.default_rng(seed)
        y = (np.arange(400) < 100).astype(float)
        p = random.exponential(size=400) * np.where(y == 1, 3.0, 1.0)  # its formula is exact for exponential scores
        drawn.append((auroc(p, y), auroc_error(p, y)))
    areas, errors = np.array(drawn).T
    assert errors.mean() == pytest.approx(areas.std(), rel=0.15)


def test_intervals_and_shares_of_a_trained_model(trained: Trained) -> None:
    y = trained.scorer.outcomes.bad.astype(np.float32)
    y[~(trained.scorer.outcomes.bad | trained.scorer.outcomes.good)] = np.nan
    split = stratified(y, 0)
    one = predict(trained.learnt, trained.snapshot, y, split, None)
    assert (one.low <= one.probability["model"]).all() and (one.probability["model"] <= one.high).all()
    assert set(one.barred) == set(trained.model.spec.categories)
    found = coverage([one], seed=0)
    assert 0 <= found.chance_p5 <= 1 and 0 <= found.chance_mean <= 1 and found.nominal == 0.9
    nothing = compute(one.model.spec, trained.snapshot, LabelVector.all(np.full_like(y, np.nan)))
    shares = network_reliance(one.model, one.values, nothing.values[split.test], seed=0)
    assert 0 < shares.others < 1 and shares.outcomes > 0
    assert set(shares.points) == {"own", *trained.model.spec.categories}
    alone = network_reliance(one.model, one.values, one.values, seed=0)
    assert alone.outcomes == 0


def test_links_are_counted_by_kind_and_direction(tmp_path: Path) -> None:
    people = [Party(name, "Person") for name in "abc"]
    links = [
        Relationship("a", "b", "PAYS", "1"),
        Relationship("a", "c", "PAYS", "1"),
        Relationship("b", "c", "KNOWS", "1"),
    ]
    found = counts(Facts(people, links).snapshot(tmp_path / "s"))
    assert [one.tolist() for one in found] == [[0, 1, 1], [2, 0, 0], [0, 1, 1]]  # KNOWS, PAYS out, PAYS in


def test_how_the_data_was_collected_is_suspected_where_counts_say_it_all(tmp_path: Path) -> None:
    """Whoever failed was looked up, so it has links; whom they lead to is chance."""
    random = np.random.default_rng(0)
    bad = random.random(600) < 0.4
    people = [Party(f"p{i:03}", "Person", attributes={"luck": float(random.normal())}) for i in range(600)]
    firms = [Party(f"c{i:02}", "Company") for i in range(40)]
    links = [
        Relationship(f"p{i:03}", f"c{random.integers(40):02}", "EMPLOYED_BY", str(n))
        for i in range(600)
        for n in range(int(random.poisson(3.0 if bad[i] else 0.5)))
    ]
    outcomes = [Outcome(f"p{i:03}", "default" if bad[i] else "good", "1") for i in range(600)]
    snapshot = Facts([*people, *firms], links, outcomes).snapshot(tmp_path / "s")
    y = outcomes_as_labels(snapshot)
    split = stratified(y, 0)
    by_counts = auroc(link_counts(snapshot, y, split, 0, fit_spec(snapshot)), np.asarray(y[split.test], np.float64))
    assert by_counts > 0.85
    gained = {"no_graph": (0.4, 0.3, 0.5), "link_counts": (0.0, -0.02, 0.02)}
    figures = {"no_graph": {"auroc": 0.5}, "link_counts": {"auroc": by_counts}}
    assert "how the data was collected" in about_link_counts(figures, gained)[0]
    assert about_link_counts({**figures, "link_counts": {"auroc": 0.7}}, gained) == []
