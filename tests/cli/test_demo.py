"""The demo, end to end, as a newcomer without a terminal runs it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

import pytest


@pytest.mark.slow
def test_the_demo_learns_a_town_shows_three_answers_and_stops(tmp_path: Path) -> None:
    answer = tmp_path / "demo.json"
    done = subprocess.run(
        [Path(sys.executable).with_name("kith"), "demo", "--parties", "700", "--json", answer],
        capture_output=True, text=True, check=False,
        env={"KITH_HOME": str(tmp_path / "home"), "PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert all(re.match(r"\d+ s: ", line) for line in lines), "no bars, warnings or log lines without a terminal"
    assert "\x1b" not in done.stdout
    for words in ("no_graph", "A party", "A relationship", "An explanation", "how the score adds up"):
        assert words in done.stdout
    answers = json.loads(answer.read_text())["answers"]
    shared = answers["relationship"]["shared_identifiers"]
    assert shared and all(one in done.stdout for one in shared), "the ring's device is named"
    evidence = [reason["evidence"] for reason in answers["explanation"]["reasons"] if reason["evidence"]]
    assert any(one["via"] for found in evidence for one in found["strongest"]), "and in the reasons too"


@pytest.mark.slow
def test_on_a_terminal_it_serves_the_workbench_and_says_with_which_key_it_opens(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [Path(sys.executable).with_name("kith"), "demo", "--parties", "500", "--port", "0"]
    process = subprocess.Popen(
        command, stdout=theirs, stderr=subprocess.DEVNULL,
        env={"KITH_HOME": str(tmp_path / "home"), "PYTHONPATH": ":".join(sys.path), "TERM": "dumb", "COLUMNS": "200"},
    )  # fmt: skip
    os.close(theirs)
    try:
        said = ""
        while "stop with Ctrl-C" not in said:
            said += os.read(ours, 65_536).decode(errors="replace")
        key = re.search(r"opens with this key:\s+(kith_\w+)", said)
        served = re.search(r"(http://127\.0\.0\.1:\d+)/docs", said)
        assert key is not None and served is not None, said
        cookie = _signed_in(served[1], key[1])
        with urlopen(Request(f"{served[1]}/v1/alerts", headers={"Cookie": cookie})) as answer:
            alerts = json.load(answer)
        assert alerts["alerts"] and alerts["before"], "the town changed since the earlier snapshot"
    finally:
        process.terminate()
        process.wait(60)
        os.close(ours)


def _signed_in(url: str, key: str) -> str:
    """The cookie of a session, once the server answers."""
    end = time.monotonic() + 60
    while True:
        try:
            asked = Request(f"{url}/v1/sessions", method="POST", headers={"Authorization": f"Bearer {key}"})
            with urlopen(asked) as answer:
                return str(answer.headers["Set-Cookie"]).split(";")[0]
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
