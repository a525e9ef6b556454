"""JSON lines: one object a line, whose members are the columns. Lists and objects in them are no fields of a fact."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graph.errors import InputError
from loaders.reading.chunk import Chunk, MalformedRow
from loaders.reading.dialect import CsvDialect
from loaders.reading.records import Record, record_chunks
from loaders.reading.text_lines import text_lines

MAX_RAW = 1 << 16  # characters of a malformed line that its rejects file has


def columns(path: Path, dialect: CsvDialect) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the members that hold one value in every line, and of those that hold lists or objects.

    They are in the order in which lines name them first. The whole file is read for them. Raises InputError where no
    line holds an object.
    """
    names: dict[str, None] = {}
    nested: dict[str, None] = {}
    for _, row in _objects(path, dialect):
        if isinstance(row, dict):
            names.update(dict.fromkeys(row))
            nested.update((name, None) for name, value in row.items() if isinstance(value, list | tuple))
    if not names:
        raise InputError(f"{path}: no line holds a JSON object; write one object in each line")
    return tuple(name for name in names if name not in nested), tuple(nested)


def chunks(path: Path, dialect: CsvDialect, chunk_rows: int) -> Iterator[Chunk]:
    """The objects of a file in order; a line that holds none is malformed."""
    names, _ = columns(path, dialect)

    def records() -> Iterator[Record | MalformedRow]:
        for line, row in _objects(path, dialect):
            yield Record(line, [row.get(name) for name in names]) if isinstance(row, dict) else row

    return record_chunks(names, records(), chunk_rows)


def _objects(path: Path, dialect: CsvDialect) -> Iterator[tuple[int, dict[str, Any] | MalformedRow]]:
    for line in text_lines(path, dialect.encoding):
        if isinstance(line, MalformedRow):
            yield line.line, line
        elif line.text.strip():
            yield line.number, _parsed(line.number, line.text)


def _parsed(line: int, text: str) -> dict[str, Any] | MalformedRow:
    try:
        row = json.loads(text, object_pairs_hook=tuple)  # a dict would keep one of two members of a name
    except (ValueError, RecursionError) as error:
        return MalformedRow(line, "bad_json", f"it is no JSON ({error})", (text[:MAX_RAW],))
    if not isinstance(row, tuple):
        return MalformedRow(line, "bad_json", "it is no JSON object: write one in each line", (text[:MAX_RAW],))
    members = dict(row)
    if len(members) < len(row):
        repeated = next(name for name, count in Counter(name for name, _ in row).items() if count > 1)
        return MalformedRow(line, "bad_json", f"it names {repeated!r} twice: keep one of the two", (text[:MAX_RAW],))
    return members
