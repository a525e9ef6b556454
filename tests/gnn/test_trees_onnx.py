"""The ONNX graph of boosted trees says what LightGBM says, for whatever is missing."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pytest

from gnn.heads import Head
from gnn.trees import Fitted
from gnn.trees_onnx import BATCH, to_onnx

SMALL: dict[str, Any] = {"objective": "binary", "num_leaves": 8, "verbosity": -1, "num_threads": 1, "seed": 0}


def rows(count: int, seed: int, missing: float) -> np.ndarray:
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, 6)).astype(np.float32)
    values[:, 5] = np.round(values[:, 5])  # many rows lie exactly on a threshold
    values[random.random(values.shape) < missing] = np.nan
    return values


def fitted(missing: float, seed: int = 0, rounds: int = 40) -> Fitted:
    x = rows(600, seed, missing)
    y = np.nan_to_num(x[:, 0]) + np.nan_to_num(x[:, 5]) + np.isnan(x[:, 1]) > 0.3
    return Fitted(lightgbm.train({**SMALL, "seed": seed}, lightgbm.Dataset(x, y), rounds), np.arange(6))


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_the_graph_says_what_the_booster_says(missing: float) -> None:
    trees = fitted(missing)
    asked = np.concatenate([rows(100, 1, 0.0), rows(100, 2, 0.5)])  # also what was never missing in training
    assert np.allclose(Head(to_onnx([trees], 6)).logit(asked), trees.booster.predict(asked, raw_score=True), atol=1e-5)


def test_several_boosters_are_averaged() -> None:
    first, second = fitted(0.3, 0), fitted(0.3, 1)
    asked = rows(50, 3, 0.3)
    wanted = (first.booster.predict(asked, raw_score=True) + second.booster.predict(asked, raw_score=True)) / 2
    assert np.allclose(Head(to_onnx([first, second], 6)).logit(asked), wanted, atol=1e-5)


def test_a_booster_reads_the_columns_it_was_fitted_on() -> None:
    one, asked = fitted(0.3), rows(50, 3, 0.3)
    apart = np.full((50, 9), 7.0, np.float32)
    columns = np.array([0, 2, 3, 5, 6, 8])
    apart[:, columns] = asked
    said = Head(to_onnx([Fitted(one.booster, columns)], 9)).logit(apart)
    assert np.allclose(said, one.booster.predict(asked, raw_score=True), atol=1e-5)


def test_a_tree_of_a_single_leaf_is_its_value() -> None:
    x = np.zeros((40, 2), np.float32)
    trees = lightgbm.train(SMALL, lightgbm.Dataset(x, np.arange(40) % 4 == 0), 2)
    said = Head(to_onnx([Fitted(trees, np.arange(2))], 2)).logit(x[:3])
    assert np.allclose(said, trees.predict(x[:3], raw_score=True), atol=1e-5)


def test_a_row_says_the_same_bits_in_any_company() -> None:
    head, asked = Head(to_onnx([fitted(0.3)], 6)), rows(3 * BATCH + 1, 4, 0.3)
    alone = np.concatenate([head.logit(asked[i : i + 1]) for i in range(len(asked))])
    assert alone.tolist() == head.logit(asked).tolist()
    assert head.width == 6
    assert head.logit(asked[:0]).tolist() == []
