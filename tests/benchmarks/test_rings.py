"""The bench of rings on one small town: the marks hold there, and the plain peer misses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.rings import components, judged, louvain, ours, row, town


@pytest.mark.slow
def test_planted_rings_are_found_and_honest_groups_left_alone(tmp_path: Path) -> None:
    towns = [town(tmp_path, 1500, 3)]
    found = judged(towns, ours)
    assert found["precision"] >= 0.9 and found["recall"] >= 0.9
    assert found["innocent groups left alone"] == 1.0
    for peer in (components, louvain):
        assert judged(towns, peer)["precision"] < found["precision"]


def test_a_row_has_the_promised_columns() -> None:
    assert row("recall", 1.0, "peer", 0.5, "share", 2.0) == {
        "case": "recall", "ours": 1.0, "peer": "peer", "peer_value": 0.5, "unit": "share", "ratio": 2.0,
    }  # fmt: skip
