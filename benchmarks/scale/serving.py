"""`kith serve` with two processes over the snapshot and the model of the bench: what they take in memory together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import numpy as np

from benchmarks.http.server import new_key, served
from benchmarks.scale.network import ScaleNetwork

CONNECTIONS: Final = 16  # so that both processes are asked
SCORES, REASONS, EXPLANATIONS = 40, 10, 5  # questions on each connection
PATIENCE: Final = 120.0
GB: Final = 1024.0**2  # in kB, as /proc counts


def serve(folder: Path, network: ScaleNetwork) -> dict[str, Any]:
    """Gigabytes of all processes of the server after some questions: shared pages counted once, and those of their own.

    folder: with the snapshot, the model and the tables of the bench.
    """
    home = folder / "home"
    for kind in ("snapshot", "model"):
        place = home / f"{kind}s"
        place.mkdir(parents=True)
        (place / "built").symlink_to(folder / kind)
        (place / "latest").write_text("built\n")
    (folder / "tables").mkdir(exist_ok=True)
    (home / "tables").symlink_to(folder / "tables")
    key = new_key(home, "investigator")
    some = np.random.default_rng(1).integers(0, network.parties, (CONNECTIONS, SCORES)).tolist()
    with served(home) as address:
        before = _memory()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            asked = list(pool.map(lambda parties: _ask(address, key, parties), some))
        after = _memory()
    return {
        "processes": after["processes"],
        "asked": sum(asked),
        "together_gb_before": before["Pss"] / GB,
        "together_gb": after["Pss"] / GB,
        "anonymous_gb": after["Pss_Anon"] / GB,
    }


def _ask(address: str, key: str, parties: Sequence[int]) -> int:
    """How many questions about some parties were answered, on one connection."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE)
    ids = [quote(f"p{number:09d}") for number in parties]
    paths = [f"/v1/scores/{id}" for id in ids]
    paths += [f"/v1/scores/{id}?include=reasons" for id in ids[:REASONS]]
    paths += [f"/v1/explanations/{id}" for id in ids[:EXPLANATIONS]]
    answered = 0
    for path in paths:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status in (200, 503), answer.status  # 503: too much is asked at once
        answered += answer.status == 200
    connection.close()
    return answered


def _memory() -> dict[str, float]:
    """The sums of /proc/PID/smaps_rollup over the processes that this one started, in kB, and their number."""
    found = {"Pss": 0.0, "Pss_Anon": 0.0, "processes": 0.0}
    for process in _descendants("self"):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in found:
                found[name] += float(value.split()[0])
        found["processes"] += 1
    return found


def _descendants(process: str) -> Iterator[str]:
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in children.read_text().split():
            yield child
            yield from _descendants(child)
