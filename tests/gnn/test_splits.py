"""Published splits: who teaches, who chooses where nobody says so, and what they may not hold."""

from __future__ import annotations

import numpy as np
import pytest

from gnn.evaluation.baselines.gnn_baselines import gpr, graph_sage
from gnn.evaluation.baselines.link_counts import link_counts
from gnn.features.spec import fit_spec
from gnn.features.targets import outcomes_as_labels
from gnn.training.splits import Split, published, unknown_ids
from graph.errors import UsageError
from graph.schema import Outcome, Party, Relationship
from graph.snapshots.snapshot import Snapshot
from tests.gnn.networks import Facts

PARTIES = 60


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """p00 to p59 on a ring; every third is bad."""
    people = [Party(f"p{i:02}", "Person") for i in range(PARTIES)]
    ring = [Relationship(f"p{i:02}", f"p{(i + 1) % PARTIES:02}", "KNOWS", "1") for i in range(PARTIES)]
    outcomes = [Outcome(f"p{i:02}", "good" if i % 3 else "default", "1") for i in range(PARTIES)]
    return Facts(people, ring, outcomes).snapshot(tmp_path_factory.mktemp("ring") / "s")


@pytest.fixture(scope="module")
def y(snapshot: Snapshot) -> np.ndarray:
    return outcomes_as_labels(snapshot)


def roles(**parts: range) -> dict[str, str]:
    return {f"p{i:02}": part for part, places in parts.items() for i in places}


def made(roles: dict[str, str], snapshot: Snapshot, y: np.ndarray) -> Split:
    return published("split_0", roles, snapshot, y, seed=0)


def test_a_split_is_taken_as_it_was_published(snapshot: Snapshot, y: np.ndarray) -> None:
    split = made(roles(train=range(30), val=range(30, 40), test=range(40, 60)), snapshot, y)
    assert [part.tolist() for part in (split.train, split.val, split.test)] == [
        list(range(30)), list(range(30, 40)), list(range(40, 60)),
    ]  # fmt: skip


def test_a_fifth_of_train_chooses_by_class_where_there_is_no_val(snapshot: Snapshot, y: np.ndarray) -> None:
    split = made(roles(train=range(45), test=range(45, 60)), snapshot, y)
    assert split.fit_rows.tolist() == list(range(45))
    assert (len(split.val), y[split.val].sum()) == (9, 3)
    assert split.test.tolist() == list(range(45, 60))


def test_few_labels_are_drawn_without_leaving_val_empty(snapshot: Snapshot, y: np.ndarray) -> None:
    split = made(roles(train=range(43), val=range(43, 45), test=range(45, 60)), snapshot, y)
    for seed in range(5):
        few = split.limited(20, y, seed)
        assert len(few.fit_rows) == 20 and len(few.val) > 0


@pytest.mark.parametrize("peer", ["link_counts", "graph_sage", "gpr"])
def test_every_peer_learns_from_a_split_without_val(peer: str, snapshot: Snapshot, y: np.ndarray) -> None:
    split = made(roles(train=range(45), test=range(45, 60)), snapshot, y)
    if peer == "link_counts":
        p = link_counts(snapshot, y, split, 0, fit_spec(snapshot))
    else:
        p = {"graph_sage": graph_sage, "gpr": gpr}[peer](snapshot, y, split, 0)
    assert p.shape == (15,) and ((p > 0) & (p < 1)).all()


def test_ids_that_are_no_party_are_left_out_and_named(snapshot: Snapshot, y: np.ndarray) -> None:
    given = {"ghost": "test", **roles(train=range(45), test=range(45, 60)), **{f"x{i}": "train" for i in range(5)}}
    assert made(given, snapshot, y).test.tolist() == list(range(45, 60))
    unknown = unknown_ids([given, {"p00": "train", "ghost": "train"}], snapshot)
    assert unknown == ["ghost", "x0", "x1", "x2", "x3", "x4"]


@pytest.mark.parametrize(
    ("parts", "holds"),
    [
        ({"train": range(40), "val": range(40, 60)}, "train 40 (14 bad), val 20 (6 bad), test none"),
        ({"test": range(60)}, "train none, val none, test 60 (20 bad)"),
        ({"val": range(30), "test": range(30, 60)}, "train none, val 30 (10 bad), test 30 (10 bad)"),
        ({"train": range(40), "test": range(40, 42)}, "train 40 (14 bad), val none, test 2 (0 bad)"),
        ({"train": range(12), "test": range(40, 60)}, "train 12 (4 bad), val none, test 20 (6 bad)"),
    ],
)
def test_a_split_that_cannot_teach_or_judge_is_refused_and_says_what_it_holds(
    parts: dict[str, range], holds: str, snapshot: Snapshot, y: np.ndarray
) -> None:
    with pytest.raises(UsageError, match=r"split_0 cannot be used.*needed in train and in test") as said:
        made(roles(**parts), snapshot, y)
    assert holds in str(said.value)


@pytest.mark.parametrize(("most", "taught"), [(10, 10), (44, 44), (45, 45), (46, 45), (None, 45)])
def test_at_most_so_many_labels_teach(most: int | None, taught: int, snapshot: Snapshot, y: np.ndarray) -> None:
    split = made(roles(train=range(45), test=range(45, 60)), snapshot, y)
    assert len(split.limited(most, y, 0).fit_rows) == taught


def test_too_few_labels_to_learn_from_are_refused(snapshot: Snapshot, y: np.ndarray) -> None:
    with pytest.raises(UsageError, match="9 outcomes are too few"):
        made(roles(train=range(45), test=range(45, 60)), snapshot, y).limited(9, y, 0)


def test_a_published_split_with_another_word_is_refused(snapshot: Snapshot, y: np.ndarray) -> None:
    with pytest.raises(UsageError, match="'dev' is no part of a split"):
        made({"p00": "dev"}, snapshot, y)
