"""The demo, end to end, as a newcomer without a terminal runs it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

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
