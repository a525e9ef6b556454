"""Positions are means over neighbours of what a basis keeps of them, and know a party again by its content alone."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from gnn.arrays import BOUND
from gnn.features.featurizer import compute_label_free, compute_rows, with_positions
from gnn.features.label_features import LabelVector
from gnn.features.label_state import label_state
from gnn.features.network_state import changed_state, network_state
from gnn.features.positions import LANDMARKS_EACH, Basis, content_keys, fit_basis
from gnn.features.spec import FeatureSpec, fit_spec, with_bases
from gnn.propagation.aggregators import means
from gnn.propagation.eigenvectors import leading_eigenvectors
from gnn.propagation.neighbourhood import Neighbourhood, neighbourhood
from gnn.propagation.patched_rows import PatchedRows
from gnn.propagation.spmm import Adjacency
from graph.csr import edge_index
from graph.schema import Party, Relationship
from graph.snapshots.overlay import RemoveLinks, SnapshotOverlay
from graph.snapshots.snapshot import Snapshot
from tests.gnn.networks import Facts, town


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return town(700, 3).snapshot(tmp_path_factory.mktemp("positions") / "s")


@pytest.fixture(scope="module")
def spec(snapshot: Snapshot) -> FeatureSpec:
    return with_positions(fit_spec(snapshot), snapshot)


def position_columns(spec: FeatureSpec, category: str) -> np.ndarray:
    return np.flatnonzero([f"{category}.position_" in name for block in spec.blocks for name in block.columns])


def free_columns(spec: FeatureSpec, snapshot: Snapshot, category: str) -> np.ndarray:
    """The columns of a category that read no outcomes, of every party."""
    of_category = [name.startswith(f"{category}.") for name in spec.label_free_names]
    return compute_label_free(spec, snapshot).values[:, of_category]


def line(*incomes: float) -> Facts:
    """a - b - c - ...: each pays the next."""
    names = "abcdefgh"[: len(incomes)]
    people = [Party(name, "Person", None, {"income": income}) for name, income in zip(names, incomes, strict=True)]
    pays = [Relationship(a, b, "PAYS", "1") for a, b in pairwise(names)]
    return Facts(people, pays)


def test_a_position_is_the_mean_over_the_neighbours_that_are_landmarks(tmp_path: Path) -> None:
    snapshot = line(1.0, 2.0, 3.0, 4.0).snapshot(tmp_path / "s")
    spec = fit_spec(snapshot)
    visible, money = network_state(spec, snapshot).visible, neighbourhood(snapshot, "money")
    keys = content_keys(visible, np.arange(4), money)
    landmarks = np.sort(keys[[0, 2]])  # a at (1, 0), c at (3, 2); b and d are none
    vectors = np.array([[1.0, 0.0], [3.0, 2.0]], np.float32)[np.argsort(keys[[0, 2]])]
    placed = with_bases(spec, {"money": Basis.of(landmarks, vectors)})
    found = free_columns(placed, snapshot, "money")[:, -2:]
    assert found[[1, 3]].tolist() == [[2.0, 1.0], [3.0, 2.0]]  # b between a and c; d beside c alone
    assert np.isnan(found[[0, 2]]).all()  # beside none


def test_the_eigenvectors_of_two_groups_with_one_link_between_them_tell_the_groups_apart(tmp_path: Path) -> None:
    groups = [[f"{group}{i}" for i in range(6)] for group in "xy"]
    people = [Party(id, "Person", None, {"income": float(i)}) for i, id in enumerate([*groups[0], *groups[1]])]
    pays = [Relationship(a, b, "PAYS", "1") for group in groups for a in group for b in group if a < b]
    snapshot = Facts(people, [*pays, Relationship("x0", "y0", "PAYS", "1")]).snapshot(tmp_path / "s")
    place, vectors = leading_eigenvectors(neighbourhood(snapshot, "money").adjacency, np.arange(12), 2, 1)
    assert place.tolist() == list(range(12))
    assert vectors[:, 0] == pytest.approx(1.0, abs=1e-3)  # the walk's own distribution, eigenvalue 1
    assert len({np.sign(one) for one in vectors[:6, 1]}) == 1
    assert (np.sign(vectors[:6, 1]) == -np.sign(vectors[6:, 1])).all()


def test_a_basis_is_a_fixed_point_of_the_mean_over_neighbours(snapshot: Snapshot, spec: FeatureSpec) -> None:
    contact, basis = neighbourhood(snapshot, "contact"), spec.bases["contact"]
    every = np.arange(snapshot.n_parties)
    keys = content_keys(network_state(spec, snapshot).visible, every, contact)
    vectors = basis.vectors_of(basis.landmark_of(keys))
    block = contact.of(every)
    mean, linked = means(block, vectors[block.middle]), ~np.isnan(vectors).any(axis=1)
    unclipped = np.abs(vectors[linked]).max(axis=0) < BOUND
    assert unclipped.sum() > 20
    for one, around in zip(vectors[linked][:, unclipped].T, mean[linked][:, unclipped].T, strict=True):
        eigenvalue = (one @ around) / (one @ one)
        assert around == pytest.approx(eigenvalue * one, abs=0.02)


def test_neither_names_nor_the_order_of_rows_change_a_bit_of_a_basis(spec: FeatureSpec, tmp_path: Path) -> None:
    facts = town(700, 3)
    for i, other in enumerate((facts.renamed(lambda id: f"x{id[::-1]}"), facts.shuffled(5))):
        again = other.snapshot(tmp_path / f"{i}")
        assert with_positions(fit_spec(again), again).bases == spec.bases


def test_parties_of_equal_content_are_no_landmarks() -> None:
    ring, different = _ring(1200), np.arange(1200, dtype=np.float32)[:, None]
    basis = fit_basis(ring, PatchedRows.of(different))
    assert basis is not None
    assert (len(basis.keys), basis.width) == (1200, 1200 // LANDMARKS_EACH)
    alike = np.where(different < 1000, different, np.float32(-1))  # those from 1001 to 1198 have like neighbours too
    some = fit_basis(ring, PatchedRows.of(alike))
    assert some is not None
    assert len(some.keys) == 1002
    assert fit_basis(ring, PatchedRows.of(np.zeros_like(different))) is None


def test_a_network_of_others_gives_no_positions(spec: FeatureSpec, tmp_path: Path) -> None:
    other = town(100, 9).snapshot(tmp_path / "s")
    found = free_columns(spec, other, "contact")[:, -spec.bases["contact"].width :]
    assert np.isnan(found).all()


def test_positions_of_a_few_rows_after_a_change_equal_a_whole_pass(snapshot: Snapshot, spec: FeatureSpec) -> None:
    links = snapshot.links("CALLS")
    source, target = edge_index(links.out_indptr, links.out_target)
    called_back = set(zip(target.tolist(), source.tolist(), strict=True))
    one = next(pair for pair in zip(source.tolist(), target.tolist(), strict=True) if pair not in called_back)
    ends, after = np.unique(one), SnapshotOverlay(snapshot, [RemoveLinks("CALLS", *one)])
    unknown = LabelVector.all(np.full(snapshot.n_parties, np.nan, np.float32))
    before = label_state(network_state(spec, snapshot), unknown)
    rows = compute_rows(spec, before.on(changed_state(before.network, after, {"contact": ends})), ends)
    places = position_columns(spec, "contact")
    whole = free_columns(spec, after, "contact")[ends][:, -len(places) :]
    assert np.array_equal(rows[:, places], whole, equal_nan=True)
    assert not np.array_equal(whole, free_columns(spec, snapshot, "contact")[ends][:, -len(places) :], equal_nan=True)


def _ring(n: int) -> Neighbourhood:
    indices = np.stack([(np.arange(n) - 1) % n, (np.arange(n) + 1) % n], axis=1)
    adjacency = Adjacency(2 * np.arange(n + 1, dtype=np.int64), np.sort(indices, axis=1).ravel().astype(np.int32))
    return Neighbourhood(adjacency, n)
