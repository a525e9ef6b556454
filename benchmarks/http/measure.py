"""`kith bench http`: scores over HTTP beside a constant answer with the same key check and access log.

Two processes answer. wrk asks over eight connections, each request about another party; the constant route is asked
before and after, and its better figure counts. A batch of 1,000 parties is asked over one connection beside single
questions. `python -m benchmarks.http.measure [PARTIES SECONDS]`.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np

from benchmarks.http.server import home_with_town, new_key, served
from benchmarks.http.serving import PATH
from benchmarks.rows import row
from graph.errors import UsageError
from service.workspace import Workspace

PARTIES: Final = 10_000
SECONDS: Final = 10
BATCH: Final = 1_000
SINGLES: Final = 300
BATCHES: Final = 9
PATIENCE: Final = 120.0
SCORES: Final = "/v1/scores"
MARK, MARK_WITH_REASONS, MARK_P99, MARK_BATCH = 0.4, 0.1, 3.0, 50.0
UNITS: Final = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk measured: requests a second, milliseconds of the 99th percentile, answers other than 2xx."""

    rate: float
    p99: float
    failed: int


def run(parties: int = PARTIES, seconds: int = SECONDS) -> dict[str, Any]:
    """The rows of `kith bench http`. Raises UsageError where wrk is missing."""
    if shutil.which("wrk") is None:
        raise UsageError("wrk is missing, with which this is measured; install it (Debian: wrk)")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home_with_town(folder / "home", folder, parties)
        key = new_key(folder / "home")
        snapshot = Workspace(folder / "home").snapshot()
        ids = [snapshot.id_of(at) for at in range(snapshot.n_parties) if snapshot.kind_of(at) in {"Person", "Merchant"}]
        paths = [f"{SCORES}/{quote(id, safe='')}?purpose=lending" for id in ids]
        with served(folder / "home", ("-m", "benchmarks.http.start")) as address:
            port = int(address.rpartition(":")[2])
            loads = _loads(folder, port, key, paths, seconds)
            one, batch = _batch_and_one(port, key, ids)
    constant = max(loads["constant"], loads["constant again"], key=lambda load: load.rate)
    scores, reasons = loads["scores"], loads["reasons"]
    assert not any(load.failed for load in loads.values()), loads
    rows = [
        _share("scores a second, of the constant's", scores.rate, constant.rate, MARK),
        _share("with reasons, of the constant's", reasons.rate, constant.rate, MARK_WITH_REASONS),
        row("scores, p99 against 3 times the constant's", scores.p99, "mark", MARK_P99 * constant.p99, "ms"),
        row(f"a batch of {BATCH:,} against {MARK_BATCH:.0f} single ones", batch, "mark", MARK_BATCH * one, "ms"),
    ]
    figures = {name: {"rate": round(load.rate), "p99_ms": round(load.p99, 2)} for name, load in loads.items()}
    return {"name": "http", "rows": rows, "loads": figures, "one_ms": round(one, 2), "batch_ms": round(batch, 1)}


def _share(case: str, rate: float, constant: float, mark: float) -> dict[str, Any]:
    """A row of a share of the constant's rate beside its mark; ratio > 1: it is reached."""
    share = rate / constant
    values = {
        "ours": round(share, 3),
        "peer": "mark",
        "peer_value": mark,
        "unit": "share",
        "ratio": round(share / mark, 2),
    }
    return {"case": case, **values}


def _loads(folder: Path, port: int, key: str, paths: Sequence[str], seconds: int) -> dict[str, Load]:
    """What wrk measures of each route, each party asked about for the first time."""
    half = len(paths) // 2
    constant = [f"{PATH}{path.removeprefix(SCORES).partition('?')[0]}" for path in paths]
    asked = {
        "constant": constant,
        "scores": paths[:half],
        "reasons": [f"{path}&include=reasons" for path in paths[half:]],
        "constant again": constant,
    }
    found = {}
    for name, some in asked.items():
        (folder / "paths").write_text("".join(f"{path}\n" for path in some))
        _wrk(folder, port, key, 1)
        found[name] = _wrk(folder, port, key, seconds)
    return found


def _wrk(folder: Path, port: int, key: str, seconds: int) -> Load:
    script = Path(__file__).with_name("wrk.lua")
    command = [
        "wrk",
        "-t2",
        "-c8",
        f"-d{seconds}s",
        "--latency",
        "--timeout",
        "10s",
        "-H",
        f"Authorization: Bearer {key}",
    ]
    command += ["-s", str(script), f"http://127.0.0.1:{port}", "--", str(folder / "paths")]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", out)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", out)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    assert rate is not None and p99 is not None, out
    return Load(float(rate[1]), float(p99[1]) * UNITS[p99[2]], int(failed[1]) if failed else 0)


def _batch_and_one(port: int, key: str, ids: Sequence[str]) -> tuple[float, float]:
    """Milliseconds of one question and of a batch, over one connection: the middle of several."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def asked(method: str, path: str, body: str | None = None) -> float:
        began = time.perf_counter()
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        return 1000 * (time.perf_counter() - began)

    question = json.dumps({"parties": [ids[at % len(ids)] for at in range(BATCH)], "purpose": "lending"})
    one = [asked("GET", f"{SCORES}/{quote(id, safe='')}?purpose=lending") for id in ids[:SINGLES]]
    batch = [asked("POST", SCORES, question) for _ in range(BATCHES)]
    return float(np.median(one)), float(np.median(batch))


if __name__ == "__main__":
    print(json.dumps(run(*(int(argument) for argument in sys.argv[1:])), indent=1))
