"""`kith load` of one large CSV against csv and sqlite3's executemany: peak memory and rows a second.

Both run in processes of their own, one after the other, on the same file; memory is the process's peak, as the
operating system counts it. The peer puts the same rows, unchecked, into one table with a load's key and index.
`python -m benchmarks.loading [ROWS]`; with a second, larger number of rows the memory of both is compared instead.
"""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.rows import row

ROOT: Final = Path(__file__).parent.parent
ROWS: Final = 5_000_000
PARTIES: Final = 200_000
CHUNK: Final = 100_000
PIECE: Final = 10_000  # rows in one transaction, as in the store
MEMORY_GOAL_MB: Final = 1536.0
GROWTH_GOAL: Final = 1.1  # of memory, from few rows to many
KITH: Final = "from cli.main import main; main()"
PEER: Final = "import sys; from benchmarks.loading import peer; peer(*sys.argv[1:])"


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process took."""

    seconds: float
    peak_mb: float


def write_links(path: Path, rows: int, parties: int = PARTIES, seed: int = 0) -> None:
    """A relationships.csv of dated, weighted links of three kinds among numbered parties."""
    random = np.random.default_rng(seed)
    kinds = ("CALLS", "PAYS", "KNOWS")
    with path.open("w", newline="") as file:
        file.write("source,target,kind,weight,time\n")
        for start in range(0, rows, CHUNK):
            n = min(CHUNK, rows - start)
            source, target = random.integers(parties, size=(2, n)).tolist()
            kind, weight = random.integers(3, size=n).tolist(), random.random(n).round(6).tolist()
            when = random.integers(1_500_000_000, 1_700_000_000, n).tolist()
            cells = zip(source, target, kind, weight, when, strict=True)
            file.writelines(f"p{s:07d},p{t:07d},{kinds[k]},{w},{at}\n" for s, t, k, w, at in cells)


def peer(path: str, database: str) -> None:
    """The rows as they stand into one table, keyed by their line, in pieces."""
    db = sqlite3.connect(database)
    db.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;"
        "CREATE TABLE relationship (source TEXT, target TEXT, kind TEXT, weight REAL, time REAL, key INTEGER);"
        "CREATE UNIQUE INDEX by_key ON relationship (source, target, kind, key);"
        "CREATE INDEX by_target ON relationship (target);"
    )
    with Path(path).open(newline="") as file:
        reader = csv.reader(file)
        next(reader)
        piece: list[tuple[object, ...]] = []
        for line, cells in enumerate(reader):
            piece.append((*cells, line))
            if len(piece) == PIECE:
                _insert(db, piece)
        _insert(db, piece)
    db.close()


def _insert(db: sqlite3.Connection, piece: list[tuple[object, ...]]) -> None:
    with db:
        db.executemany("INSERT INTO relationship VALUES (?, ?, ?, ?, ?, ?)", piece)
    piece.clear()


def spent(code: str, *arguments: object) -> Spent:
    """Run Python code in a process of its own. Raises CalledProcessError where it fails."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command: Sequence[str] = [sys.executable, "-c", code, *map(str, arguments)]
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Spent(time.perf_counter() - begun, used.ru_maxrss / 1024)


def load_with_kith(path: Path, database: Path) -> Spent:
    """What `kith load` takes for these relationships, their ends implied."""
    return spent(KITH, "load", path, "--store", f"sqlite:///{database}")


def run(rows: int = ROWS) -> dict[str, Any]:
    """Rows of `kith bench loading`; ratio > 1 where we are ahead."""
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as name:
        path = Path(name) / "relationships.csv"
        write_links(path, rows)
        ours = load_with_kith(path, Path(name) / "ours.db")
        theirs = spent(PEER, path, Path(name) / "theirs.db")
        with sqlite3.connect(Path(name) / "ours.db") as db:
            loaded = db.execute("SELECT count(*) FROM relationship").fetchone()[0]
    return {
        "name": "loading",
        "links": rows,
        "loaded": loaded,
        "seconds": ours.seconds,
        "rows": [
            row("load, one row", 1e6 * ours.seconds / rows, "csv + executemany", 1e6 * theirs.seconds / rows, "us"),
            row("load, peak memory", ours.peak_mb, "goal", MEMORY_GOAL_MB, "MB"),
            row("load, peak memory", ours.peak_mb, "csv + executemany", theirs.peak_mb, "MB"),
        ],
    }


def growth(few: int, many: int) -> dict[str, Any]:
    """Rows with the memory of loads of few and of many rows; the ratio of the second is the goal's over ours."""
    peaks = []
    for rows in (few, many):
        with tempfile.TemporaryDirectory(prefix="kith-bench-") as name:
            path = Path(name) / "relationships.csv"
            write_links(path, rows)
            peaks.append(load_with_kith(path, Path(name) / "ours.db").peak_mb)
    return {
        "name": "loading",
        "links": [few, many],
        "peak_mb": peaks,
        "rows": [row("peak memory, many rows of few", peaks[1] / peaks[0], "goal", GROWTH_GOAL, "times")],
    }


def main(*sizes: int) -> dict[str, Any]:
    """The figures for the sizes of a command line."""
    return growth(*sizes) if len(sizes) > 1 else run(*sizes)


if __name__ == "__main__":
    print(json.dumps(main(*map(int, sys.argv[1:3])), indent=2))
