"""Files of any format -> their columns and chunks, each row with its line number (its row number in Parquet).

CSV columns are texts, those of other formats have types.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from graph.errors import InputError
from loaders.notices import Notices
from loaders.reading import csv_file, format_of, parquet_file
from loaders.reading.chunk import Chunk
from loaders.reading.dialect import CsvDialect, with_separator_line
from loaders.reading.formats import edge_lists, graphml, json_lines, spreadsheet, vcard
from loaders.reading.opening import is_packed, unpacked_name

CHUNK_ROWS: Final = 50_000  # at most, in one chunk
MAX_LISTED: Final = 12  # columns that a message names

_DELIMITERS: Final = ",;\t| "


def format_name(path: Path, dialect: CsvDialect) -> str:
    """The format in which a file is read, one of format_of.FORMATS."""
    if dialect.rejects:
        return format_of.CSV
    return dialect.format or format_of.format_by_name(path)


def column_names(path: Path, dialect: CsvDialect) -> tuple[str, ...]:
    """Names of the columns of a file that hold one value a row, without those of a rejects file.

    Raises InputError where the file is empty or unreadable, or repeats a name.
    """
    names = _columns(path, dialect)
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise InputError(f"{path}: the column {repeated[0]!r} is repeated in the header; rename one")
    return names


def nested_columns(path: Path, dialect: CsvDialect) -> list[str]:
    """Names of the columns that hold lists or records, which are no fields of a fact."""
    form = format_name(path, dialect)
    if form == format_of.JSON_LINES:
        return list(json_lines.columns(path, dialect)[1])
    return parquet_file.parquet_nested_columns(path) if form == format_of.PARQUET else []


def is_rejects_file(path: Path, delimiter: str) -> bool:
    """Whether Kith wrote this file for rows it rejected."""
    return format_of.format_by_name(path) not in format_of.BINARY and csv_file.has_rejects_header(path, delimiter)


def dialect_of(path: Path, dialect: CsvDialect) -> CsvDialect:
    """The dialect of a file: `dialect` with what its name and first line say, or that of Kith's own rejects files."""
    if Path(unpacked_name(path)).suffix.lower() in format_of.TAB_SUFFIXES and dialect.delimiter == ",":
        dialect = replace(dialect, delimiter="\t")
    if is_rejects_file(path, dialect.delimiter):
        return replace(dialect, encoding="utf-8", quotes=True, rejects=True)
    return with_separator_line(path, dialect) if format_name(path, dialect) == format_of.CSV else dialect


def chunks(path: Path, dialect: CsvDialect, notices: Notices | None = None) -> Iterator[Chunk]:
    """The rows of a file in order, at most CHUNK_ROWS in a chunk; what was read with a doubt goes to `notices`.

    Raises InputError where it cannot be read to its end.
    """
    form = format_name(path, dialect)
    if form == format_of.PARQUET:
        return parquet_file.parquet_chunks(path, CHUNK_ROWS)
    if form == format_of.SPREADSHEET:
        return spreadsheet.chunks(path, dialect, CHUNK_ROWS, notices)
    if form == format_of.JSON_LINES:
        return json_lines.chunks(path, dialect, CHUNK_ROWS)
    if form == format_of.GRAPHML:
        return graphml.chunks(path, dialect, CHUNK_ROWS)
    if form == format_of.VCARD:
        return vcard.chunks(path, dialect, CHUNK_ROWS)
    if form == format_of.PAJEK:
        return edge_lists.pajek_chunks(path, dialect, CHUNK_ROWS)
    if form == format_of.EDGE_LIST:
        return edge_lists.list_chunks(path, dialect, CHUNK_ROWS, notices)
    return csv_file.csv_chunks(path, dialect, CHUNK_ROWS, notices)


def _columns(path: Path, dialect: CsvDialect) -> tuple[str, ...]:
    form = format_name(path, dialect)
    if form == format_of.PARQUET:
        if is_packed(path):
            raise InputError(f"{path}: Parquet is packed already and is read in any order; unpack the file first")
        return parquet_file.parquet_columns(path)
    if form == format_of.SPREADSHEET:
        return spreadsheet.columns(path, dialect)
    if form == format_of.JSON_LINES:
        return json_lines.columns(path, dialect)[0]
    if form == format_of.GRAPHML:
        return graphml.columns(path, dialect)
    if form == format_of.VCARD:
        return vcard.columns(path, dialect)
    if form == format_of.PAJEK:
        return edge_lists.pajek_columns(path, dialect)
    if form == format_of.EDGE_LIST:
        return edge_lists.list_columns(path, dialect)
    return csv_file.csv_columns(path, dialect)


def missing_column(path: Path, dialect: CsvDialect, column: str, columns: tuple[str, ...]) -> InputError:
    """The error for a column that a file lacks; it names another delimiter where that would split the header right."""
    if format_name(path, dialect) == format_of.CSV and len(columns) == 1:
        for other in _DELIMITERS:
            if other != dialect.delimiter and column in [part.strip(' "') for part in columns[0].split(other)]:
                return InputError(
                    f"{path}: its columns look separated by {other!r}, not {dialect.delimiter!r}; "
                    f"save it with {dialect.delimiter!r} or set delimiter = {other!r} in a mapping"
                )
    near = get_close_matches(column.casefold(), {name.casefold(): name for name in columns}, 1)
    like = next((name for name in columns if near and name.casefold() == near[0]), None)
    advice = (
        "add it, or name another in a mapping (`kith mapping suggest` drafts one)"
        if like is None
        else f"if {like!r} is meant, name that in the mapping"
    )
    return InputError(f"{path}: the column {column!r} is missing (it has: {listed(columns)}); {advice}")


def listed(columns: Sequence[str]) -> str:
    """The first dozen names of columns on one line."""
    return " ".join(", ".join(columns[:MAX_LISTED]).split()) + (" ..." if len(columns) > MAX_LISTED else "")
