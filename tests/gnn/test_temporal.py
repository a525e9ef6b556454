"""The temporal split: where it cuts, why there is none, how many outcomes it trains on, and whether it differs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from gnn.evaluation.findings import Code, Finding
from gnn.evaluation.temporal import TemporalSplit, evaluate_temporal_split, temporal_cut, why_no_temporal_split
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


@pytest.mark.parametrize(
    ("split", "later", "code"),
    [
        ((0.80, 0.01), (0.70, 0.02), Code.TEMPORAL_SPLIT_DIFFERS),
        ((0.80, 0.03), (0.75, 0.03), Code.TEMPORAL_SPLIT_AGREES),
    ],
)
def test_the_temporal_split_differs_only_beyond_the_standard_errors(
    split: tuple[float, float], later: tuple[float, float], code: Code
) -> None:
    found = TemporalSplit(0.0, 60, 20, *later, *split, 0.5, 0.5)
    assert found.finding() == Finding(code, {"auroc": later[0], "split_auroc": split[0]})


def test_the_cut_in_time_leaves_three_quarters_before_it(tmp_path: Path) -> None:
    assert temporal_cut(dated(tmp_path, [100.0 + i for i in range(9)])) == 106.0


@pytest.mark.parametrize(
    ("opened", "reason"),
    [
        pytest.param([None] * 10, Finding(Code.OUTCOMES_UNDATED), id="no date"),
        pytest.param(
            [None, None, *map(float, range(8))],
            Finding(Code.OUTCOMES_PARTLY_DATED, {"dated": 8, "outcomes": 10, "min_dated": 0.9}),
            id="80 %",
        ),
        pytest.param([5.0] * 10, Finding(Code.OUTCOMES_TOO_FEW_BY_TIME, {"min_per_class": 8}), id="one moment"),
    ],
)
def test_where_there_is_no_temporal_split_there_is_a_reason(
    opened: list[float | None], reason: Finding, tmp_path: Path
) -> None:
    snapshot = dated(tmp_path, opened)
    assert temporal_cut(snapshot) is None
    assert why_no_temporal_split(snapshot) == reason


@pytest.mark.parametrize(("limit", "n_train"), [(None, 60), (40, 40), (10, None)])
def test_a_temporal_split_is_trained_on_at_most_so_many_outcomes(
    limit: int | None, n_train: int | None, tmp_path: Path
) -> None:
    """60 of 80 outcomes are known at the cut; of 10, five of each are too few for a temporal split."""
    snapshot = dated(tmp_path, [float(i) for i in range(80)])
    y_final = np.tile(np.array([0, 1], np.float32), 40)
    y_at_cut = np.where(np.arange(80) < 60, y_final, np.float32(np.nan))
    reference = y_final.astype(np.float64), y_final.astype(np.float64)
    found = evaluate_temporal_split(snapshot, y_at_cut, y_final, 59.0, reference, 0, limit)
    assert (None if found is None else found.n_train) == n_train
    assert found is None or (found.n_test, found.train_rate, found.test_rate) == (20, 0.5, 0.5)
