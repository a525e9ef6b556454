"""The split by time: where it cuts, why there is none, how many outcomes teach, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from gnn.evaluation.findings import apart_by_time
from gnn.evaluation.temporal import UNDATED, evaluate_temporal_split, temporal_cut, why_not
from graph.schema import Outcome, Party
from graph.snapshots.snapshot import Snapshot
from tests.gnn.networks import Facts


def dated(folder: Path, opened: Sequence[float | None]) -> Snapshot:
    """Parties of which each has an outcome with this date; those at even places are good."""
    people = [Party(f"p{i:03}", "Person", attributes={"income": float(i % 7)}) for i in range(len(opened))]
    names = ("good", "default")
    return Facts(
        people, (), [Outcome(f"p{i:03}", names[i % 2], "1", opened=at) for i, at in enumerate(opened)]
    ).snapshot(folder / "s")


def test_time_matters_only_beyond_chance() -> None:
    (matters,) = apart_by_time((0.80, 0.01), (0.70, 0.02))
    assert matters.startswith("Time matters: AUROC 0.7000 on later outcomes and 0.8000 on the split it is judged by")
    assert "agrees" in apart_by_time((0.80, 0.03), (0.75, 0.03))[0]


def test_the_cut_in_time_leaves_three_quarters_before_it(tmp_path: Path) -> None:
    assert temporal_cut(dated(tmp_path, [100.0 + i for i in range(9)])) == 106.0


@pytest.mark.parametrize(
    ("opened", "said"),
    [
        pytest.param([None] * 10, UNDATED, id="no date"),
        pytest.param(
            [None, None, *map(float, range(8))],
            "8 of 10 outcomes have a date and a split by time needs 90 %",
            id="80 %",
        ),
        pytest.param([5.0] * 10, "needs 8 good and 8 bad outcomes on either side", id="one moment"),
    ],
)
def test_where_there_is_no_split_by_time_the_reason_is_said(
    opened: list[float | None], said: str, tmp_path: Path
) -> None:
    snapshot = dated(tmp_path, opened)
    assert temporal_cut(snapshot) is None
    assert said in why_not(snapshot)


@pytest.mark.parametrize(("most", "taught"), [(None, 60), (40, 40), (10, None)])
def test_at_most_so_many_outcomes_teach(most: int | None, taught: int | None, tmp_path: Path) -> None:
    """60 of 80 outcomes are known at the cut; of 10, five of each are too few for a split by time."""
    snapshot = dated(tmp_path, [float(i) for i in range(80)])
    became = np.tile(np.array([0, 1], np.float32), 40)
    known = np.where(np.arange(80) < 60, became, np.float32(np.nan))
    found = evaluate_temporal_split(
        snapshot, known, became, 59.0, (became.astype(np.float64), became.astype(np.float64)), 0, most
    )
    assert (None if found is None else found.n_train) == taught
    assert found is None or (found.n_test, found.train_rate, found.test_rate) == (20, 0.5, 0.5)
