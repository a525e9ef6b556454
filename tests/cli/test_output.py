"""Progress where the output is no terminal: a line now and then, and only while something takes long."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from cli import output
from cli.main import run


def lines_of(monkeypatch: Any, capsys: Any, clock: list[float], steps: list[tuple[str, float]]) -> list[str]:
    """What is printed when each step is reported at the time of the clock that follows."""
    times = iter(clock)
    monkeypatch.setattr(output.time, "monotonic", lambda: next(times))
    with output.advancing() as progress:
        for name, share in steps:
            progress(name, share)
    return capsys.readouterr().err.splitlines()


def test_short_work_prints_nothing(monkeypatch: Any, capsys: Any) -> None:
    assert lines_of(monkeypatch, capsys, [0, 1, 9], [("trees", 0.5), ("trees", 1.0)]) == []


def test_long_work_prints_a_line_every_ten_seconds(monkeypatch: Any, capsys: Any) -> None:
    clock = [0, 4, 11, 12, 22]
    steps = [("trees", 0.1), ("network", 0.5), ("trees", 0.2), ("network", 1.0)]
    assert lines_of(monkeypatch, capsys, clock, steps) == ["11 s: trees 10%, network 50%", "22 s: trees 20%"]


def test_the_version_is_printed(capsys: Any) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"kith {metadata.version('kith')}\n"
