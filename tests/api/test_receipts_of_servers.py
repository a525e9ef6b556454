"""Receipts of a real server with two processes: kept by each, found by both, and whole after it is stopped."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.records import receipts
from service.records.database import open_records
from service.settings import Settings
from tests.api.test_server import Running, _stop, environment, serve, until
from tests.house import House

pytestmark = pytest.mark.slow


@pytest.fixture
def running(house: House, make_key: Callable[..., str], tmp_path: Path) -> Iterator[Running]:
    said, log = tmp_path / "said", tmp_path / "log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            serve("--json", str(said)), env=environment(house), stdout=subprocess.DEVNULL, stderr=errors, text=True
        )
        try:
            until(lambda: said.exists() and said.read_text().endswith("}\n"), "it has an address")
            running = Running(process, int(json.loads(said.read_text())["url"].rpartition(":")[2]), make_key(), log)
            until(lambda: running.get("/readyz")[0] == 200 and len(running.workers()) == 2, "both workers are ready")
            yield running
        finally:
            _stop(process)


def scored(running: Running, party: str) -> str:
    status, body = running.get(f"/v1/scores/{party}?purpose=lending")
    assert status == 200, body
    return str(json.loads(body)["receipt"])


def test_every_process_finds_the_receipt_of_an_answer_at_once(running: Running, house: House) -> None:
    for party in house.truth.rings["ring_01"][:6]:
        receipt = scored(running, party)
        assert [running.get(f"/v1/receipts/{receipt}")[0] for _ in range(6)] == [200] * 6


def test_a_server_that_is_stopped_has_kept_every_receipt(running: Running, house: House) -> None:
    snapshot = house.context().snapshot
    people = [snapshot.id_of(row) for row in range(snapshot.n_parties) if snapshot.kind_of(row) == "Person"]
    asked = [party for party in people if party.startswith("p0")][:150]
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda party: scored(running, party), asked))
    running.process.send_signal(signal.SIGTERM)
    running.process.wait(60)
    records = open_records(Settings(home=house.folder).records)
    assert [receipt for receipt in given if receipts.find(records, receipt) is None] == []
