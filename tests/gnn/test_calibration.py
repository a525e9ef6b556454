"""A probability that means what it says, and the scale of the score."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import norm

from gnn.metrics import auroc, auroc_difference, ece, ece_by_chance, metrics
from gnn.models.calibration import Calibration, PriorCorrection
from gnn.models.score_scale import ODDS0, level, to_score
from gnn.training.fit_calibration import FAMILIES, fit_calibration, fit_family
from graph.errors import TrainingError

finite = st.floats(-15, 15)


@given(finite, finite, st.floats(0.01, 5), st.floats(0.01, 5), st.floats(-5, 5))
def test_calibration_is_strictly_monotone(x: float, y: float, a: float, b: float, c: float) -> None:
    low, high = sorted((x, y))
    at_low, at_high = Calibration(a, b, c).log_odds(np.array([low, high]))
    assert at_low <= at_high
    if high - low > 1e-3:
        assert at_low < at_high


def test_a_distorted_scale_is_put_right() -> None:
    random = np.random.default_rng(0)
    truth = random.normal(-1, 1.5, 20_000)
    y = (random.random(20_000) < expit(truth)).astype(float)
    raw = 3 * truth + 2
    calibrated = fit_calibration(raw[:10_000], y[:10_000])
    assert ece(expit(raw[10_000:]), y[10_000:]) > 0.1
    assert ece(calibrated.probability(raw[10_000:]), y[10_000:]) < 0.02


def test_a_prior_correction_gives_what_bayes_gives_for_the_population() -> None:
    """Scores of bad parties are N(1, 1), of good ones N(-1, 1): log-odds are 2 x + logit(rate), whatever the rate."""
    x, sample, population = np.linspace(-3, 3, 13), 0.5, 0.02
    calibration = Calibration(1.0, 1.0, 0.0).corrected(PriorCorrection(sample, population))
    bad, good = population * norm.pdf(x - 1), (1 - population) * norm.pdf(x + 1)
    np.testing.assert_allclose(calibration.probability(2 * x + logit(sample)), bad / (bad + good), rtol=1e-12)


def test_corrected_probabilities_average_to_the_rate_of_the_population() -> None:
    """A balanced sample teaches; of those whom it answers about 10 % are bad, and 10 % is what it says."""
    random = np.random.default_rng(3)

    def drawn(n: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
        y = (np.arange(n) < rate * n).astype(float)
        return random.normal(2 * y - 1), y

    calibration = fit_calibration(*drawn(20_000, 0.5))
    x, y = drawn(20_000, 0.1)
    corrected = calibration.corrected(PriorCorrection(0.5, 0.1)).probability(x)
    assert calibration.probability(x).mean() > 0.2
    assert corrected.mean() == pytest.approx(0.1, abs=0.003)
    assert ece(corrected, y) < 0.006


def test_a_correction_moves_intervals_along_and_is_kept() -> None:
    random = np.random.default_rng(4)
    raw = random.normal(size=2_000)
    plain = fit_calibration(raw, (random.random(2_000) < expit(raw)).astype(float))
    prior = PriorCorrection(0.5, 0.1)
    corrected = plain.corrected(prior)
    assert plain.intervals is not None and corrected.intervals is not None
    at = np.array(plain.intervals.at)  # between these both interpolate
    for was, now in zip(plain.intervals.around(at), corrected.intervals.around(at + prior.shift), strict=True):
        np.testing.assert_allclose(prior.probability(was), now, atol=1e-12)
    assert Calibration.from_json(json.loads(json.dumps(corrected.to_json()))) == corrected


def test_the_order_of_parties_does_not_matter() -> None:
    random = np.random.default_rng(1)
    raw = random.normal(size=300)
    y = (random.random(300) < expit(raw)).astype(float)
    order = random.permutation(300)
    assert fit_calibration(raw, y) == fit_calibration(raw[order], y[order])


def outcomes(log_odds: np.ndarray, seed: int) -> np.ndarray:
    return (np.random.default_rng(seed).random(len(log_odds)) < expit(log_odds)).astype(float)


@pytest.mark.parametrize("family", FAMILIES)
@given(st.lists(finite, min_size=12, max_size=40), st.integers(0, 3))
def test_every_family_keeps_the_order_of_parties(family: str, raw: list[float], seed: int) -> None:
    x = np.sort(np.array(raw))
    z = fit_family(family, x, outcomes(x, seed)).log_odds(x)
    apart = np.diff(x) > 1e-3
    assert (np.diff(z)[apart] > 0).all()
    assert (np.diff(z) >= -1e-12).all()  # closer raw values may differ by the rounding of a logarithm


def test_the_family_that_fits_is_chosen() -> None:
    x = np.random.default_rng(0).normal(-1, 1.5, 3000)
    assert fit_calibration(2 * x + 1, outcomes(x, 1)).family == "platt"
    stepped = np.where(x < -1, 4 * x + 3, x / 4 - 0.75)  # the truth bends where no smooth curve of three numbers can
    assert fit_calibration(stepped, outcomes(x, 1)).family == "isotonic"


def test_a_calibration_survives_its_own_json() -> None:
    x = np.random.default_rng(0).normal(-1, 1.5, 500)
    calibration = fit_family("isotonic", x, outcomes(x, 0))
    again = Calibration.from_json(calibration.to_json())
    assert again == calibration
    assert again.log_odds(x).tobytes() == calibration.log_odds(x).tobytes()


def test_one_class_cannot_calibrate() -> None:
    with pytest.raises(TrainingError, match="both outcomes"):
        fit_calibration(np.arange(5.0), np.ones(5))


def test_fifty_points_double_the_odds() -> None:
    p = ODDS0 / (1 + ODDS0)
    twice = 2 * ODDS0 / (1 + 2 * ODDS0)
    assert to_score(p) == pytest.approx(650)
    assert to_score(twice) == pytest.approx(600)
    assert to_score([0.0, 1.0]).tolist() == [950, 350]


def test_levels_are_bands_of_the_score() -> None:
    assert [level(score) for score in (950, 700, 699.9, 600, 500, 499, 350)] == [
        "low", "low", "medium", "medium", "high", "very_high", "very_high",
    ]  # fmt: skip


def test_ece_by_hand() -> None:
    # Two bins: mean 0.15 against rate 0.5, mean 0.85 against rate 1.
    assert ece(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 1, 1, 1]), bins=2) == pytest.approx(0.25)


def test_chance_alone_shows_an_ece() -> None:
    # One bin of n parties at p = 1/2: |rate - 1/2| has mean sqrt(1 / (2 pi n)) and 95th percentile 0.98 / sqrt(n).
    n = 2500
    mean, p95 = ece_by_chance(np.full(n, 0.5), seed=0, draws=4000, bins=1)
    assert mean == pytest.approx(1 / np.sqrt(2 * np.pi * n), rel=0.05)
    assert p95 == pytest.approx(0.98 / np.sqrt(n), rel=0.05)


def test_what_is_calibrated_stays_within_chance_and_what_is_not_does_not() -> None:
    truth = np.random.default_rng(0).normal(-1, 1.5, 4000)
    y = outcomes(truth, 1)
    honest, boastful = metrics(expit(truth), y), metrics(expit(2 * truth), y)
    assert honest["ece"] <= honest["ece_chance_p95"]
    assert boastful["ece"] > 2 * boastful["ece_chance_p95"]


def test_the_scale_stays_when_the_model_changes() -> None:
    """Two models that agree on a probability agree on the score, whatever their base rates: odds0 is not theirs."""
    x = np.random.default_rng(0).normal(0, 2, 4000)
    p = np.array([0.01, 0.05, 0.3])
    seen = []
    for shift in (-2.0, 0.5):
        calibration = fit_calibration(x, outcomes(x + shift, 1))
        raw = np.array([x[np.argmin(np.abs(calibration.probability(x) - one))] for one in p])
        seen.append(to_score(calibration.probability(raw)))
    assert seen[0] == pytest.approx(seen[1], abs=3)
    assert to_score([ODDS0 / (1 + ODDS0)]) == pytest.approx(650)


def test_a_better_ranking_shows_in_the_interval() -> None:
    random = np.random.default_rng(0)
    y = (random.random(1000) < 0.3).astype(float)
    good = y + random.normal(0, 0.8, 1000)
    difference, low, high = auroc_difference(good, random.random(1000), y, seed=0)
    assert 0 < low < difference < high


def test_auroc_counts_ties_half() -> None:
    assert auroc(np.array([0.1, 0.9, 0.5, 0.5]), np.array([0, 1, 0, 1])) == pytest.approx(0.875)
    assert auroc(np.array([0.1, 0.9]), np.array([1, 1])) == 0.5
