"""What a feature may see: a small named network whose answer can be checked by hand, and the leaks to keep out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnn.features.featurizer import compute, compute_for_training, compute_label_free, compute_rows
from gnn.features.label_features import FOLDS, LabelVector, folds
from gnn.features.label_state import label_state
from gnn.features.network_state import changed_state, network_state
from gnn.features.spec import FeatureSpec, fit_spec
from gnn.propagation.aggregators import means, percentile_ranks, quantiles
from gnn.propagation.neighbourhood import neighbourhood
from gnn.propagation.overlap import overlap, triadic_closure
from graph.csr import edge_index
from graph.schema import Party, Relationship
from graph.snapshots.overlay import RemoveLinks, SnapshotOverlay
from graph.snapshots.snapshot import Snapshot
from tests.gnn.networks import Facts, town

# ann -- bo, ann -- cy, ann -- dee (money); bo -- cy (social). Incomes 1, 2, 3, 9.
FOUR = Facts(
    parties=[
        Party("ann", "Person", None, {"income": 1.0, "age": 70.0}),
        Party("bo", "Person", None, {"income": 2.0, "age": 20.0}),
        Party("cy", "Person", None, {"income": 3.0, "age": 30.0}),
        Party("dee", "Person", None, {"income": 9.0, "age": 40.0}),
    ],
    relationships=[
        Relationship("ann", "bo", "PAYS", "1", amount=10.0),
        Relationship("ann", "bo", "PAYS", "2", amount=10.0),
        Relationship("cy", "ann", "PAYS", "1", amount=1000.0),
        Relationship("ann", "dee", "LENDS_TO", "1"),
        Relationship("bo", "cy", "FRIEND_OF", "1"),
        Relationship("dee", "dee", "PAYS", "1"),
    ],
)


@pytest.fixture
def four(tmp_path: Path) -> Snapshot:
    return FOUR.snapshot(tmp_path / "four")


def column(spec: FeatureSpec, snapshot: Snapshot, name: str, y: np.ndarray | None = None) -> list[float]:
    known = LabelVector.all(np.full(snapshot.n_parties, np.nan) if y is None else y)
    names = [c for block in spec.blocks for c in block.columns]
    return [round(float(v), 5) for v in compute(spec, snapshot, known)[:, names.index(name)]]


def test_parallel_links_are_one_neighbour_and_a_self_link_is_none(four: Snapshot) -> None:
    assert neighbourhood(four, "money").degree(np.arange(4)).tolist() == [3, 1, 1, 1]
    assert neighbourhood(four, "social").degree(np.arange(4)).tolist() == [0, 1, 1, 0]


def test_mean_and_quantiles_over_neighbours_by_hand(four: Snapshot) -> None:
    income = four.numeric["income"][:, None]
    money = neighbourhood(four, "money").of(np.arange(4))  # all four are neighbours of somebody
    assert np.allclose(means(money, (income / 2).astype(np.float32)) * 2, [[14 / 3], [1], [1], [1]], atol=1e-5)
    low, middle, high = quantiles(money, income)[0]
    assert (low, middle, high) == pytest.approx((2.2, 3.0, 7.8))


def test_the_difference_to_the_two_hop_mean_by_hand(four: Snapshot) -> None:
    # bo, cy and dee each pay or borrow from ann alone, whose others are the other two: 2 - (3 + 9) / 2, and so on.
    spec = fit_spec(four)
    two, apart = (column(spec, four, f"money.{name}.income") for name in ("two_hop_mean", "diff_to_two_hop_mean"))
    own = column(spec, four, "income")
    assert apart[1:] == pytest.approx(
        [own[i] - (own[j] + own[k]) / 2 for i, j, k in ((1, 2, 3), (2, 1, 3), (3, 1, 2))], abs=1e-4
    )
    assert two[1] == pytest.approx((own[2] + own[3]) / 2, abs=1e-4)
    assert np.isnan(apart[0])  # ann's neighbours have no other neighbour


def test_link_features_keep_directions_apart(four: Snapshot) -> None:
    spec = fit_spec(four)
    assert column(spec, four, "money.PAYS.out.links") == pytest.approx([np.log(3), 0, np.log(2), np.log(2)], abs=1e-5)
    # dee pays itself: a self-link goes out
    assert column(spec, four, "money.PAYS.in.links") == pytest.approx(
        [np.log(2), np.log(3), 0, 0], abs=1e-5
    )  # dee's self-link goes out
    assert column(spec, four, "money.PAYS.out.amount")[0] == pytest.approx(np.log(11), abs=1e-5)


def test_a_party_without_links_of_a_category_has_the_block_missing(four: Snapshot) -> None:
    spec = fit_spec(four)
    values = compute(spec, four, LabelVector.all(np.full(4, np.nan)))
    assert np.isnan(values[0, spec.slice("social")]).all()
    assert not np.isnan(values[1, spec.slice("social")]).all()


def test_protected_attributes_ids_and_names_are_no_features(four: Snapshot) -> None:
    names = " ".join(c for block in fit_spec(four).blocks for c in block.columns)
    assert "income" in names
    for forbidden in ("age", "id", "name", "row"):
        assert forbidden not in names.replace("completeness", "").replace("guarantee", "").split(".")


def test_every_block_names_the_categories_on_its_path(four: Snapshot) -> None:
    needs = {block.name: set(block.needs) for block in fit_spec(four).blocks}
    assert needs == {
        "self": set(),
        "money": {"money"},
        "social": {"social"},
        "money>social": {"money", "social"},
        "social>money": {"money", "social"},
    }


def test_a_bad_neighbour_raises_the_bad_rate(four: Snapshot) -> None:
    spec = replace(fit_spec(four), base_rate=0.25)
    y = np.array([1, np.nan, np.nan, np.nan], np.float32)
    # One known outcome, shrunk by four at 0.25: (1 + 4 * 0.25) / (1 + 4).
    assert column(spec, four, "money.bad_rate", y)[1:] == pytest.approx([0.4, 0.4, 0.4])


def test_bad_rates_by_kind_keep_kinds_and_directions_apart(four: Snapshot) -> None:
    # cy, who paid ann, is bad; bo, whom ann paid twice, is good; dee, to whom ann lends, is unknown.
    spec = replace(fit_spec(four), base_rate=0.25)
    y = np.array([1, 0, 1, np.nan], np.float32)
    assert column(spec, four, "money.PAYS.in.bad_rate", y)[0] == pytest.approx((1 + 4 * 0.25) / (1 + 4))
    assert column(spec, four, "money.PAYS.in.bad_count", y)[0] == pytest.approx(np.log(2), abs=1e-5)
    assert column(spec, four, "money.PAYS.out.bad_rate", y)[0] == pytest.approx(4 * 0.25 / (1 + 4))  # bo counts once
    assert column(spec, four, "money.LENDS_TO.out.bad_rate", y)[0] == pytest.approx(0.25)
    assert np.isnan(column(spec, four, "money.LENDS_TO.in.bad_rate", y)[0])
    assert np.isnan(column(spec, four, "money.PAYS.in.bad_rate", y)[3])  # dee's payment to itself is none


def test_a_category_of_one_symmetric_kind_has_no_bad_rates_by_kind(four: Snapshot) -> None:
    names = [name for block in fit_spec(four).blocks for name in block.columns]
    assert "social.bad_rate" in names
    assert not [name for name in names if name.startswith("social.FRIEND_OF.bad")]


@pytest.mark.slow
@given(seed=st.integers(0, 50))
@settings(max_examples=8, deadline=None)
def test_a_partys_own_outcome_never_reaches_its_own_features(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    snapshot = town(80, seed).snapshot(tmp_path_factory.mktemp("own") / "s")
    spec = fit_spec(snapshot)
    random = np.random.default_rng(seed)
    y = np.where(random.random(snapshot.n_parties) < 0.7, random.random(snapshot.n_parties) < 0.4, np.nan)
    y = y.astype(np.float32)
    row = int(np.argmax(np.where(np.isnan(y), -1, neighbourhood(snapshot, "money").degree(np.arange(len(y))))))
    other = y.copy()
    other[row] = 1 - y[row]
    every, label_free = np.arange(snapshot.n_parties), compute_label_free(spec, snapshot)

    def for_training(labels: np.ndarray) -> np.ndarray:
        return compute_for_training(spec, LabelVector.all(labels), every, label_free)

    def for_serving(labels: np.ndarray) -> np.ndarray:
        return compute(spec, snapshot, LabelVector.all(labels))

    for features in (for_serving, for_training):
        before, after = features(y), features(other)
        assert np.array_equal(before[row], after[row], equal_nan=True)
        assert not np.array_equal(before, after, equal_nan=True)


def test_folds_come_from_content_and_not_from_order() -> None:
    random = np.random.default_rng(0)
    own, block = random.normal(size=(2, 500, 3)).astype(np.float32)
    order = random.permutation(500)
    found = folds(own, block)
    assert np.array_equal(folds(own[order], block[order]), found[order])
    assert (np.bincount(found, minlength=FOLDS) > 25).all()


def test_a_spec_survives_json(four: Snapshot) -> None:
    spec = fit_spec(four)
    again = FeatureSpec.from_json(spec.to_json())
    assert again == spec
    assert again.digest() == spec.digest()


def test_a_network_without_attributes_has_features(tmp_path: Path) -> None:
    bare = replace(FOUR, parties=[replace(party, attributes={}) for party in FOUR.parties])
    snapshot = bare.snapshot(tmp_path / "bare")
    spec = fit_spec(snapshot)
    assert "money.degree" in spec.blocks[1].columns
    assert compute(spec, snapshot, LabelVector.all(np.full(4, np.nan))).shape == (4, spec.width)


@pytest.mark.slow
@given(seed=st.integers(0, 50))
@settings(max_examples=8, deadline=None)
def test_a_few_rows_after_a_change_equal_a_whole_pass_over_the_changed_network(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    snapshot = town(80, seed).snapshot(tmp_path_factory.mktemp("rows") / "s")
    spec = fit_spec(snapshot)
    random = np.random.default_rng(seed)
    y = np.where(random.random(snapshot.n_parties) < 0.7, random.random(snapshot.n_parties) < 0.4, np.nan)
    known = LabelVector.all(y.astype(np.float32))
    changes, touched = [], {}
    for kind in ("PAYS", "FRIEND_OF"):
        links = snapshot.links(kind)
        source, target = edge_index(links.out_indptr, links.out_target)
        entry = int(random.integers(len(source)))
        changes.append(RemoveLinks(kind, int(source[entry]), int(target[entry])))
        touched[snapshot.kinds[kind].category] = np.unique([source[entry], target[entry]])
    after = SnapshotOverlay(snapshot, changes)
    rows = np.unique(np.concatenate([*touched.values(), random.integers(0, snapshot.n_parties, 5)]))
    whole, before = compute(spec, after, known)[rows], label_state(network_state(spec, snapshot), known)
    changed = before.on(changed_state(before.network, after, touched))
    assert np.array_equal(compute_rows(spec, changed, rows), whole, equal_nan=True)
    assert not np.array_equal(compute_rows(spec, before, rows), whole, equal_nan=True)


def test_overlap_of_neighbours_by_hand(tmp_path: Path) -> None:
    # A square ann-bo-cy-dee with the diagonal ann-cy.
    pairs = [("ann", "bo"), ("bo", "cy"), ("cy", "dee"), ("dee", "ann"), ("ann", "cy")]
    square = replace(FOUR, relationships=[Relationship(a, b, "FRIEND_OF", "1") for a, b in pairs])
    near = neighbourhood(square.snapshot(tmp_path / "square"), "social")
    every = near.of(np.arange(4))
    found = overlap(every, near)
    assert found.common.tolist() == [1, 2, 1, 1, 1, 2, 1, 1, 1, 1]  # ann: bo cy dee; bo: ann cy; cy: ...; dee: ...
    assert found.jaccard[1] == 2 / 4  # ann and cy: bo and dee of four
    assert found.resource_allocation[1] == pytest.approx(1 / 2 + 1 / 2)
    assert triadic_closure(found, every)[:, 0].tolist() == pytest.approx([2 / 3, 1, 2 / 3, 1])
    assert overlap(near.of(np.array([0, 3])), near).common.tolist() == [1, 2, 1, 1, 1]
    some = np.arange(10) % 2 == 0
    assert overlap(every, near, some).common.tolist() == [1, 0, 1, 0, 1, 0, 1, 0, 1, 0]
    assert overlap(every, near, some).jaccard[some].tolist() == found.jaccard[some].tolist()


def test_the_percentile_rank_counts_equals_half(four: Snapshot) -> None:
    money = neighbourhood(four, "money").of(np.arange(4))
    income = np.array([[2.0], [2.0], [1.0], [9.0]], np.float32)
    assert percentile_ranks(money, income, income)[:, 0].tolist() == [0.5, 0.5, 0.0, 1.0]
