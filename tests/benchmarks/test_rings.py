"""The bench of rings on one small town: the marks hold there, and the plain peer misses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.economies import ECONOMIES
from benchmarks.rings import accuracy_of, components, false_rings, louvain, organisers_told, ours, row, town


@pytest.mark.slow
def test_planted_rings_are_found_and_honest_groups_left_alone(tmp_path: Path) -> None:
    towns = [town(tmp_path, 1500, 3)]
    found = accuracy_of(towns, ours)
    assert found["precision"] >= 0.9 and found["recall"] >= 0.9
    assert found["innocent groups left alone"] == 1.0
    for peer in (components, louvain):
        assert accuracy_of(towns, peer)["precision"] < found["precision"]


@pytest.mark.slow
def test_nine_of_ten_organisers_of_planted_rings_are_told_as_collectors(tmp_path: Path) -> None:
    """Measured: 36 of 38 on these towns. The other two are of two rings that share identifiers and are found as one."""
    towns = []
    for seed in range(5):
        folder = tmp_path / str(seed)
        folder.mkdir()
        towns.append(town(folder, 1500, seed))
    assert organisers_told(towns) >= 0.9
    found = accuracy_of(towns, ours)
    assert found["precision"] >= 0.97 and found["recall"] >= 0.97


def test_a_row_has_the_promised_columns() -> None:
    assert row("recall", 1.0, "peer", 0.5, "share", 2.0) == {
        "case": "recall", "ours": 1.0, "peer": "peer", "peer_value": 0.5, "unit": "share", "ratio": 2.0,
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", list(ECONOMIES))
def test_nobody_is_suspected_in_an_economy_without_fraud(name: str, tmp_path: Path) -> None:
    assert false_rings(name, tmp_path, 1000)["ours"] == 0
