"""Shapley values: exact against the definition, they sum, dummies get nothing, and a cap keeps the sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

import numpy as np
import pytest

from gnn.explain.shapley import OWN, attribute, shapley
from gnn.scoring.cap import capped

CATEGORIES = ("contact", "money", "trust")


def by_definition(values: np.ndarray) -> np.ndarray:
    """The mean, over all orders of arrival, of what each player adds."""
    k = len(values).bit_length() - 1
    share = np.zeros(k)
    orders = list(permutations(range(k)))
    for order in orders:
        coalition = 0
        for player in order:
            share[player] += values[coalition | 1 << player] - values[coalition]
            coalition |= 1 << player
    return share / len(orders)


def game(
    seed: int, active: Sequence[str] = CATEGORIES
) -> Callable[[Sequence[tuple[bool, frozenset[str]]]], np.ndarray]:
    """A random value function that looks only at the own record and the `active` categories."""
    table: dict[tuple[bool, frozenset[str]], float] = {}
    random = np.random.default_rng(seed)

    def value(coalitions: Sequence[tuple[bool, frozenset[str]]]) -> np.ndarray:
        keys = [(own, present & set(active)) for own, present in coalitions]
        return np.array([table.setdefault(key, float(random.normal())) for key in keys])

    return value


@pytest.mark.parametrize("k", [0, 1, 2, 5, 6])
def test_shapley_is_the_definition(k: int) -> None:
    values = np.random.default_rng(k).normal(size=1 << k)
    np.testing.assert_allclose(shapley(values), by_definition(values), atol=1e-12)


def test_ten_players_sum() -> None:
    values = np.random.default_rng(0).normal(size=1024)
    assert shapley(values).sum() == pytest.approx(values[-1] - values[0], abs=1e-12)


def test_half_a_game_is_refused() -> None:
    with pytest.raises(ValueError, match="whole game"):
        shapley(np.zeros(3))


@pytest.mark.parametrize("cap", [None, 0.0, 0.5, 1.5, 100.0])
def test_contributions_sum_to_the_answer(cap: float | None) -> None:
    told = attribute(game(1), CATEGORIES, frozenset(CATEGORIES), cap)
    assert told.base + sum(told.contributions.values()) == pytest.approx(told.logit, abs=1e-12)
    assert set(told.contributions) == {OWN, *CATEGORIES}


def test_a_dummy_gets_exactly_nothing_and_leaving_it_out_changes_nothing() -> None:
    active = frozenset({"money", "trust"})
    value = game(2, sorted(active))
    pruned = attribute(value, CATEGORIES, active, 0.7)
    whole = attribute(value, CATEGORIES, frozenset(CATEGORIES), 0.7)
    assert pruned.contributions["contact"] == 0.0
    assert pruned.logit == whole.logit
    for name, share in whole.contributions.items():
        assert pruned.contributions[name] == pytest.approx(share, abs=1e-12)


def test_a_barred_category_is_no_player() -> None:
    told = attribute(game(3), ("money",), frozenset(CATEGORIES))
    assert set(told.contributions) == {OWN, "money"}


def test_cap_of_nothing_leaves_the_own_record() -> None:
    value = game(4)
    told = attribute(value, CATEGORIES, frozenset(CATEGORIES), cap=0.0)
    assert told.logit == value([(True, frozenset())])[0]
    assert told.capped
    assert [told.contributions[name] for name in CATEGORIES] == [0.0] * 3


def test_a_cap_that_does_not_bind_changes_no_bit() -> None:
    value = game(5)
    assert attribute(value, CATEGORIES, frozenset(CATEGORIES), 99.0) == attribute(
        value, CATEGORIES, frozenset(CATEGORIES)
    )


def test_capped_shift_is_within_the_cap() -> None:
    own, whole = np.zeros(3), np.array([-2.0, 0.5, 2.0])
    assert capped(own, whole, 1.0).tolist() == [-1.0, 0.5, 1.0]
    assert capped(own, whole, None) is whole
