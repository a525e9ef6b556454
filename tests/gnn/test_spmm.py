"""Sums over neighbours against plain numpy, and the same bits whatever the order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnn.arrays import BOUND, STEP, on_grid
from gnn.propagation.spmm import CHUNKS, Adjacency, prepare, spmm, spmm_rows
from graph.errors import UsageError

WIDTHS = (1, 3, 16, 24, 40, 64, 130)  # a column, part of a line, a line, and blocks with and without a rest


def adjacency(n: int, source: np.ndarray, target: np.ndarray, order: np.ndarray | None = None) -> Adjacency:
    """CSR by target; `order` is the order in which the links were loaded."""
    order = np.arange(len(source)) if order is None else order
    source, target = source[order], target[order]
    by_target = np.argsort(target, kind="stable")
    indptr = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(target, minlength=n), out=indptr[1:])
    return Adjacency(indptr, source[by_target].astype(np.int32))


def oracle(n: int, source: np.ndarray, target: np.ndarray, x: np.ndarray) -> np.ndarray:
    out = np.zeros((n, x.shape[1]))
    np.add.at(out, target, x[source].astype(np.float64))
    return out


def test_three_parties_by_hand() -> None:
    # 0 <- 1, 0 <- 2, 0 <- 2 (parallel), 1 <- 1 (self), 2 <- nobody
    adj = adjacency(3, np.array([1, 2, 2, 1]), np.array([0, 0, 0, 1]))
    x = on_grid(np.array([[1.0], [2.0], [0.5]]))
    assert spmm(prepare(adj), x).tolist() == [[3.0], [2.0], [0.0]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(0, 300), st.sampled_from(WIDTHS))
@settings(max_examples=60, deadline=None)
def test_any_network_agrees_with_numpy_to_the_bit(seed: int, n: int, m: int, width: int) -> None:
    random = np.random.default_rng(seed)
    source, target = random.integers(0, n, (2, m))
    x = on_grid(random.normal(0, 3, (n, width)))
    found = spmm(prepare(adjacency(n, source, target)), x)
    assert np.array_equal(found, oracle(n, source, target, x))


@pytest.mark.parametrize("width", WIDTHS)
def test_twenty_orders_and_two_thread_counts_give_one_sum(width: int) -> None:
    random = np.random.default_rng(0)
    n, m = 5000, 40_000
    source, target = (random.random((2, m)) ** 3 * n).astype(np.int64)
    x = on_grid(random.normal(size=(n, width)))
    sums = {
        spmm(prepare(adjacency(n, source, target, random.permutation(m))), x, threads).tobytes()
        for _ in range(20)
        for threads in (1, 2)
    }
    assert len(sums) == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_a_hub_far_beyond_what_is_read_ahead_and_rows_that_hear_nothing(width: int) -> None:
    # everybody, itself included, sends to party 7, and party 7 to party 0; nobody else receives
    n = 5000
    source, target = np.append(np.arange(n), 7), np.append(np.full(n, 7), 0)
    x = on_grid(np.arange(n)[:, None] % 16 - 8 + np.arange(width) * STEP)
    found = spmm(prepare(adjacency(n, source, target)), x, threads=2)
    expected = np.zeros((n, width))
    expected[7], expected[0] = x.sum(axis=0, dtype=np.float64), x[7]
    assert np.array_equal(found, expected)


def test_rows_may_be_a_view_of_a_wider_table() -> None:
    random = np.random.default_rng(3)
    source, target = random.integers(0, 50, (2, 200))
    table = on_grid(random.normal(size=(50, 40)))
    plan = prepare(adjacency(50, source, target))
    for view in (table[:, 3:20], table[:, 4:5], np.asfortranarray(table)):
        assert np.array_equal(spmm(plan, view), oracle(50, source, target, view))


def test_pieces_of_work_are_about_equal_even_where_most_rows_are_short() -> None:
    # 100 parties hear one another all; 9800 hear party 0 alone, and the last 100 nobody
    hubs = np.meshgrid(np.arange(100), np.arange(100))
    source, target = np.append(hubs[0], np.zeros(9800, int)), np.append(hubs[1], np.arange(100, 9900))
    plan = prepare(adjacency(10_000, source, target))
    effort = np.diff(plan.indptr[plan.borders] + plan.borders)
    assert effort.sum() == 10_000 + 100 + 9800 + 9800  # links and rows
    assert effort.max() <= effort.sum() / CHUNKS + 101


def test_a_plan_by_hand() -> None:
    # 0 <- 3, 2 <- 0, 2 <- 3, 3 <- 2; 1 has no links; 3 is a source twice
    plan = prepare(adjacency(4, np.array([3, 0, 3, 2]), np.array([0, 2, 2, 3])))
    assert plan.sources.tolist() == [3, 0, 2]
    whom = {row: plan.indices[plan.indptr[i] : plan.indptr[i + 1]].tolist() for i, row in enumerate(plan.rows.tolist())}
    assert whom == {0: [0], 2: [0, 1], 3: [2]}


def test_renumbered_parties_get_the_same_rows() -> None:
    random = np.random.default_rng(1)
    n, m = 500, 4000
    source, target = random.integers(0, n, (2, m))
    x = on_grid(random.normal(size=(n, 16)))
    number = random.permutation(n)
    renumbered = np.empty_like(x)
    renumbered[number] = x
    found = spmm(prepare(adjacency(n, number[source], number[target])), renumbered)
    assert np.array_equal(found[number], spmm(prepare(adjacency(n, source, target)), x))


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(0, 300), st.sampled_from((0, *WIDTHS)))
@settings(max_examples=60, deadline=None)
def test_some_rows_alone_get_the_bits_they_get_among_all(seed: int, n: int, m: int, width: int) -> None:
    random = np.random.default_rng(seed)
    source, target = random.integers(0, n, (2, m))
    x = on_grid(random.normal(0, 3, (n, width)))
    adj = adjacency(n, source, target)
    rows = random.integers(0, n, random.integers(0, 2 * n))
    assert np.array_equal(spmm_rows(adj, x, rows), spmm(prepare(adj), x)[rows])


def test_rows_alone_by_hand() -> None:
    # 0 <- 1, 0 <- 2, 0 <- 2 (parallel), 1 <- 1 (self), 2 <- nobody
    adj = adjacency(3, np.array([1, 2, 2, 1]), np.array([0, 0, 0, 1]))
    x = on_grid(np.array([[1.0], [2.0], [0.5]]))
    assert spmm_rows(adj, x, np.array([2, 0, 0], np.int32)).tolist() == [[0.0], [3.0], [3.0]]
    with pytest.raises(IndexError):
        spmm_rows(adj, x, np.array([3]))


@given(st.floats(-100, 100, width=32))
def test_the_grid_is_bounded_and_near(value: float) -> None:
    (found,) = on_grid(np.array([value])).tolist()
    assert found % STEP == 0
    assert abs(found - min(max(value, -BOUND), BOUND)) <= STEP / 2


def test_empty_networks_and_no_columns() -> None:
    empty = prepare(Adjacency(np.zeros(1, np.int64), np.empty(0, np.int32)))
    assert spmm(empty, np.empty((0, 4), np.float32)).shape == (0, 4)
    one = prepare(Adjacency(np.zeros(2, np.int64), np.empty(0, np.int32)))
    assert spmm(one, np.empty((1, 0), np.float32)).shape == (1, 0)
    assert spmm(one, np.ones((1, 3), np.float32)).tolist() == [[0, 0, 0]]


def test_a_row_too_long_to_be_exact_is_refused() -> None:
    with pytest.raises(UsageError, match="exact for fewer than"):
        prepare(Adjacency(np.array([0, 2**30], np.int64), np.empty(0, np.int32)))
