"""CSV files -> chunks of text columns.

A rejects file that Kith wrote (its columns begin with file, line, reason) is read as the file its rows came from: those
three columns are left out, and lead back to where each row stood first.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from graph.errors import InputError
from loaders.notices import Notices
from loaders.reading.chunk import Chunk, MalformedRow, OriginalPosition
from loaders.reading.csv_rows import RowReader
from loaders.reading.dialect import HEADER_BYTES, CsvDialect
from loaders.reading.opening import open_input
from loaders.reading.rejects_input import (
    REJECT_COLUMNS,
    is_rejects_header,
    original_row_indices,
    without_reject_columns,
)
from loaders.values.arrays import I64

Texts = tuple[str, ...]


def has_rejects_header(path: Path, delimiter: str) -> bool:
    """Whether a file begins with the columns of a rejects file, which are ASCII in any encoding."""
    with open_input(path) as file:
        begin = file.read(HEADER_BYTES).removeprefix(codecs.BOM_UTF8).decode("latin-1").lstrip("\r\n")
    try:
        return is_rejects_header(next(csv.reader(begin.splitlines()[:1], delimiter=delimiter), None))
    except csv.Error:
        return False


def csv_columns(path: Path, dialect: CsvDialect) -> tuple[str, ...]:
    """Names of the columns, without those of a rejects file.

    Raises InputError where the file is empty, its header is blank, or it has another width than `dialect.columns`.
    """
    with open_input(path) as file:
        first = RowReader(file, path, dialect).first_row()
    if first is None:
        raise InputError(f"{path} is empty; it needs {'rows' if dialect.columns else 'a header'}")
    if not dialect.has_header:
        if len(first) != len(dialect.columns):
            raise InputError(
                f"{path}: its first line has {len(first)} values separated by {dialect.delimiter!r}, the mapping names "
                f"{len(dialect.columns)} columns ({', '.join(dialect.columns)}); check delimiter and columns"
            )
        return dialect.columns
    names = _header_names(first, dialect)
    if not any(names):
        raise InputError(f"{path}: the header is blank; name the columns")
    return names[len(REJECT_COLUMNS) :] if dialect.rejects else names


def csv_chunks(path: Path, dialect: CsvDialect, chunk_rows: int, notices: Notices | None = None) -> Iterator[Chunk]:
    """The rows of a file in order, at most `chunk_rows` in a chunk; doubts go to `notices`.

    Raises InputError where it cannot be read.
    """
    with open_input(path) as file:
        reader = RowReader(file, path, dialect, notices)
        first = (reader.first_row() or []) if dialect.has_header else list(dialect.columns)
        names = _header_names(first, dialect) if dialect.has_header else dialect.columns
        reader.header = first
        first_own = len(REJECT_COLUMNS) if dialect.rejects else 0
        seen = 0
        while True:
            rows, line_numbers, malformed = reader.read(chunk_rows)
            if not rows and not malformed:
                return
            texts: list[Texts] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
            own = zip(names[first_own:], texts[first_own:], strict=True)
            lines = np.array(line_numbers, np.int64)
            chunk = Chunk(
                columns={name: pa.array(column, pa.string()) for name, column in own},
                lines=lines,
                row_indices=_row_indices(lines, malformed, seen),
                malformed=tuple(malformed),
            )
            seen += len(rows) + len(malformed)
            yield _of_rejects(chunk, dialect, *texts[:first_own]) if dialect.rejects else chunk


def _header_names(first_row: Sequence[str], dialect: CsvDialect) -> tuple[str, ...]:
    """The names in a header, stripped; those of a rejects file, which a mapping may have given, as they are."""
    return tuple(first_row) if dialect.rejects else tuple(name.strip() for name in first_row)


def _of_rejects(chunk: Chunk, dialect: CsvDialect, files: Texts, lines: Texts, reasons: Texts) -> Chunk:
    """A chunk of a rejects file as one of the files its rows came from."""
    return replace(
        chunk,
        row_indices=original_row_indices(files, lines, first_line=dialect.skip + (0 if dialect.columns else 1)),
        malformed=tuple(without_reject_columns(row, dialect.delimiter) for row in chunk.malformed),
        original_positions=tuple(map(OriginalPosition, files, lines)),
        reasons=reasons,
    )


def _row_indices(lines: I64, malformed: Sequence[MalformedRow], seen: int) -> I64:
    """Position of each row in the file, from 0, counting the malformed rows between them."""
    before = np.searchsorted(np.array([row.line for row in malformed], np.int64), lines)
    return seen + np.arange(len(lines), dtype=np.int64) + before
