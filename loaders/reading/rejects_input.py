"""Rejects files read again: the original position of their rows.

A rejects file has three columns before those of its input: file, line and reason. File and line are where a row stood
first, and stay so however often the row is rejected and loaded again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from loaders.reading.chunk import MalformedRow, OriginalPosition
from loaders.reading.format_of import WITH_HEADER, format_by_name
from loaders.values.arrays import I64

REJECT_COLUMNS: Final = ("file", "line", "reason")
MAX_LINE_DIGITS: Final = 15  # a longer number is no line of any file


def is_rejects_header(first_row: Sequence[str] | None) -> bool:
    """Whether a first row is the header of a rejects file."""
    return first_row is not None and tuple(first_row[: len(REJECT_COLUMNS)]) == REJECT_COLUMNS


def original_row_indices(files: Sequence[str], lines: Sequence[str], first_line: int) -> I64:
    """Position of each row in the file it came from, from 0; negative where its line is lost.

    first_line: lines before the first row of those files, if they have a header.
    """
    lines_before = {name: first_line if format_by_name(Path(name)) in WITH_HEADER else 0 for name in set(files)}
    indices = [_line_number(line) - 1 - lines_before[name] for name, line in zip(files, lines, strict=True)]
    return np.array(indices, np.int64)


def _line_number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_LINE_DIGITS else 0


def without_reject_columns(row: MalformedRow, delimiter: str) -> MalformedRow:
    """A malformed row of a rejects file without the three columns in front, which give its original position."""
    cells = row.cells if row.code == "wrong_width" else _split_reject_columns(row.cells[0], delimiter)
    file, line, _ = (*cells, "", "", "")[:3]
    text = "its bytes are not UTF-8: save the rejects file so" if row.code == "bad_encoding" else row.text
    return replace(row, text=text, cells=cells[len(REJECT_COLUMNS) :], original_position=OriginalPosition(file, line))


def _split_reject_columns(raw: str, delimiter: str) -> tuple[str, ...]:
    """The three cells that Kith wrote at the head of a line, and the rest of the line, which cannot be parsed."""
    end = re.escape(delimiter)
    cell = rf'("(?:[^"]|"")*"|[^"{end}]*){end}'
    match = re.match(f"{cell}{cell}(?:{cell})?(.*)", raw, re.DOTALL)
    if match is None:
        return ("", "", "", raw)
    file, line, reason, rest = (part or "" for part in match.groups())
    return (_unquoted(file), _unquoted(line), reason, rest)


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell
