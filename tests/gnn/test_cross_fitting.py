"""Every outcome teaches, but never the member that is asked about it."""

from __future__ import annotations

import numpy as np

from gnn.features.spec import SELF, Block, FeatureSpec
from gnn.training.cross_fitting import N_FOLDS, canonical_order, folds, training_set

OWN = Block(SELF, frozenset(), ("income",))
WORK = Block("work", frozenset({"work"}), ("work.degree", "work.bad"))
SPEC = FeatureSpec((), (), {"work": ()}, (OWN, WORK))


def some(rows: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.normal(size=(rows, 3)).astype(np.float32), (random.random(rows) < 0.3).astype(np.float32)


def test_each_party_is_unseen_by_one_member_and_seen_by_all_others() -> None:
    taught = training_set(SPEC, *some(103), folds(103), seed=0)
    times_unseen = sum(taught.held_out_mask(member).astype(int) for member in range(N_FOLDS))
    assert times_unseen.tolist() == [1] * 103
    for member in range(N_FOLDS):
        assert not (taught.fit_mask(member)[:103] & taught.held_out_mask(member)).any()


def test_parties_that_only_select_are_held_out_of_every_fit_even_as_copies() -> None:
    values, y = some(50)
    taught = training_set(SPEC, values, y, folds(40, 10), seed=0)
    fitted = [*range(40), *range(50, 70)]  # the parties, then the copies of every second one
    for member in range(N_FOLDS):
        assert np.flatnonzero(taught.fit_mask(member)).tolist() == fitted
        assert np.flatnonzero(taught.held_out_mask(member)).tolist() == list(range(40, 50))
    assert np.flatnonzero(taught.fitted_mask).tolist() == fitted
    assert np.flatnonzero(taught.selection_mask).tolist() == list(range(40, 50))


def test_a_copy_is_in_the_fold_of_the_party_it_copies_and_lacks_whole_blocks_only() -> None:
    values, y = some(200)
    taught = training_set(SPEC, values, y, folds(200), seed=0)
    copies = taught.values[taught.n_parties :]
    assert taught.fold[taught.n_parties :].tolist() == taught.fold[: taught.n_parties : 2].tolist()
    assert taught.y[taught.n_parties :].tolist() == y[::2].tolist()
    missing = np.isnan(copies)
    assert (missing[:, 1] == missing[:, 2]).all()
    assert (copies[~missing] == values[::2][~missing]).all()
    assert 0 < missing[:, 0].sum() < 100
    assert 0 < missing[:, 1].sum() < 100


def test_without_a_network_there_is_nothing_to_leave_out() -> None:
    values, y = some(20)
    taught = training_set(FeatureSpec((), (), {}, (OWN,)), values[:, :1], y, folds(20), seed=0)
    assert len(taught.values) == taught.n_parties == 20


def test_the_order_of_content_is_the_same_from_any_order_of_rows_and_has_like_folds() -> None:
    values, y = some(100)
    values[:50, 0] = 0.0  # ties in the first column are told apart by the others
    values[:25, 0] = -0.0  # which is the same content
    shuffled = np.random.default_rng(1).permutation(100)
    first, again = canonical_order(values, y), canonical_order(values[shuffled], y[shuffled])
    assert values[first].tolist() == values[shuffled][again].tolist()
    assert y[first].tolist() == sorted(y.tolist())
    bad = [y[first][np.arange(100) % N_FOLDS == member].sum() for member in range(N_FOLDS)]
    assert max(bad) - min(bad) <= 1
