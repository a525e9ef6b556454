"""An interval that holds the truth as often as it says, and always the answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import binomtest

from gnn.models.intervals import CONFIDENCE, Intervals, clopper_pearson, fit_intervals


@pytest.mark.parametrize(("k", "m"), [(0, 40), (1, 40), (13, 40), (40, 40)])
def test_the_bounds_of_a_rate_are_the_exact_ones(k: int, m: int) -> None:
    low, high = clopper_pearson(np.array([k]), m)
    exact = binomtest(k, m).proportion_ci(CONFIDENCE, "exact")
    assert (low[0], high[0]) == pytest.approx((exact.low, exact.high))


def test_the_truth_is_held_as_often_as_promised() -> None:
    """200 held-out samples of which the truth is known, each asked at scores from low to high."""
    z = np.linspace(-3.0, 0.5, 8)
    held = []
    for seed in range(200):
        random = np.random.default_rng(seed)
        at = random.normal(-1.2, 1.2, 1500)
        low, high = fit_intervals(at, random.random(1500) < expit(at)).around(z)
        held.append((low <= expit(z)) & (expit(z) <= high))
    assert np.mean(held) >= CONFIDENCE


def test_a_miscalibrated_probability_is_found_out() -> None:
    """Told 10 %, while 30 % are bad: the interval reaches from the answer to where the outcomes are."""
    random = np.random.default_rng(0)
    told = np.full(1500, np.log(0.1 / 0.9)) + random.normal(0, 0.1, 1500)
    low, high = fit_intervals(told, random.random(1500) < 0.3).around(np.array([np.log(0.1 / 0.9)]))
    assert low[0] == pytest.approx(0.1) and 0.3 < high[0] < 0.5


@given(st.integers(0, 20), st.integers(16, 300), st.lists(st.floats(-20, 20), min_size=2, max_size=20))
def test_both_ends_ascend_and_hold_the_answer(seed: int, n: int, asked: list[float]) -> None:
    random = np.random.default_rng(seed)
    at = random.normal(-1, 2, n)
    z = np.sort(asked)
    low, high = fit_intervals(at, random.random(n) < expit(at)).around(z)
    assert (low <= expit(z)).all() and (expit(z) <= high).all()
    assert (np.diff(low) >= 0).all() and (np.diff(high) >= 0).all()
    assert (low >= 0).all() and (high <= 1).all()


def test_the_order_of_parties_does_not_matter() -> None:
    random = np.random.default_rng(0)
    at, y = random.normal(size=300), random.random(300) < 0.3
    order = random.permutation(300)
    assert fit_intervals(at, y) == fit_intervals(at[order], y[order])


def test_intervals_survive_their_own_json_and_nothing_else_passes() -> None:
    found = fit_intervals(np.linspace(-2, 2, 100), np.arange(100) % 3 == 0)
    assert Intervals.from_json(found.to_json()) == found
    with pytest.raises(ValueError, match="broken"):
        Intervals.from_json({"at": [0.0], "low": [0.1], "high": [float("nan")]})
