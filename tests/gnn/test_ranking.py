"""The figures of a ranking, each against what can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.evaluation.ranking import (
    captured,
    kolmogorov_smirnov,
    population_stability,
    population_stability_by_chance,
    top,
)


def test_the_riskiest_few_are_counted_by_hand() -> None:
    """Ten parties, the riskiest first: bad, good, bad, bad, then good ones and a last bad one."""
    p, y = np.arange(10, 0, -1) / 10, np.array([1, 0, 1, 1, 0, 0, 0, 0, 0, 1])
    found = [top(str(n), p, y, n) for n in (1, 2, 4, 10)]
    assert [one.precision for one in found] == pytest.approx([1.0, 0.5, 0.75, 0.4])
    assert [one.recall for one in found] == pytest.approx([0.25, 0.25, 0.75, 1.0])


def test_ks_is_where_the_two_curves_are_furthest_apart() -> None:
    """After four of ten 3 of 4 bad parties and 1 of 6 good ones are above."""
    p, y = np.arange(10, 0, -1) / 10, np.array([1, 0, 1, 1, 0, 0, 0, 0, 0, 1])
    assert kolmogorov_smirnov(p, y) == pytest.approx(3 / 4 - 1 / 6)
    assert kolmogorov_smirnov(np.full(10, 0.3), y) == 0.0
    assert kolmogorov_smirnov(p, np.zeros(10)) == 0.0


def test_parties_that_are_alike_share_what_falls_to_them_in_any_order() -> None:
    p, y = np.array([0.9, 0.4, 0.4, 0.4, 0.4]), np.array([1, 1, 1, 0, 0])
    for order in (np.arange(5), np.arange(5)[::-1]):
        assert captured(p[order], y[order], 3) == pytest.approx((1 + 2 * 2 / 4) / 3)


def test_population_stability_by_hand() -> None:
    """Two bins: 6 and 4 of ten expected, 2 and 8 of ten seen, each bin with half a party more."""
    expected, actual = np.array([1, 1, 1, 2, 2, 2, 2, 2, 2, 2.0]), np.array([1, 1, 2, 2, 2, 2, 2, 2, 2, 2.0])
    e, a = np.array([3.5, 7.5]) / 11, np.array([2.5, 8.5]) / 11
    by_hand = float(np.sum((a - e) * np.log(a / e)))
    assert population_stability(expected, actual, bins=2) == pytest.approx(by_hand)
    assert population_stability(expected, expected, bins=2) == 0.0


def test_two_samples_of_one_population_stay_within_chance_in_95_of_100_cases() -> None:
    random = np.random.default_rng(0)
    bound = population_stability_by_chance(1000, 500)
    inside = [population_stability(random.normal(size=1000), random.normal(size=500)) <= bound for _ in range(400)]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.03)
    assert population_stability(random.normal(size=1000), random.normal(0.5, size=500)) > bound
