"""Rejects files read again: where their rows first stood.

A rejects file has three columns before those of its input: file, line and reason. File and line are those of the file a
row came from first, and stay so however often the row is refused and loaded again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from loaders.reading.csv_rows import BadRow, Place

REJECT_COLUMNS: Final = ("file", "line", "reason")
PARQUET_ENDINGS: Final = (".parquet", ".pq")
_DIGITS: Final = 15  # more of them are no line of any file


def is_parquet(path: Path) -> bool:
    return path.suffix.lower() in PARQUET_ENDINGS


def is_rejects(first: Sequence[str] | None) -> bool:
    """Whether a first row is that of a rejects file."""
    return first is not None and tuple(first[: len(REJECT_COLUMNS)]) == REJECT_COLUMNS


def former_positions(files: Sequence[str], lines: Sequence[str], header: bool) -> npt.NDArray[np.int64]:
    """The positions of rows in the files they came from (CSV files with or without a header); -1 where none is told."""
    before = {name: int(header and not is_parquet(Path(name))) for name in set(files)}
    return np.array([_line(line) - 1 - before[name] for name, line in zip(files, lines, strict=True)], np.int64)


def _line(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0


def put_back(bad: BadRow, delimiter: str) -> BadRow:
    """A row of a rejects file that has no columns, without the three in front, but with the place they tell."""
    cells = bad.cells if bad.code == "wrong_width" else _cut(bad.cells[0], delimiter)
    file, line, _ = (*cells, "", "", "")[:3]
    text = "its bytes are not UTF-8: save the rejects file so" if bad.code == "bad_encoding" else bad.text
    return replace(bad, text=text, cells=cells[len(REJECT_COLUMNS) :], place=Place(file, line))


def _cut(raw: str, delimiter: str) -> tuple[str, ...]:
    """The three cells that Kith wrote at the head of a line, and the rest of the line, which cannot be parsed."""
    end = re.escape(delimiter)
    cell = rf'("(?:[^"]|"")*"|[^"{end}]*){end}'
    found = re.match(f"{cell}{cell}(?:{cell})?(.*)", raw, re.DOTALL)
    if found is None:
        return ("", "", "", raw)
    file, line, reason, rest = (part or "" for part in found.groups())
    return (_unquoted(file), _unquoted(line), reason, rest)


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell
