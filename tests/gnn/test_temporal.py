"""The split by time: what is trained on and tested on, why there is none, and whether it differs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from gnn.evaluation.findings import Code, Finding
from gnn.evaluation.temporal import LaterOutcomes, TemporalSplit, later_outcomes, why_no_temporal_split
from gnn.training.observations import outcome_dates
from graph.schema import Outcome, Party
from graph.snapshots.snapshot import Snapshot
from tests.gnn.networks import Facts

DAY = 86_400.0


def dated(opened: Sequence[float | None]) -> Facts:
    """Parties of which each has an outcome with this date; those at even places are good."""
    people = [Party(f"p{i:03}", "Person", attributes={"income": float(i % 7)}) for i in range(len(opened))]
    names = ("good", "default")
    return Facts(people, (), [Outcome(f"p{i:03}", names[i % 2], "1", opened=at) for i, at in enumerate(opened)])


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
    found = TemporalSplit(0.0, 91, True, 60, 20, *later, "random", *split, 0.5, 0.5, 0.5).finding()
    assert found.code == code
    assert (found.figures["auroc"], found.figures["split_auroc"], found.figures["horizon_days"]) == (
        later[0],
        split[0],
        91,
    )


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
    assert why_no_temporal_split(dated(opened).snapshot(tmp_path / "s")) == reason


def later(folder: Path, limit: int | None = None, horizon_days: int = 20) -> LaterOutcomes | None:
    """80 parties, one outcome a day, split at day 59: 60 outcomes are known, and 20 open within 20 days."""
    facts = dated([i * DAY for i in range(80)])
    past, outcomes = facts.snapshot(folder / "past", as_of=59 * DAY), facts.snapshot(folder / "all")
    return later_outcomes(past, outcomes, horizon_days, None, 0, limit)


def test_outcomes_that_open_within_the_horizon_after_the_cut_are_tested_on(tmp_path: Path) -> None:
    found = later(tmp_path)
    assert found is not None
    assert found.split.fit_rows.tolist() == list(range(60))
    assert found.split.test.tolist() == list(range(60, 80))
    assert found.split.name == "by time: the 20 days after 1970-03-01"
    assert not found.point_in_time


def test_a_horizon_with_too_few_outcomes_of_either_class_is_no_test(tmp_path: Path) -> None:
    assert later(tmp_path, horizon_days=15) is None


@pytest.mark.parametrize(("limit", "n_train"), [(None, 60), (40, 40), (10, None)])
def test_a_temporal_split_is_trained_on_at_most_so_many_outcomes(
    limit: int | None, n_train: int | None, tmp_path: Path
) -> None:
    """Of 10 outcomes five of each class are too few."""
    found = later(tmp_path, limit)
    assert (None if found is None else len(found.split.fit_rows)) == n_train


def test_dates_of_outcomes_are_missing_where_they_are_not_known(tmp_path: Path) -> None:
    np.testing.assert_array_equal(outcome_dates(dated([3.0, None]).snapshot(tmp_path / "s")), [3.0, np.nan])


def test_a_snapshot_is_split_at_its_own_time(tmp_path: Path) -> None:
    snapshot: Snapshot = dated([1.0, 2.0]).snapshot(tmp_path / "s", as_of=1.0)
    assert snapshot.as_of == 1.0 and len(outcome_dates(snapshot)) == 1
