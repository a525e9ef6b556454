"""The memory of a load does not grow with its file. `kith bench loading` measures it at full size."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.loading import load_with_kith, run, write_links

pytestmark = pytest.mark.slow

NOTE = "a note that nobody reads, " * 800  # 20 KB in each row, so that few rows make a large file


def peak(folder: Path, rows: int) -> float:
    path = folder / str(rows) / "relationships.csv"
    path.parent.mkdir()
    with path.open("w") as file:
        file.write("source,target,kind,note\n")
        file.writelines(f'p{i},p{i + 1},PAYS,"{NOTE}"\n' for i in range(rows))
    return load_with_kith(path, folder / f"{rows}.db").peak_mb


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    small, large = peak(tmp_path, 4_000), peak(tmp_path, 10_000)
    assert 6_000 * len(NOTE) > 120e6
    assert large - small < 40


def test_the_bench_measures_kith_and_a_peer_on_the_same_rows() -> None:
    result = run(2_000)
    assert result["links"] == result["loaded"] == 2_000
    assert [row["peer"] for row in result["rows"]] == ["csv + executemany", "goal", "csv + executemany"]
    assert all(row["ours"] > 0 and row["peer_value"] > 0 for row in result["rows"])


def test_the_links_of_the_bench_are_drawn_from_a_seed(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_links(tmp_path / name, 500, seed=seed)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c
    assert a.count(b"\n") == 501
