"""Every figure of docs/accuracy.md, from `kith evaluate` in processes of their own, so that seconds and memory are too.

Answers are kept in `.kith/accuracy/`, one file for each task and seed, with a hash of the sources of `gnn/`. A run that
was stopped goes on where it stood, and one after a change of these sources begins again. `kith bench accuracy
[--data DIR] [--only DATA_SET]`.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.accuracy_page import Result, page
from benchmarks.accuracy_tasks import IN_MEMORY, IN_TIME, TASKS, Measured, Task
from graph.errors import UsageError
from loaders.synthetic.town import write_town
from service.settings import read_settings
from service.workspace import Workspace

HOUSE: Final = Path(__file__).parent.parent
PAGE: Final = HOUSE / "docs" / "accuracy.md"
DATA: Final = Path("../shared/data")
KITH: Final = "from cli.main import main; main()"
TOWN: Final = "town"

Tell = Callable[[str], None]


def run(
    data: Path = DATA,
    only: str | None = None,
    tell: Tell = print,
    kept: Path | None = None,
    to: Path = PAGE,
    tasks: Sequence[Task] = TASKS,
) -> dict[str, Any]:
    """Measure what is not measured yet, and write the page `to`; the answer is what `kith bench accuracy` prints.

    data: the folder of data sets; one that is missing is named in the page. only: measure this data set alone; the page
    takes what is kept of the others. Raises UsageError where `only` is none of them.
    """
    names = list(dict.fromkeys(task.folder or TOWN for task in tasks))
    if only is not None and only not in names:
        raise UsageError(f"no data set of this bench is called {only!r}; there are {', '.join(names)}")
    kept = kept or Workspace(read_settings().home).made().folder / "accuracy"
    kept.mkdir(parents=True, exist_ok=True)
    results = []
    for task in tasks:
        measuring = only is None or only == (task.folder or TOWN)
        results.append(_result(task, data, kept, measuring, tell))
        to.write_text(page(results), encoding="utf-8")
    return {"name": "accuracy", "rows": [row for result in results for row in _rows(result)]}


def _result(task: Task, data: Path, kept: Path, measuring: bool, tell: Tell) -> Result:
    folder = kept / TOWN if task.folder is None else data / task.folder
    asked = ["evaluate", str(folder), *task.options]
    if task.folder is None and not folder.is_dir():
        write_town(folder)
    if not folder.is_dir():
        return Result(task, asked, None, f"{folder} is missing")
    answers, stale = [], False
    for seed in task.seeds:
        command = [*asked, "--seed", str(seed)]
        file = kept / f"{task.name.replace(', ', '-').replace(' ', '-')}-{seed}.json"
        found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
        old = found is None or found["sources"] != _sources() or found["command"] != command
        if old and measuring:
            tell(f"{task.name}, seed {seed}")
            said = _evaluate(command, file)
            if said:
                return Result(task, asked, None, said)
            found, old = json.loads(file.read_text(encoding="utf-8")), False
        if found is None:
            return Result(task, asked, None, "not measured yet")
        answers.append(found["answer"])
        stale = stale or old
    return Result(task, asked, Measured(answers, stale))


def _evaluate(command: Sequence[str], file: Path) -> str:
    """Run one command and keep its answer; what went wrong, in one line, or nothing."""
    beside = file.with_suffix(".part")
    ran = subprocess.run(
        [sys.executable, "-c", KITH, *command, "--json", str(beside)], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        return (ran.stderr.strip().splitlines() or [f"ended with code {ran.returncode}"])[-1]
    answer = json.loads(beside.read_text(encoding="utf-8"))
    value = {"sources": _sources(), "command": list(command), "answer": answer}
    beside.write_text(json.dumps(value, indent=1), encoding="utf-8")
    beside.replace(file)
    return ""


def _sources() -> str:
    """A hash of what makes the figures."""
    files = sorted((HOUSE / "gnn").glob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def _rows(result: Result) -> list[dict[str, Any]]:
    """One row for each mark; ratio > 1 where it is surpassed."""
    if result.measured is None:
        return []
    rows = []
    for mark in (*result.task.marks, IN_TIME, IN_MEMORY):
        found = mark.figure(result.measured)
        if found is not None:
            counts = found > 0 and mark.bound > 0
            ratio = (mark.bound / found if mark.below else found / mark.bound) if counts else None
            rows.append(
                {
                    "case": f"{result.task.name}: {mark.says}",
                    "ours": round(found, 4),
                    "peer": "mark",
                    "peer_value": mark.bound,
                    "unit": "at most" if mark.below else "at least",
                    "ratio": None if ratio is None else round(ratio, 3),
                }
            )
    return rows
