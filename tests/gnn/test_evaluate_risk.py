"""Curves by hand, and findings: does the graph help, are probabilities calibrated, is the result an artefact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

from gnn.evaluation.baselines.link_counts import counts_by_kind, link_counts
from gnn.evaluation.curves import Bin, by_decile, by_level, falls_beyond_chance, gains, monotone, reliability, roc
from gnn.evaluation.evaluate_risk import evaluate_risk
from gnn.evaluation.findings import Code, Finding
from gnn.evaluation.network_reliance import network_reliance
from gnn.evaluation.predictions import TestPredictions, ablation, interval_coverage, mean_auroc_difference, predict
from gnn.evaluation.risk_findings import (
    base_rate_shift,
    calibrated_within_chance,
    dominant_category,
    dominant_link_counts,
    few_test_parties,
    graph_gain,
    rates_by_band,
)
from gnn.features.featurizer import compute
from gnn.features.label_features import LabelVector
from gnn.features.spec import fit_spec
from gnn.features.targets import outcomes_as_labels
from gnn.metrics import Estimate, auroc, auroc_error
from gnn.training.splits import Split, stratified
from gnn.training.train import TrainingConfig, train
from graph.schema import Outcome, Party, Relationship
from tests.gnn.networks import Facts, Trained


def village(risk_in_graph: bool, parties: int = 700, seed: int = 0) -> Facts:
    """Circles of acquaintances. Either the circle decides who defaults, or the own income does and links are chance."""
    random = np.random.default_rng(seed)
    circle = random.integers(0, parties // 14, parties)
    own, shared = random.normal(size=parties), random.normal(size=parties // 14)[circle]
    risk = shared if risk_in_graph else own
    bad = random.random(parties) < expit(2.2 * risk - 0.8)
    people = [Party(f"p{i:04}", "Person", attributes={"income": float(round(own[i], 3))}) for i in range(parties)]
    pairs = set()
    for i in range(parties):
        near = np.flatnonzero(circle == circle[i]) if risk_in_graph else np.arange(parties)
        pairs |= {tuple(sorted((i, int(j)))) for j in random.choice(near, 4) if i != j}
    links = [Relationship(f"p{i:04}", f"p{j:04}", "KNOWS", "1") for i, j in sorted(pairs)]
    return Facts(people, links, [Outcome(f"p{i:04}", "default" if bad[i] else "good", "1") for i in range(parties)])


@pytest.mark.slow
@pytest.mark.parametrize(("risk_in_graph", "code"), [(True, Code.GRAPH_HELPS), (False, Code.GRAPH_INCONCLUSIVE)])
def test_the_graph_helps_where_the_risk_lies_in_it(risk_in_graph: bool, code: Code, tmp_path: Path) -> None:
    snapshot = village(risk_in_graph, seed=1).snapshot(tmp_path / "s")  # a seed in twenty would find a gain by chance
    y = outcomes_as_labels(snapshot)
    split = stratified(y, 0)
    whole, no_graph = (
        predict(train(snapshot, y, split.fit_rows, 0, None, config), snapshot, y, split, None)
        for config in (TrainingConfig(), TrainingConfig(frozenset()))
    )
    probabilities = ([one.probability["model"]] for one in (whole, no_graph))
    differences = {"no_graph": mean_auroc_difference([whole], *probabilities, seed=0)}
    (finding,) = graph_gain(differences)
    assert finding == Finding(code, differences["no_graph"]._asdict())
    dominant = [finding.figures["category"] for finding in dominant_category(ablation([whole], seed=0), differences)]
    assert dominant == (["social"] if risk_in_graph else [])


@pytest.mark.slow
def test_probabilities_of_a_population_rank_alike_and_are_tested_at_the_rate_of_the_test_parties(
    tmp_path: Path,
) -> None:
    snapshot = village(False, 500).snapshot(tmp_path / "s")
    y = outcomes_as_labels(snapshot)
    split = stratified(y, 0)
    plain, corrected = (
        evaluate_risk(snapshot, y, [split], 0, "village", ("link_counts",), config=TrainingConfig(population_rate=rate))
        for rate in (None, 0.05)
    )
    assert corrected.model["auroc"] == pytest.approx(plain.model["auroc"], abs=1e-12)
    assert corrected.baselines["link_counts"]["auroc"] == plain.baselines["link_counts"]["auroc"]
    assert corrected.model["brier"] == pytest.approx(plain.model["brier"], abs=0.01)  # both at about the sample's rate
    assert plain.base_rate is None and corrected.base_rate is not None
    assert corrected.base_rate.test_rate == pytest.approx(float(y[split.test].mean()))
    assert corrected.base_rate.shift == pytest.approx(logit(0.05) - logit(corrected.base_rate.sample_rate))
    assert corrected.base_rate.mean_probability == pytest.approx(0.05, abs=0.02)
    assert Code.BASE_RATE_CORRECTED in {finding.code for finding in corrected.findings}


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


def test_levels_and_deciles_count_every_party_once() -> None:
    random = np.random.default_rng(0)
    p = expit(random.normal(-2, 1.5, 2000))
    y = (random.random(2000) < p).astype(float)
    for bins in (by_level(p, y), by_decile(p, y), reliability(p, y)):
        assert sum(b.parties for b in bins) == 2000
        assert sum(b.bad for b in bins) == y.sum()
        predicted = [b.predicted for b in bins]
        assert predicted == sorted(predicted)
    assert monotone(by_level(p, y)) and not falls_beyond_chance(by_decile(p, y))
    assert falls_beyond_chance(by_level(p, 1 - y))


def test_a_fall_counts_only_where_the_bounds_do_not_overlap() -> None:
    high, low = Bin("a", 100, 50, 0.5, 0.42, 0.58), Bin("b", 100, 10, 0.6, 0.06, 0.16)
    near = Bin("c", 100, 45, 0.6, 0.37, 0.53)
    assert falls_beyond_chance([high, low]) == ["b"]
    assert falls_beyond_chance([high, near]) == [] and not monotone([high, near])


def predicted(p: np.ndarray, y: np.ndarray, first: int = 0) -> TestPredictions:
    """Test parties in rows from `first` on, with the probabilities p."""
    rows, none = np.arange(first, first + len(y)), np.empty(0, np.int64)
    return TestPredictions(Split("", none, none, rows), y, None, None, p, p, {}, {"model": p})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("p", "levels"),
    [
        pytest.param(np.full(60, 0.4), [], id="all in one level"),
        pytest.param(np.repeat([0.001, 0.9], 30), [("low", 0.0, 30), ("very_high", 1.0, 30)], id="two levels"),
    ],
)
def test_bad_rates_rise_from_one_level_to_another_only(p: np.ndarray, levels: list[tuple[str, float, int]]) -> None:
    findings = rates_by_band(predicted(p, np.repeat([0.0, 1.0], 30)))
    risen = [finding.figures["levels"] for finding in findings if finding.code == Code.LEVELS_RISE]
    assert [tuple(level.values()) for rise in risen for level in rise] == levels


def test_a_level_of_a_few_parties_is_named_without_its_rate() -> None:
    p, y = np.repeat([0.001, 0.1, 0.9], [30, 1, 30]), np.repeat([0.0, 1.0, 1.0], [30, 1, 30])
    (risen,) = [finding for finding in rates_by_band(predicted(p, y)) if finding.code == Code.LEVELS_RISE]
    assert [level["level"] for level in risen.figures["levels"]] == ["low", "very_high"]
    assert len(risen.figures["few"]) == 1


def test_bad_rates_that_fall_are_named_by_level_and_decile() -> None:
    findings = rates_by_band(predicted(np.repeat([0.001, 0.9], 300), np.repeat([1.0, 0.0], 300)))
    assert [(finding.code, finding.figures["bins"]) for finding in findings] == [
        (Code.RATES_FALL, ["very_high"]),
        (Code.RATES_FALL, ["decile 6"]),
    ]


@pytest.mark.parametrize(
    ("good", "bad", "few"), [(90, 10, False), (89, 10, True), (191, 9, True), (5, 300, True), (300, 100, False)]
)
def test_less_than_100_test_parties_or_10_of_either_outcome_are_few(good: int, bad: int, few: bool) -> None:
    y = np.repeat([0.0, 1.0], [good, bad])
    split = predicted(np.full(len(y), 0.5), y)
    for splits in ([split], [split, split]):  # two splits with the same test parties
        assert few_test_parties(splits) == [Finding(Code.FEW_TEST_PARTIES, {"parties": good + bad, "bad": bad})] * few


def test_test_parties_of_several_folds_are_counted_together() -> None:
    y = np.tile([0.0, 1.0], 30)
    assert few_test_parties([predicted(y, y)]) != []
    assert few_test_parties([predicted(y, y), predicted(y, y, first=60)]) == []


def test_a_base_rate_shift_is_a_difference_beyond_chance() -> None:
    (finding,) = base_rate_shift(0.55, 0.65, 2000, 491)
    assert finding == Finding(Code.BASE_RATE_SHIFT, {"train_rate": 0.55, "test_rate": 0.65})
    assert base_rate_shift(0.55, 0.56, 2000, 491) == []


@pytest.mark.parametrize(("ece", "code"), [(0.01, Code.CALIBRATED), (0.011, Code.MISCALIBRATED)])
def test_an_ece_within_chance_is_calibrated(ece: float, code: Code) -> None:
    figures = {"ece": ece, "ece_chance_p95": 0.01}
    assert calibrated_within_chance({**figures, "auroc": 0.7}) == Finding(code, figures)


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


def test_coverage_and_network_reliance_of_a_trained_model(hamlet: Trained) -> None:
    y = hamlet.scorer.outcomes.bad.astype(np.float32)
    y[~(hamlet.scorer.outcomes.bad | hamlet.scorer.outcomes.good)] = np.nan
    split = stratified(y, 0)
    one = predict(hamlet.learnt, hamlet.snapshot, y, split, None)
    assert (one.low <= one.probability["model"]).all() and (one.probability["model"] <= one.high).all()
    assert set(one.ablated) == set(hamlet.model.spec.categories)
    coverage = interval_coverage([one], seed=0)
    assert 0 <= coverage.chance_p5 <= 1 and 0 <= coverage.chance_mean <= 1 and coverage.nominal == 0.9
    nothing = compute(one.model.spec, hamlet.snapshot, LabelVector.all(np.full_like(y, np.nan)))
    reliance = network_reliance(one.model, one.values, nothing[split.test], seed=0)
    assert 0 < reliance.network_share < 1 and reliance.outcome_points > 0
    assert set(reliance.points) == {"own", *hamlet.model.spec.categories}
    assert network_reliance(one.model, one.values, one.values, seed=0).outcome_points == 0


def test_links_are_counted_by_kind_and_direction(tmp_path: Path) -> None:
    people = [Party(name, "Person") for name in "abc"]
    links = [
        Relationship("a", "b", "PAYS", "1"),
        Relationship("a", "c", "PAYS", "1"),
        Relationship("b", "c", "KNOWS", "1"),
    ]
    counts = counts_by_kind(Facts(people, links).snapshot(tmp_path / "s"))
    assert [count.tolist() for count in counts] == [[0, 1, 1], [2, 0, 0], [0, 1, 1]]  # KNOWS, PAYS out, PAYS in


def test_an_artefact_is_suspected_where_link_counts_bring_what_the_graph_adds(tmp_path: Path) -> None:
    """Whoever defaulted was looked up, so it has links; where they lead is chance."""
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
    differences = {"no_graph": Estimate(0.4, 0.3, 0.5), "link_counts": Estimate(0.0, -0.02, 0.02)}
    metrics = {"no_graph": {"auroc": 0.5}, "link_counts": {"auroc": by_counts}}
    assert dominant_link_counts(metrics, differences) == [Finding(Code.DEPENDS_ON_LINK_COUNTS, {"auroc": by_counts})]
    assert dominant_link_counts({**metrics, "link_counts": {"auroc": 0.7}}, differences) == []
