"""The ONNX graph of boosted trees says what LightGBM says, for whatever is missing."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pytest

from gnn.models.onnx_learner import MOST_ROWS, OnnxLearner
from gnn.training.export_trees import booster_to_onnx, to_onnx
from gnn.training.trees import FittedTrees

SMALL: dict[str, Any] = {"objective": "binary", "num_leaves": 8, "verbosity": -1, "num_threads": 1, "seed": 0}


def rows(count: int, seed: int, missing: float) -> np.ndarray:
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, 6)).astype(np.float32)
    values[:, 5] = np.round(values[:, 5])  # many rows lie exactly on a threshold
    values[random.random(values.shape) < missing] = np.nan
    return values


def booster(missing: float, seed: int = 0, rounds: int = 40) -> lightgbm.Booster:
    x = rows(600, seed, missing)
    y = np.nan_to_num(x[:, 0]) + np.nan_to_num(x[:, 5]) + np.isnan(x[:, 1]) > 0.3
    return lightgbm.train({**SMALL, "seed": seed}, lightgbm.Dataset(x, y), rounds)


def head(*boosters: lightgbm.Booster) -> OnnxLearner:
    """One kind of trees that reads all columns."""
    width = boosters[0].num_feature()
    return OnnxLearner(to_onnx([FittedTrees(boosters, np.arange(width), np.empty(0))], (1.0,), width))


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_the_graph_says_what_the_booster_says(missing: float) -> None:
    trees = booster(missing)
    asked = np.concatenate([rows(100, 1, 0.0), rows(100, 2, 0.5)])  # also what was never missing in training
    assert np.allclose(head(trees).output(asked), trees.predict(asked, raw_score=True), atol=1e-5)


def test_boosters_of_one_kind_are_averaged() -> None:
    first, second = booster(0.3, 0), booster(0.3, 1)
    asked = rows(50, 3, 0.3)
    wanted = (first.predict(asked, raw_score=True) + second.predict(asked, raw_score=True)) / 2
    assert np.allclose(head(first, second).output(asked), wanted, atol=1e-5)


def test_kinds_count_by_their_shares_and_read_their_own_columns() -> None:
    kinds = [booster(0.3, seed) for seed in range(3)]
    columns = [np.arange(6), np.array([0, 2, 3, 5, 6, 8]), np.arange(3, 9)]
    asked = np.random.default_rng(0).normal(size=(50, 9)).astype(np.float32)
    each = [kind.predict(asked[:, read], raw_score=True) for kind, read in zip(kinds, columns, strict=True)]
    fitted = [FittedTrees((kind,), read, np.empty(0)) for kind, read in zip(kinds, columns, strict=True)]
    said = OnnxLearner(to_onnx(fitted, (0.25, 0.75, 0.0), 9)).output(asked)
    assert np.allclose(said, 0.25 * each[0] + 0.75 * each[1], atol=1e-5)


def test_a_tree_of_a_single_leaf_is_its_value() -> None:
    x = np.zeros((40, 2), np.float32)
    trees = lightgbm.train(SMALL, lightgbm.Dataset(x, np.arange(40) % 4 == 0), 2)
    assert np.allclose(head(trees).output(x[:3]), trees.predict(x[:3], raw_score=True), atol=1e-5)


def test_a_row_says_the_same_bits_in_any_company() -> None:
    one, asked = head(booster(0.3)), rows(2 * MOST_ROWS + 1, 4, 0.3)
    alone = np.concatenate([one.output(asked[i : i + 1]) for i in range(len(asked))])
    assert alone.tolist() == one.output(asked).tolist()
    assert one.width == 6
    assert one.output(asked[:0]).tolist() == []


def test_a_regression_survives_with_the_mean_that_it_starts_from() -> None:
    random = np.random.default_rng(3)
    x = random.normal(size=(400, 5)).astype(np.float32)
    x[random.random(x.shape) < 0.2] = np.nan
    y = np.where(np.isnan(x[:, 0]), 0.7, np.tanh(x[:, 0])) * 0.5 + 0.3
    parameters = {"objective": "regression", "verbosity": -1, "num_threads": 1, "deterministic": True, "seed": 0}
    booster = lightgbm.train(parameters, lightgbm.Dataset(x, y), 30)
    served = OnnxLearner(booster_to_onnx(booster, 5)).output(x)
    assert np.allclose(served, booster.predict(x, num_threads=1), atol=1e-5)
