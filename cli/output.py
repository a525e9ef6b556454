"""How commands speak: words, tables and progress for people, one JSON object for programs."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from graph.errors import InputError

# Ids are other people's text: nothing in them is markup, and control characters are shown, not obeyed.
CONTROL: Final = {code: chr(0x2400 + code) for code in range(32)} | {0x7F: "\u2421"} | dict.fromkeys(range(128, 160))
BYTES: Final = {0xDC00 + byte: f"\\x{byte:02x}" for byte in range(128, 256)}  # of file names that are not UTF-8
SAFE: Final = CONTROL | BYTES
SECONDS_BETWEEN_LINES: Final = 10.0  # of progress, where the output is no terminal
WIDTH: Final = 110  # where the output is no terminal and COLUMNS says nothing


def _console(stderr: bool) -> Console:
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    width = None if terminal or "COLUMNS" in os.environ else WIDTH
    return Console(
        stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=not terminal, width=width
    )  # fmt: skip


console = _console(stderr=False)
errors = _console(stderr=True)


def shown(text: object) -> str:
    """A text as one safe line."""
    return str(text).translate(SAFE)


def say(*lines: str) -> None:
    """Print lines for people; outside a terminal they are not wrapped."""
    for line in lines:
        console.print(shown(line))


def say_command(line: str) -> None:
    """Print a line to be pasted into a shell, never wrapped."""
    console.print(shown(line), soft_wrap=True)


def say_warnings(warnings: Sequence[str]) -> None:
    """Print what a load warned of."""
    say(*(f"warning: {warning}" for warning in warnings))


def say_error(line: str) -> None:
    """Print one line to standard error, never wrapped."""
    errors.print(shown(line), soft_wrap=True)


def write_json(file: Path | None, value: Mapping[str, Any]) -> None:
    """Write one JSON object where a file is named."""
    if file is not None:
        write_text(file, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_secret(file: Path | None, value: Mapping[str, Any]) -> None:
    """The same; a file that is new may be read by nobody but this user. Raises InputError."""
    if file is not None:
        try:
            file.touch(mode=0o600)
        except OSError as error:
            raise InputError(f"{file} cannot be written: {error.strerror}") from error
        write_json(file, value)


def write_text(file: Path, text: str) -> None:
    """Write a file; a name that is not UTF-8 is escaped as in JSON. Raises InputError where it cannot be written."""
    with written(file):
        file.write_text(text, encoding="utf-8", errors="backslashreplace")


@contextmanager
def written(file: Path) -> Iterator[None]:
    """Writing a file. Raises InputError where the system refuses."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror or error}") from error


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], digits: int = 4) -> None:
    """Print a table; numbers to the right, fractions with so many digits."""
    console.print(shown(title), style="bold")
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[i], int | float) for row in rows)
        drawn.add_column(shown(column), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*[_cell(cell, digits) for cell in row])
    console.print(drawn, soft_wrap=False)


def _cell(cell: object, digits: int) -> str:
    if isinstance(cell, float):
        return f"{cell:,.{digits}f}"
    return f"{cell:,}" if isinstance(cell, int) else shown(cell)


def when(seconds: float | None) -> str:
    """A time in UTC, as a date where it is midnight; empty where it is not known."""
    if seconds is None:
        return ""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return f"{seconds:.0f} s"
    return moment.strftime("%Y-%m-%d") if seconds % 86_400 == 0 else moment.strftime("%Y-%m-%d %H:%M")


def iso_time(seconds: float | None) -> str | None:
    """A time in UTC as ISO 8601, to the microsecond; the seconds since 1970 where no calendar has it."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return repr(seconds)


def columns(rows: Sequence[Sequence[str]], right: int = 1) -> None:
    """Print rows side by side without lines, indented; the first `right` columns to the right."""
    drawn = Table.grid(padding=(0, 2, 0, 0))
    drawn.add_column(width=0)
    for i in range(max((len(row) for row in rows), default=0)):
        drawn.add_column(justify="right" if i < right else "left", overflow="fold")
    for row in rows:
        drawn.add_row("", *map(shown, row))
    console.print(drawn, soft_wrap=False)


@contextmanager
def counting(what: str) -> Iterator[Callable[[str, int], None]]:
    """Progress of work whose end is unknown: a running count by name."""
    columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        tasks: dict[str, Any] = {}

        def step(name: str, done: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(shown(f"{what} {name}"), total=None)
            progress.update(tasks[name], completed=done)

        yield step


@contextmanager
def advancing() -> Iterator[Callable[[str, float], None]]:
    """Progress of work in named steps, each from 0 to 1: bars in a terminal, elsewhere a line every few seconds."""
    if not errors.is_terminal:
        yield _progress_lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        tasks: dict[str, Any] = {}

        def step(name: str, share: float) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(shown(name), total=1.0)
            progress.update(tasks[name], completed=share)

        yield step


def _progress_lines() -> Callable[[str, float], None]:
    """A step that prints how far each step is, at most one line in SECONDS_BETWEEN_LINES."""
    shares: dict[str, float] = {}
    started = last = time.monotonic()
    lock = threading.Lock()  # steps report from several threads

    def step(name: str, share: float) -> None:
        nonlocal last
        with lock:
            shares[name] = share
            now = time.monotonic()
            if now - last < SECONDS_BETWEEN_LINES:
                return
            last = now
            running = ", ".join(f"{one} {done:.0%}" for one, done in shares.items() if done < 1)
        say_error(f"{now - started:.0f} s: {running or name + ' done'}")

    return step
