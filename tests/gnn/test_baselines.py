"""The peers: they learn from links, are deterministic, and never see an outcome that they must guess."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from gnn import baselines
from graph.schema import Outcome, Party, Relationship
from graph.snapshot import Snapshot
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
def rows(y: np.ndarray) -> list[np.ndarray]:
    known = np.random.default_rng(0).permutation(np.flatnonzero(~np.isnan(y)))
    return np.array_split(known, [len(known) // 2, 3 * len(known) // 4])


@pytest.fixture(scope="module")
def sage(snapshot: Snapshot, y: np.ndarray, rows: list[np.ndarray]) -> np.ndarray:
    return baselines.graph_sage(snapshot, y, *rows, seed=1)


def turned(y: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The opposite outcomes in these rows."""
    opposite = y.copy()
    opposite[rows] = 1 - opposite[rows]
    return opposite


def test_union_is_symmetric_and_counts_a_pair_once(tmp_path: Path) -> None:
    links = [
        Relationship("a", "b", "CALLS", "1"),
        Relationship("a", "b", "CALLS", "2"),
        Relationship("b", "a", "KNOWS", "1"),
        Relationship("b", "b", "CALLS", "1"),
    ]
    small = Facts([Party(id, "Person") for id in "abc"], links).snapshot(tmp_path / "s")
    assert baselines.union_of_links(small).toarray().tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]


def test_label_spread_on_a_chain_decays_and_falls_back_to_the_base_rate(tmp_path: Path) -> None:
    links = [Relationship(a, b, "KNOWS", "1") for a, b in ("ab", "bc", "cd", "de")]
    outcomes = [Outcome("a", "default", "1"), Outcome("e", "good", "1")]
    small = Facts([Party(id, "Person") for id in "abcdef"], links, outcomes).snapshot(tmp_path / "s")
    y = np.array([1, np.nan, np.nan, np.nan, 0, np.nan], np.float32)
    b, c, d, f = baselines.label_spread(small, y, np.array([0, 4]), np.array([1, 2, 3, 5]))
    assert b > c > d
    assert c == pytest.approx(0.5)
    assert f == pytest.approx(0.5)  # no links: the base rate


def test_label_spread_beats_chance(snapshot: Snapshot, y: np.ndarray, rows: list[np.ndarray]) -> None:
    p = baselines.label_spread(snapshot, y, rows[0], rows[2])
    assert ((p > 0) & (p < 1)).all()
    assert baselines.auroc(y[rows[2]], p) > 0.6


def test_outcomes_to_guess_do_not_spread(snapshot: Snapshot, y: np.ndarray, rows: list[np.ndarray]) -> None:
    again = baselines.label_spread(snapshot, turned(y, rows[2]), rows[0], rows[2])
    assert (again == baselines.label_spread(snapshot, y, rows[0], rows[2])).all()


def test_graph_sage_learns_and_leaves_the_generator(
    snapshot: Snapshot, y: np.ndarray, rows: list[np.ndarray], sage: np.ndarray
) -> None:
    said: list[tuple[str, int]] = []
    before = torch.random.get_rng_state()
    other = baselines.graph_sage(snapshot, y, *rows, seed=2, progress=lambda text, epoch: said.append((text, epoch)))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert said
    assert baselines.auroc(y[rows[2]], sage) > 0.6
    assert (other != sage).any()


def test_graph_sage_is_repeatable_and_never_sees_what_it_must_guess(
    snapshot: Snapshot, y: np.ndarray, rows: list[np.ndarray], sage: np.ndarray
) -> None:
    assert (baselines.graph_sage(snapshot, turned(y, rows[2]), *rows, seed=1) == sage).all()


def test_gpr_learns_is_repeatable_and_never_sees_what_it_must_guess(
    snapshot: Snapshot, y: np.ndarray, rows: list[np.ndarray]
) -> None:
    p = baselines.gpr(snapshot, y, *rows, seed=1)
    assert baselines.auroc(y[rows[2]], p) > 0.55
    assert (baselines.gpr(snapshot, turned(y, rows[2]), *rows, seed=1) == p).all()


def test_no_protected_attribute_among_the_inputs(facts: Facts, snapshot: Snapshot, tmp_path: Path) -> None:
    blind = replace(
        facts,
        parties=[
            replace(p, attributes={k: v for k, v in p.attributes.items() if k not in {"age", "sex"}})
            for p in facts.parties
        ],
    )
    degree = np.zeros(snapshot.n_parties, np.int32)
    same = baselines.inputs(blind.snapshot(tmp_path / "blind"), degree)
    assert (baselines.inputs(snapshot, degree) == same).all()


def test_auroc_counts_ties_half() -> None:
    assert baselines.auroc(np.array([0, 1, 0, 1]), np.array([0.1, 0.9, 0.5, 0.5])) == pytest.approx(0.875)
    assert baselines.auroc(np.array([1, 1]), np.array([0.1, 0.9])) == 0.5
