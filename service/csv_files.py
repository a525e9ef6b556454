"""CSV files in which no spreadsheet finds a formula: a text that begins like one gets an apostrophe before it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from graph.errors import InputError

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")  # how a cell begins that a spreadsheet may calculate


def write_csv(file: Path, columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a table; None is an empty cell. Raises InputError where the file cannot be written."""
    try:
        with file.open("w", newline="", encoding="utf-8") as opened:
            writer = csv.writer(opened, lineterminator="\n")
            writer.writerow(defused(column) for column in columns)
            writer.writerows([defused(cell) for cell in row] for row in rows)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror or error}") from error


def defused(cell: Any) -> Any:
    """A text that no spreadsheet takes for a formula; anything else as it is.

    >>> [defused(cell) for cell in ("=1+1", "Ann", -1.5, None)]
    ["'=1+1", 'Ann', -1.5, None]
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
