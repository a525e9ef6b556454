"""The accuracy bench: runs `kith evaluate` on every data set, in a process of its own, and writes docs/accuracy.md.

Answers are cached in `.kith/accuracy/`, one file for each task and seed, with a hash of the sources of `gnn/`. A run
that was stopped resumes, and one after a change of these sources starts again. `kith bench accuracy [--data DIR]
[--only DATA_SET]`.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.accuracy.page import Result, page
from benchmarks.accuracy.tasks import IN_MEMORY, IN_TIME, TASKS, Measured, Task
from graph.errors import UsageError
from loaders.synthetic.town import write_town
from service.settings import read_settings
from service.workspace import Workspace

ROOT: Final = Path(__file__).parent.parent.parent
PAGE: Final = ROOT / "docs" / "accuracy.md"
DATA: Final = Path("../shared/data")
KITH: Final = "from cli.main import main; main()"
TOWN: Final = "town"

Log = Callable[[str], None]


def run(
    data: Path = DATA,
    only: str | None = None,
    log: Log = print,
    cache: Path | None = None,
    to: Path = PAGE,
    tasks: Sequence[Task] = TASKS,
) -> dict[str, Any]:
    """The rows of `kith bench accuracy`; runs what is not cached, and writes the page `to`.

    data: the folder of data sets; the page names those that are missing. only: run this data set alone; the page takes
    the others from the cache. Raises UsageError where `only` is none of them.
    """
    names = list(dict.fromkeys(task.folder or TOWN for task in tasks))
    if only is not None and only not in names:
        raise UsageError(f"no data set of this bench is called {only!r}; there are {', '.join(names)}")
    cache = cache or Workspace(read_settings().home).made().folder / "accuracy"
    cache.mkdir(parents=True, exist_ok=True)
    results = []
    for task in tasks:
        measuring = only is None or only == (task.folder or TOWN)
        results.append(_result(task, data, cache, measuring, log))
        to.write_text(page(results), encoding="utf-8")
    return {"name": "accuracy", "rows": [row for result in results for row in _rows(result)]}


def _result(task: Task, data: Path, cache: Path, measuring: bool, log: Log) -> Result:
    folder = cache / TOWN if task.folder is None else data / task.folder
    arguments = ["evaluate", str(folder), *task.options]
    if task.folder is None and not folder.is_dir():
        write_town(folder)
    if not folder.is_dir():
        return Result(task, arguments, None, f"{folder} is missing")
    answers, stale = [], False
    for seed in task.seeds:
        command = [*arguments, "--seed", str(seed)]
        file = cache / f"{task.name.replace(', ', '-').replace(' ', '-')}-{seed}.json"
        cached = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
        outdated = cached is None or cached["sources"] != _sources() or cached["command"] != command
        if outdated and measuring:
            log(f"{task.name}, seed {seed}")
            error = _evaluate(command, file)
            if error:
                return Result(task, arguments, None, error)
            cached, outdated = json.loads(file.read_text(encoding="utf-8")), False
        if cached is None:
            return Result(task, arguments, None, "not measured yet")
        answers.append(cached["answer"])
        stale = stale or outdated
    return Result(task, arguments, Measured(answers, stale))


def _evaluate(command: Sequence[str], file: Path) -> str:
    """Run one command and cache its answer; the error in one line, empty where there was none."""
    partial = file.with_suffix(".part")
    ran = subprocess.run(
        [sys.executable, "-c", KITH, *command, "--json", str(partial)], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        return (ran.stderr.strip().splitlines() or [f"ended with code {ran.returncode}"])[-1]
    answer = json.loads(partial.read_text(encoding="utf-8"))
    value = {"sources": _sources(), "command": list(command), "answer": answer}
    partial.write_text(json.dumps(value, indent=1), encoding="utf-8")
    partial.replace(file)
    return ""


def _sources() -> str:
    """SHA-256 of the sources that decide the figures."""
    files = sorted((ROOT / "gnn").rglob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def _rows(result: Result) -> list[dict[str, Any]]:
    """One row for each mark; ratio > 1 where it is surpassed."""
    if result.measured is None:
        return []
    rows = []
    for mark in (*result.task.marks, IN_TIME, IN_MEMORY):
        value = mark.figure(result.measured)
        if value is not None:
            positive = value > 0 and mark.bound > 0
            ratio = (mark.bound / value if mark.below else value / mark.bound) if positive else None
            rows.append(
                {
                    "case": f"{result.task.name}: {mark.name}",
                    "ours": round(value, 4),
                    "peer": "mark",
                    "peer_value": mark.bound,
                    "unit": "at most" if mark.below else "at least",
                    "ratio": None if ratio is None else round(ratio, 3),
                }
            )
    return rows
