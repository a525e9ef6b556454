"""The bench of the search, on a small network."""

from __future__ import annotations

from benchmarks.search import CASES, run


def test_every_case_of_the_search_is_measured_beside_its_peer() -> None:
    rows = run(2_000)["rows"]
    assert [row["case"] for row in rows] == [case.name for case in CASES]
    assert all(row["unit"] == "ms" and row["ours"] > 0 for row in rows)
