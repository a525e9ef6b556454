"""The baselines: they learn from links, are deterministic, and never read the label of a test party."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch_geometric.nn.models import LabelPropagation

from gnn.evaluation.baselines.gnn_baselines import gpr, graph_sage, inputs
from gnn.evaluation.baselines.label_propagation import (
    ALPHA,
    PRIOR_MASS,
    STEPS,
    label_propagation,
    undirected_adjacency,
)
from gnn.metrics import auroc
from gnn.training.splits import Split, stratified
from graph.schema import Outcome, Party, Relationship
from graph.snapshots.snapshot import Snapshot
from tests.gnn.networks import Facts, town


@pytest.fixture(scope="module")
def facts() -> Facts:
    return town(300, seed=3)


@pytest.fixture(scope="module")
def snapshot(facts: Facts, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return facts.snapshot(tmp_path_factory.mktemp("town") / "snapshot")


@pytest.fixture(scope="module")
def y(snapshot: Snapshot) -> np.ndarray:
    y = np.full(snapshot.n_parties, np.nan, np.float32)
    y[snapshot.outcomes.party] = snapshot.outcomes.outcome == 1
    return y


@pytest.fixture(scope="module")
def split(y: np.ndarray) -> Split:
    known = np.random.default_rng(0).permutation(np.flatnonzero(~np.isnan(y)))
    return Split("", *np.array_split(known, [len(known) // 2, 3 * len(known) // 4]))


@pytest.fixture(scope="module")
def sage(snapshot: Snapshot, y: np.ndarray, split: Split) -> np.ndarray:
    return graph_sage(snapshot, y, split, seed=1)


def flipped(y: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The opposite labels in these rows."""
    opposite = y.copy()
    opposite[rows] = 1 - opposite[rows]
    return opposite


def test_the_adjacency_is_symmetric_and_counts_a_pair_once(tmp_path: Path) -> None:
    links = [
        Relationship("a", "b", "CALLS", "1"),
        Relationship("a", "b", "CALLS", "2"),
        Relationship("b", "a", "KNOWS", "1"),
        Relationship("b", "b", "CALLS", "1"),
    ]
    small = Facts([Party(id, "Person") for id in "abc"], links).snapshot(tmp_path / "s")
    assert undirected_adjacency(small).toarray().tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]


def test_label_propagation_on_a_chain_decays_and_falls_back_to_the_base_rate(tmp_path: Path) -> None:
    links = [Relationship(a, b, "KNOWS", "1") for a, b in ("ab", "bc", "cd", "de")]
    outcomes = [Outcome("a", "default", "1"), Outcome("e", "good", "1")]
    small = Facts([Party(id, "Person") for id in "abcdef"], links, outcomes).snapshot(tmp_path / "s")
    y = np.array([1, np.nan, np.nan, np.nan, 0, np.nan], np.float32)
    b, c, d, f = label_propagation(small, y, np.array([0, 4]), np.array([1, 2, 3, 5]))
    assert b > c > d
    assert c == pytest.approx(0.5)
    assert f == pytest.approx(0.5)  # no links: the base rate


def test_label_propagation_is_that_of_torch_geometric_over_random_walk_weights(
    snapshot: Snapshot, y: np.ndarray, split: Split
) -> None:
    """Its default weights are symmetric (D^-1/2 A D^-1/2); ours divide by the degree of the party that receives."""
    adjacency = undirected_adjacency(snapshot).tocoo()
    weight = 1.0 / np.bincount(adjacency.row, minlength=snapshot.n_parties)[adjacency.row]
    labels = torch.zeros((snapshot.n_parties, 2))
    labels[split.train, 0] = torch.from_numpy(y[split.train])
    labels[split.train, 1] = 1.0
    edge_index = torch.from_numpy(np.stack([adjacency.col, adjacency.row]).astype(np.int64))
    spread = LabelPropagation(STEPS, ALPHA)(labels, edge_index, edge_weight=torch.from_numpy(weight.astype(np.float32)))
    bad, known = spread.numpy().astype(np.float64)[split.test].T
    expected = (bad + PRIOR_MASS * y[split.train].mean()) / (known + PRIOR_MASS)
    np.testing.assert_allclose(label_propagation(snapshot, y, split.train, split.test), expected, atol=1e-5)


def test_label_propagation_beats_chance(snapshot: Snapshot, y: np.ndarray, split: Split) -> None:
    p = label_propagation(snapshot, y, split.train, split.test)
    assert ((p > 0) & (p < 1)).all()
    assert auroc(p, y[split.test]) > 0.6


def test_labels_of_test_parties_do_not_propagate(snapshot: Snapshot, y: np.ndarray, split: Split) -> None:
    again = label_propagation(snapshot, flipped(y, split.test), split.train, split.test)
    assert (again == label_propagation(snapshot, y, split.train, split.test)).all()


def test_graph_sage_learns_and_leaves_the_generator_as_it_was(
    snapshot: Snapshot, y: np.ndarray, split: Split, sage: np.ndarray
) -> None:
    before = torch.random.get_rng_state()
    other = graph_sage(snapshot, y, split, seed=2)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert auroc(sage, y[split.test]) > 0.6
    assert (other != sage).any()


def test_graph_sage_is_deterministic_and_never_reads_test_labels(
    snapshot: Snapshot, y: np.ndarray, split: Split, sage: np.ndarray
) -> None:
    assert (graph_sage(snapshot, flipped(y, split.test), split, seed=1) == sage).all()


def test_gpr_learns_is_deterministic_and_never_reads_test_labels(
    snapshot: Snapshot, y: np.ndarray, split: Split
) -> None:
    p = gpr(snapshot, y, split, seed=1)
    assert auroc(p, y[split.test]) > 0.55
    assert (gpr(snapshot, flipped(y, split.test), split, seed=1) == p).all()


@pytest.mark.slow
@pytest.mark.parametrize("baseline", [graph_sage, gpr])
@pytest.mark.parametrize("seed", range(3))
def test_where_nothing_can_be_learnt_a_baseline_predicts_the_base_rate(
    baseline: Callable[..., np.ndarray], seed: int, tmp_path: Path
) -> None:
    """600 parties, every thirtieth bad by chance; the first half have links, also by chance."""
    random = np.random.default_rng(seed)
    bad = random.permutation(600) < 20
    people = [Party(f"p{i:03}", "Person") for i in range(600)]
    links = [Relationship(f"p{a:03}", f"p{b:03}", "KNOWS", "1") for a, b in random.integers(0, 300, (600, 2)) if a != b]
    outcomes = [Outcome(f"p{i:03}", "default" if bad[i] else "good", "1") for i in range(600)]
    chance = Facts(people, {(link.source, link.target): link for link in links}.values(), outcomes)
    y = bad.astype(np.float32)
    p = baseline(chance.snapshot(tmp_path / "s"), y, stratified(y, seed), seed)
    assert p.mean() == pytest.approx(1 / 30, abs=0.03)


def test_no_protected_attribute_among_the_inputs(facts: Facts, snapshot: Snapshot, tmp_path: Path) -> None:
    blind = replace(
        facts,
        parties=[
            replace(p, attributes={k: v for k, v in p.attributes.items() if k not in {"age", "sex"}})
            for p in facts.parties
        ],
    )
    degree = np.zeros(snapshot.n_parties, np.int32)
    same = inputs(blind.snapshot(tmp_path / "blind"), degree)
    assert (inputs(snapshot, degree) == same).all()
