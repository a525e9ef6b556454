"""Training gives the same bytes twice and learns what is there; test_shuffled.py shows that it learns nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.evaluation.evaluate_risk import BASELINES, evaluate_risk
from gnn.features.featurizer import compute
from gnn.features.label_features import LabelVector
from gnn.features.spec import SELF, Block, FeatureSpec, masked
from gnn.features.targets import outcomes_as_labels
from gnn.models.gated_learner import GatedLearner
from gnn.training.encoding import encode, fit_encoding, presence
from gnn.training.ensemble_weights import ensemble_weights
from gnn.training.export_network import to_onnx
from gnn.training.gated_network import GatedBlocks, _Best
from gnn.training.splits import folds, labelled, parse_fractions, stratified
from gnn.training.train import train
from graph.errors import TrainingError, UsageError
from graph.snapshots.snapshot import Snapshot
from tests.gnn.networks import Trained, town


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return town(500, 1).snapshot(tmp_path_factory.mktemp("training") / "s")


@pytest.fixture(scope="module")
def y(snapshot: Snapshot) -> np.ndarray:
    return outcomes_as_labels(snapshot)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_in_whatever_order_the_rows_come(snapshot: Snapshot, y: np.ndarray) -> None:
    rows = stratified(y, 0).fit_rows
    first, turned = train(snapshot, y, rows, 7), train(snapshot, y, rows[::-1], 7)
    assert turned.model.to_parts() == first.model.to_parts()
    assert turned.oof_log_odds.tolist() == first.oof_log_odds.tolist()


@pytest.mark.slow
def test_val_that_only_selects_is_read_by_no_feature_and_gives_the_predictions_that_select(
    snapshot: Snapshot, y: np.ndarray
) -> None:
    split = stratified(y, 0).train_alone(y)
    trained = train(snapshot, y, split.fit_rows, 0, selection_rows=split.selection_rows)
    assert sorted(trained.rows.tolist()) == split.val.tolist()
    values = compute(trained.model.spec, snapshot, LabelVector.of(y, split.train))
    assert np.array_equal(trained.values, values[trained.rows], equal_nan=True)
    served = trained.model.log_odds(values[trained.rows])
    assert served == pytest.approx(trained.oof_log_odds, abs=1e-4)  # all members serve, and none has seen val


@pytest.mark.slow
def test_the_graph_is_found_where_it_carries_the_risk(snapshot: Snapshot, y: np.ndarray) -> None:
    report = evaluate_risk(snapshot, y, [stratified(y, 0)], 0, "town", BASELINES)
    assert report.model["auroc"] > report.baselines["no_graph"]["auroc"]
    assert {"no_graph", "label_propagation", "graph_sage"} <= set(report.baselines)
    assert set(report.to_json(1.0)) >= {
        "task",
        "dataset",
        "n_train",
        "n_test",
        "model",
        "baselines",
        "seconds",
        "peak_mb",
    }


def foresaw(sure: float, rows: int, seed: int) -> np.ndarray:
    """Log-odds that tell the first half, bad, from the second by `sure` standard deviations."""
    return np.random.default_rng(seed).normal(size=rows) + np.repeat([sure, 0.0], rows // 2)


def test_heads_count_in_the_measure_in_which_they_foresaw_outcomes() -> None:
    y = np.repeat([1.0, 0.0], 1000).astype(np.float32)
    sharp, other, noise = foresaw(2, 2000, 0), foresaw(2, 2000, 1), foresaw(0, 2000, 2)
    assert ensemble_weights([sharp, noise, noise], y) == (1.0, 0.0, 0.0)
    one, two, none = ensemble_weights([sharp, other, noise], y)
    assert (one, two, none) == (0.5, 0.5, 0.0)  # they err apart, and together err least


def test_where_few_outcomes_are_known_no_head_is_thrown_away() -> None:
    y = np.repeat([1.0, 0.0], 10).astype(np.float32)
    counted = ensemble_weights([foresaw(1, 20, 0), foresaw(1, 20, 1), foresaw(0.7, 20, 2)], y)
    assert sum(counted) == pytest.approx(1)
    assert min(counted) > 0.05


def test_one_class_cannot_teach(snapshot: Snapshot, y: np.ndarray) -> None:
    good = np.flatnonzero(y == 0)
    with pytest.raises(TrainingError, match="parties of both outcomes are needed"):
        train(snapshot, y, good, 0)


def test_onnx_says_what_torch_says(hamlet: Trained) -> None:
    import torch

    spec, values = hamlet.model.spec, hamlet.scorer.table.rows(np.arange(hamlet.scorer.snapshot.n_parties))
    torch.manual_seed(0)
    encoding = fit_encoding(spec, values)
    network = GatedBlocks(encoding.sizes).eval()
    served = GatedLearner(to_onnx(network, encoding))
    with torch.no_grad():
        of_members = network(*(torch.from_numpy(part(encoding, values[:64])) for part in (encode, presence)))
        wanted = of_members.mean(1).numpy()
    assert np.allclose(served.output(values[:64]), wanted, atol=1e-4)


def test_a_row_says_the_same_bits_to_the_network_in_any_company(hamlet: Trained) -> None:
    import torch

    spec, values = hamlet.model.spec, hamlet.scorer.table.rows(np.arange(hamlet.scorer.snapshot.n_parties))
    torch.manual_seed(0)
    encoding = fit_encoding(spec, values)
    served = GatedLearner(to_onnx(GatedBlocks(encoding.sizes).eval(), encoding))
    alone = np.concatenate([served.output(values[i : i + 1]) for i in range(len(values))])
    random = np.random.default_rng(0)
    for company in (2, 3, 4, 5, 7, 23, 64, len(values)):
        some = random.permutation(len(values))[:company]
        assert served.output(values[some]).tolist() == alone[some].tolist(), company


def test_the_network_says_of_a_party_without_some_blocks_what_torch_says(hamlet: Trained) -> None:
    import torch

    spec, values = hamlet.model.spec, hamlet.scorer.table.rows(np.arange(64))
    torch.manual_seed(0)
    encoding = fit_encoding(spec, values)
    network = GatedBlocks(encoding.sizes).eval()
    without = [masked(values[:1], spec, frozenset(some)) for some in (spec.categories, spec.categories[:1], ())]
    asked = np.concatenate([*without, np.full_like(values[:1], np.nan)])
    with torch.no_grad():
        wanted = network(*(torch.from_numpy(part(encoding, asked)) for part in (encode, presence))).mean(1).numpy()
    assert np.allclose(GatedLearner(to_onnx(network, encoding)).output(asked), wanted, atol=1e-4)


def test_each_member_keeps_its_own_best() -> None:
    import torch

    network = GatedBlocks(np.array([3, 2]), members=2, width=4)  # as many blocks as members: no shape tells them apart
    best = _Best(network)

    def by_member() -> dict[str, list[torch.Tensor]]:
        return {name: [m.clone() for m in best.by_member(name, p)] for name, p in network.named_parameters()}

    kept = []
    for losses in ([1.0, 2.0], [2.0, 1.0]):
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(1.0)
        best.look(torch.tensor(losses))
        kept.append(by_member())
    best.restore()
    for name, (first, second) in by_member().items():
        assert torch.equal(first, kept[0][name][0])
        assert torch.equal(second, kept[1][name][1])


def test_an_encoded_number_is_how_far_it_reaches_into_each_bin() -> None:
    spec = FeatureSpec((), (), {}, (Block(SELF, frozenset(), ("a", "b")),))
    values = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [np.nan, np.nan]], np.float32)
    encoding = fit_encoding(spec, values)
    assert encoding.low.tolist() == [0, 1]  # b has one value only, so no bin
    found = encode(encoding, np.array([[0.5, 0.0], [9.0, 0.0], [np.nan, 0.0]], np.float32)) + encoding.mean
    assert found[:2].tolist() == [[0.5, 0.0], [1.0, 1.0]]
    assert (encode(encoding, values[3:]) == 0).all()
    assert presence(encoding, values)[:, 0].tolist() == [1, 1, 1, 0]


def test_splits_are_stratified_disjoint_and_repeatable(y: np.ndarray) -> None:
    split, again = stratified(y, 3), stratified(y, 3)
    parts = (split.train, split.val, split.test)
    assert [p.tolist() for p in parts] == [p.tolist() for p in (again.train, again.val, again.test)]
    assert sorted(np.concatenate(parts).tolist()) == np.flatnonzero(~np.isnan(y)).tolist()
    rates = [y[part].mean() for part in parts]
    assert max(rates) - min(rates) < 0.02
    few = split.limited(40, y, 0)
    assert len(few.fit_rows) == 40
    assert set(few.train) <= set(split.train)
    assert set(few.val) <= set(split.val)


def test_fractions_are_drawn_by_class(y: np.ndarray) -> None:
    split, known = stratified(y, 0, (10, 10, 80)), np.flatnonzero(~np.isnan(y))
    for part, share in ((split.train, 0.1), (split.val, 0.1), (split.test, 0.8)):
        assert len(part) == pytest.approx(share * len(known), abs=2)
        assert y[part].mean() == pytest.approx(y[known].mean(), abs=0.02)


@pytest.mark.parametrize("text", ["10/10", "10/10/70", "0/50/50", "50/50/0", "a/b/c", "-10/30/80", "10/10/80/0", ""])
def test_fractions_that_make_no_split_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no fractions"):
        parse_fractions(text)


def test_each_party_is_judged_once_in_folds(y: np.ndarray) -> None:
    judged = np.concatenate([split.test for split in folds(y, 4, 0)])
    assert sorted(judged.tolist()) == np.flatnonzero(~np.isnan(y)).tolist()


def test_too_few_outcomes_are_refused() -> None:
    y = np.full(40, np.nan, np.float32)
    y[:8] = [1, 0] * 4
    with pytest.raises(TrainingError, match="too few to train on"):
        labelled(y)
