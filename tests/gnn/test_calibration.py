"""A probability that means what it says, and the scale of the score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from gnn.calibration import ODDS0, Calibration, fit, level, to_score
from gnn.metrics import auroc_difference, ece
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
    calibrated = fit(raw[:10_000], y[:10_000])
    assert ece(expit(raw[10_000:]), y[10_000:]) > 0.1
    assert ece(calibrated.probability(raw[10_000:]), y[10_000:]) < 0.02


def test_the_order_of_parties_does_not_matter() -> None:
    random = np.random.default_rng(1)
    raw = random.normal(size=300)
    y = (random.random(300) < expit(raw)).astype(float)
    order = random.permutation(300)
    assert fit(raw, y) == fit(raw[order], y[order])


def test_one_class_cannot_calibrate() -> None:
    with pytest.raises(TrainingError, match="both outcomes"):
        fit(np.arange(5.0), np.ones(5))


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


def test_a_better_ranking_shows_in_the_interval() -> None:
    random = np.random.default_rng(0)
    y = (random.random(1000) < 0.3).astype(float)
    good = y + random.normal(0, 0.8, 1000)
    difference, low, high = auroc_difference(good, random.random(1000), y, seed=0)
    assert 0 < low < difference < high
