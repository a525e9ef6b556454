"""A real server, started by `kith serve` on a free loopback port."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest

from tests.house import ODD_IDS, House

pytestmark = pytest.mark.slow

PATIENCE = 60.0  # seconds until a wait is a failure


@dataclass(frozen=True)
class Running:
    """A server that answers, its key, and the file that its log goes to."""

    process: subprocess.Popen[str]
    port: int
    key: str
    log: Path

    def get(self, path: str) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.key}", "Connection": "close"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def workers(self) -> list[psutil.Process]:
        """The processes that answer: those that have the model's evaluator in memory."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "onnxruntime" in _maps(child)]

    def entries(self) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


def _maps(process: psutil.Process) -> str:
    try:
        return Path(f"/proc/{process.pid}/maps").read_text()
    except OSError:
        return ""


def until(what: Callable[[], bool], words: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if what():
                return
        except OSError:
            pass
        time.sleep(0.1)
    pytest.fail(f"gave up waiting until {words}")


def serve(*more: str) -> list[str]:
    return [str(Path(sys.executable).with_name("kith")), "serve", "--port", "0", *more]


def environment(house: House) -> dict[str, str]:
    return {"KITH_HOME": str(house.folder), "PYTHONPATH": ":".join(sys.path), "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="module")
def server(house: House, make_key: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Started in the folder of somebody who has packages of the same names as ours."""
    folder = tmp_path_factory.mktemp("server")
    for name in ("api", "graph"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("raise SystemExit('this is not Kith')")
    log = folder / "log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            serve(), env=environment(house), cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:(\d+)/docs", said)
            assert found is not None, said + log.read_text()
            running = Running(process, int(found[1]), make_key(), log)
            until(lambda: running.get("/readyz")[0] == 200 and len(running.workers()) == 2, "both workers are ready")
            yield running
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    """End a server for certain, its workers too."""
    children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.terminate()
    try:
        process.wait(PATIENCE)
    finally:
        for child in children:
            if child.is_running():
                child.kill()
        process.kill()


def test_two_workers_give_the_same_bytes(server: Running, house: House) -> None:
    path = f"/v1/explanations/{house.member}"
    answers: set[tuple[int, bytes]] = set()

    def both_answered() -> bool:
        answers.add(server.get(path))
        return len({entry.get("pid") for entry in server.entries() if entry["route"] == "/v1/explanations/{id}"}) == 2

    until(both_answered, "both workers have answered")
    assert len(answers) == 1 and next(iter(answers))[0] == 200
    assert json.loads(next(iter(answers))[1]) == house.kith("explain", house.member).json


def test_no_worker_has_torch_in_memory(server: Running, house: House) -> None:
    assert server.get(f"/v1/explanations/{house.member}")[0] == 200
    for worker in server.workers():
        assert "onnxruntime" in _maps(worker) and "torch" not in _maps(worker)


@pytest.mark.parametrize("party", ODD_IDS)
def test_any_id_reaches_the_application_through_the_server(server: Running, party: str) -> None:
    status, answer = server.get(f"/v1/scores/{quote(party, safe='')}")
    assert (status, json.loads(answer)["party"]) == (200, party)


def test_the_log_names_nobody_and_no_key(server: Running, house: House) -> None:
    for path in (
        f"/v1/scores/{house.member}",
        f"/v1/neighbours/{house.member}?cursor={house.member}",
        f"/v1/scores/nobody-{house.member}",
        f"/v1/relationship-risk?source={house.member}&target={house.shop}",
        f"/v1/parties?q={house.member}&nonsense={house.shop}",
        f"/v1/{house.member}",
    ):
        server.get(path)
    until(lambda: len(server.entries()) > 6, "the log has the requests")
    log = server.log.read_text()
    assert house.member not in log and house.shop not in log
    assert server.key not in log and server.key.split("_")[2] not in log
    assert {"request"} == {entry["event"] for entry in server.entries()}


def test_metrics_sum_over_the_workers(server: Running) -> None:
    def told() -> float:
        text = server.get("/metrics")[1].decode()
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("kith_requests_total{"))

    first = told()
    for _ in range(5):
        server.get("/healthz")
    assert told() >= first + 5


def ask(server: Running, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
    """Status, JSON and headers of an answer, on a connection of its own, so that any worker may give it."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    sent = {"Connection": "close", "Content-Type": "application/json"} | headers
    try:
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null"), {k.lower(): v for k, v in answer.getheaders()}
    finally:
        connection.close()


def browser(server: Running, key: str) -> dict[str, str]:
    """The headers of the page of somebody who has signed in with a key."""
    status, _, headers = ask(server, "POST", "/v1/sessions", Authorization=f"Bearer {key}")
    assert status == 201
    cookie = headers["set-cookie"].split(";")[0]
    return {"Cookie": cookie, "X-Kith-Request": "workbench", "Origin": f"http://127.0.0.1:{server.port}"}


def test_a_session_is_known_to_every_worker(server: Running) -> None:
    page = browser(server, server.key)

    def both_answered() -> bool:
        assert ask(server, "GET", "/v1/sessions/current", **page)[0] == 200
        return len({entry.get("pid") for entry in server.entries() if entry["route"] == "/v1/sessions/current"}) == 2

    until(both_answered, "both workers have answered")
    assert ask(server, "DELETE", "/v1/sessions", **page)[0] == 200
    assert [ask(server, "GET", "/v1/sessions/current", **page)[0] for _ in range(6)] == [401] * 6


def test_people_who_write_at_once_lose_nothing(server: Running, make_key: Callable[..., str]) -> None:
    """Four people add notes to one case at the same time; each who is refused looks and sends again."""
    pages = [browser(server, make_key(name=f"Person {number}")) for number in range(4)]
    case = ask(server, "POST", "/v1/cases", {"title": "Busy"}, **pages[0])[1]["case"]

    def write(number: int) -> int:
        version, refused = 1, 0
        for note in range(5):
            while True:
                change = {"add_notes": [f"{number}-{note}"]}
                match = {"If-Match": f'"{version}"'}
                status, answer, _ = ask(server, "PATCH", f"/v1/cases/{case}", change, **pages[number], **match)
                assert status in (200, 412), answer
                version = (answer if status == 200 else answer["case"])["version"]
                if status == 200:
                    break
                refused += 1
        return refused

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    after = ask(server, "GET", f"/v1/cases/{case}", **pages[0])[1]
    assert after["version"] == 21
    assert sorted(note["text"] for note in after["notes"]) == [f"{n}-{m}" for n in range(4) for m in range(5)]
    assert {note["text"][0]: note["by"] for note in after["notes"]} == {str(n): f"Person {n}" for n in range(4)}
    assert [act["act"] for act in after["acts"]] == list(range(1, 22))


def test_workers_that_search_for_alerts_at_once_find_the_same(server: Running) -> None:
    page = browser(server, server.key)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask(server, "GET", "/v1/alerts?limit=500", **page)[1], range(4)))
    assert answers[0]["alerts"] and all(answer == answers[0] for answer in answers)


def test_a_killed_worker_is_replaced(server: Running) -> None:
    victim, *others = server.workers()
    victim.send_signal(signal.SIGKILL)
    victim.wait(PATIENCE)
    before = {worker.pid for worker in others}
    until(lambda: len(pids := {w.pid for w in server.workers()}) == 2 and before < pids, "a new worker is there")
    until(lambda: server.get("/readyz")[0] == 200, "it answers")


def test_a_taken_port_is_told_in_one_line(server: Running, house: House) -> None:
    said = house.kith("serve", "--port", str(server.port))
    assert said.code == 2 and said.err.count("\n") == 1 and f"127.0.0.1:{server.port}" in said.err


def test_sigterm_stops_it_cleanly(server: Running) -> None:
    """The last test on this server."""
    children = psutil.Process(server.process.pid).children(recursive=True)
    server.process.terminate()
    assert server.process.wait(PATIENCE) == 0
    assert psutil.wait_procs(children, PATIENCE)[1] == [], "nothing that it started lives on"


def test_a_damaged_snapshot_is_refused_at_start(house: House, tmp_path: Path) -> None:
    copy = tmp_path / "snapshot"
    shutil.copytree(house.made["snapshot"]["snapshot"], copy)
    array = copy / "links" / "CALLS" / "out_target.i4"
    content = bytearray(array.read_bytes())
    content[5] ^= 1
    array.chmod(0o644)
    array.write_bytes(content)
    said = house.kith("serve", "--port", "0", "--snapshot", str(copy))
    assert said.code == 1 and said.err.count("\n") == 1 and "out_target.i4" in said.err
