"""A network that was loaded and not yet learnt from: it can be explored, and what needs a model says so."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.engine import engine

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
RATINGS = "ann,bo,8,1289241911\nbo,cy,-10,1289241941\n"


def kith(home: Path, *arguments: str) -> None:
    command = [sys.executable, "-c", "from cli.main import main; main()", *arguments]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"KITH_HOME": str(home)}, check=True, capture_output=True)


@dataclass(frozen=True)
class Served:
    """A real server, and a key for it."""

    url: str
    key: str

    def get(self, path: str) -> tuple[int, Any]:
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.key}"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("ratings")
    home, said = folder / "home", folder / "served.json"
    (folder / "soc-sign-bitcoinotc.csv").write_text(RATINGS)
    kith(home, "load", str(folder / "soc-sign-bitcoinotc.csv"), "--mapping", "bitcoin-otc")
    kith(home, "snapshot")
    kith(home, "keys", "create", "--role", "investigator", "--json", str(folder / "key.json"))
    command = [sys.executable, "-c", "from cli.main import main; main()", "serve", "--port", "0", "--workers", "1"]
    environment = os.environ | {"KITH_HOME": str(home)}
    server = subprocess.Popen([*command, "--json", str(said)], cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 120
        ready = False
        while not ready and server.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
            ready = said.exists() and _answers(json.loads(said.read_text() or "{}").get("url"))
        assert ready
        yield Served(json.loads(said.read_text())["url"], json.loads((folder / "key.json").read_text())["key"])
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def _answers(url: str | None) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5):
            return True
    except (OSError, ValueError):
        return False


def test_the_network_can_be_explored(served: Served) -> None:
    status, answer = served.get("/v1/neighbours/bo")
    assert status == 200
    assert [(one["party"], one["direction"], one["weight"]) for one in answer["neighbours"]] == [
        ("ann", "in", pytest.approx(0.8)),
        ("cy", "out", -1.0),
    ]
    assert served.get("/v1/paths?source=ann&target=cy")[1]["paths"][0]["parties"] == ["ann", "bo", "cy"]
    assert served.get("/readyz") == (200, {"status": "ready", "model": None, **_of_snapshot(answer)})


def _of_snapshot(answer: dict[str, Any]) -> dict[str, Any]:
    return {"snapshot": answer["snapshot"], "revision": 1, "engine": engine()}


@pytest.mark.parametrize("path", ["/v1/scores/bo", "/v1/relationship-risk?source=ann&target=bo"])
def test_what_needs_a_model_says_how_to_get_one(served: Served, path: str) -> None:
    status, problem = served.get(path)
    assert status == 503
    assert "kith train" in problem["detail"]
