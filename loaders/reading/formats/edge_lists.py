"""Networks as text: Pajek's .net, and edge lists with blanks between columns, such as those of SNAP and KONECT.

Edge lists have the columns source, target and, where rows are longer, weight and time. Lines that begin with # or % are
comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from graph.errors import InputError
from loaders.notices import Notices
from loaders.reading.chunk import Chunk, MalformedRow
from loaders.reading.dialect import CsvDialect
from loaders.reading.records import Record, record_chunks
from loaders.reading.text_lines import text_lines

LIST_COLUMNS: Final = ("source", "target", "weight", "time")
NODE_COLUMNS: Final = ("id", "name")
LINK_COLUMNS: Final = ("source", "target", "weight", "type")
_WORD: Final = re.compile(r'"([^"]*)"|(\S+)')
_LINK_SECTIONS: Final = {"arcs": "arc", "edges": "edge", "arcslist": "arc", "edgeslist": "edge"}


def list_columns(path: Path, dialect: CsvDialect) -> tuple[str, ...]:
    """Names of the columns of an edge list: those of the mapping, or as many as its first row has.

    Raises InputError where it has no rows, or its first row has fewer than two or more than four values.
    """
    if dialect.columns:
        return dialect.columns
    rows = (row for row in _list_rows(path, dialect, None) if isinstance(row, Record))
    first = next((row.values for row in rows), None)
    if first is None:
        raise InputError(f"{path} has no rows")
    if not 2 <= len(first) <= len(LIST_COLUMNS):
        raise InputError(f"{path}: its first row has {len(first)} values; name its columns in the mapping")
    return LIST_COLUMNS[: len(first)]


def is_undirected(path: Path, dialect: CsvDialect) -> bool | None:
    """Whether the comments before an edge list's first row say that its links have no direction; None: neither.

    KONECT begins with `% sym` or `% asym`, SNAP with `# Undirected graph` or `# Directed graph`.
    """
    for line in text_lines(path, dialect.encoding):
        words = [] if isinstance(line, MalformedRow) else line.text.lower().split()
        if words and words[0][0] not in "#%":
            return None
        stated = set(words[1:2]) if words and words[0] == "%" else {word.rstrip(":") for word in words[1:2]}
        if stated & {"sym", "undirected"}:
            return True
        if stated & {"asym", "directed"}:
            return False
    return None


def list_chunks(path: Path, dialect: CsvDialect, chunk_rows: int, notices: Notices | None = None) -> Iterator[Chunk]:
    """The rows of an edge list in order, as texts; those of another width are malformed."""
    names = list_columns(path, dialect)

    def records() -> Iterator[Record | MalformedRow]:
        for row in _list_rows(path, dialect, notices):
            if isinstance(row, MalformedRow) or len(row.values) == len(names):
                yield row
            else:
                text = f"it has {len(row.values)} values where there are {len(names)} columns"
                yield MalformedRow(row.line, "wrong_width", text, tuple(row.values))

    return record_chunks(names, records(), chunk_rows)


def _list_rows(path: Path, dialect: CsvDialect, notices: Notices | None) -> Iterator[Record | MalformedRow]:
    comment = ("#", "%") if dialect.comment is None else (dialect.comment,)
    for line in text_lines(path, dialect.encoding):
        if isinstance(line, MalformedRow):
            yield line
            continue
        text = line.text.strip()
        if line.number <= dialect.skip or not text:
            continue
        if comment != ("",) and text.startswith(comment):
            if notices is not None:
                notices.add(path.name, "comment_lines", f"line {line.number}")
            continue
        yield Record(line.number, text.split())


def pajek_columns(path: Path, dialect: CsvDialect) -> tuple[str, ...]:
    """Names of the columns: of the vertices for parties, else of the links."""
    return NODE_COLUMNS if dialect.table == "parties" else LINK_COLUMNS


def pajek_chunks(path: Path, dialect: CsvDialect, chunk_rows: int) -> Iterator[Chunk]:
    """The vertices or the links of a Pajek network in order, with their lines. The type of a link is arc or edge."""
    records = _vertices(path, dialect) if dialect.table == "parties" else _links(path, dialect)
    return record_chunks(pajek_columns(path, dialect), records, chunk_rows)


def _vertices(path: Path, dialect: CsvDialect) -> Iterator[Record | MalformedRow]:
    """The vertices that are listed; those that are only counted have no row."""
    for section, row in _pajek_rows(path, dialect):
        if isinstance(row, MalformedRow):
            yield row
        elif section == "vertices":
            yield Record(row.line, [row.values[0], row.values[1] if len(row.values) > 1 else None])


def _links(path: Path, dialect: CsvDialect) -> Iterator[Record | MalformedRow]:
    for section, row in _pajek_rows(path, dialect):
        if isinstance(row, MalformedRow):
            yield row
            continue
        line, words = row
        if section == "matrix":
            raise InputError(f"{path}, line {line}: matrices are not read; write *Arcs or *Edges")
        if section not in _LINK_SECTIONS:
            continue
        if len(words) < 2:
            yield MalformedRow(line, "wrong_width", "a link has two ends", tuple(words))
        elif section.endswith("list"):
            for target in words[1:]:
                yield Record(line, [words[0], target, None, _LINK_SECTIONS[section]])
        else:
            yield Record(line, [words[0], words[1], words[2] if len(words) > 2 else None, _LINK_SECTIONS[section]])


def _pajek_rows(path: Path, dialect: CsvDialect) -> Iterator[tuple[str, Record | MalformedRow]]:
    """(section in small letters, words of a row) in order; a word may stand in quotes."""
    section = ""
    for line in text_lines(path, dialect.encoding):
        if isinstance(line, MalformedRow):
            yield section, line
            continue
        text = line.text.strip()
        if text.startswith("*"):
            section = text[1:].split()[0].split(":")[0].lower() if len(text) > 1 else ""
        elif text and not text.startswith("%"):
            words = [match[1] if match[2] is None else match[2] for match in _WORD.finditer(text)]
            yield section, Record(line.number, words)
