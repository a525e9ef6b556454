"""Quantiles over neighbours against numpy, party by party."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.propagation.aggregators import QUANTILES, quantiles
from gnn.propagation.neighbourhood import Neighbourhood
from gnn.propagation.spmm import Adjacency


def friends(n: int, pairs: np.ndarray) -> Neighbourhood:
    """Every pair (a, b) makes a and b neighbours of each other."""
    both = np.unique(np.concatenate([pairs, pairs[:, ::-1]]), axis=0)
    both = both[both[:, 0] != both[:, 1]]
    indptr = np.append(0, np.cumsum(np.bincount(both[:, 0], minlength=n)))
    adjacency = Adjacency(indptr, both[:, 1].astype(np.int32))
    return Neighbourhood(adjacency, n)


def quantiles_over(near: Neighbourhood, x: np.ndarray) -> np.ndarray:
    """Quantiles over the neighbours of every party; x are the values of all parties."""
    block = near.of(np.arange(near.n))
    return quantiles(block, x[block.middle])


def test_a_star_by_hand() -> None:
    # 0 knows 1, 2, 3 and 4, whose values are 10, 30, 20 and unknown; they know only 0
    near = friends(5, np.array([[0, 1], [0, 2], [0, 3], [0, 4]]))
    found = quantiles_over(near, np.array([[7], [10], [30], [20], [np.nan]], np.float32))
    assert found[0] == pytest.approx([12, 20, 28])  # a tenth of the way over two steps of 10
    assert found[1:].tolist() == [[7, 7, 7]] * 4


def test_who_hears_nothing_known_has_no_quantiles() -> None:
    found = quantiles_over(friends(3, np.array([[0, 1]])), np.array([[np.nan], [1], [1]], np.float32))
    assert np.isnan(found[[1, 2]]).all()
    assert found[0].tolist() == [1, 1, 1]


@pytest.mark.parametrize("seed", range(5))
def test_any_network_agrees_with_numpy(seed: int) -> None:
    random = np.random.default_rng(seed)
    near = friends(80, random.integers(0, 80, (400, 2)))
    x = random.normal(size=(80, 3)).round(1).astype(np.float32)  # rounded, so that values tie
    x[random.random(x.shape) < 0.3] = np.nan
    found = quantiles_over(near, x).reshape(80, 3, len(QUANTILES))
    for party in range(80):
        around = x[near.adjacency.indices[near.adjacency.indptr[party] : near.adjacency.indptr[party + 1]]]
        for column in range(3):
            known = around[~np.isnan(around[:, column]), column]
            expected = np.quantile(known, QUANTILES) if len(known) else np.full(len(QUANTILES), np.nan)
            np.testing.assert_allclose(found[party, column], expected, rtol=1e-5, atol=1e-6)
