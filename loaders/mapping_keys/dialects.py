"""Keys that say how a file itself is written: its delimiter, encoding, header and comments."""

from __future__ import annotations

from graph.errors import MappingError
from loaders.mapping_keys.toml_table import TomlTable
from loaders.reading.dialect import CsvDialect
from loaders.reading.format_of import FORMATS


def csv_dialect(table: TomlTable) -> CsvDialect:
    """The dialect that the keys of a file's table describe. Raises MappingError."""
    columns = table.texts("columns") or ()
    header, skip = table.optional("header", int), table.optional("skip", int, 0)
    if header is not None and (columns or skip or header < 1):
        raise MappingError(f"{table.where}: header = {header!r} is the line of the names, from 1; it stands alone")
    if skip < 0:
        raise MappingError(f"{table.where}: skip = {skip!r} is a number of lines")
    return CsvDialect(
        delimiter=_delimiter(table),
        encoding=_encoding(table),
        columns=columns,
        quotes=table.optional("quotes", bool, True),
        comment=table.optional("comment", str),
        skip=skip if header is None else header - 1,
        format=table.one_of("format", FORMATS),
        sheet=table.optional("sheet", (str, int)),
    )


def _delimiter(table: TomlTable) -> str:
    delimiter: str = table.optional("delimiter", str, ",")
    if len(delimiter) != 1 or delimiter in '\r\n"\0':
        raise MappingError(f"{table.where}: delimiter = {delimiter!r}; it is one character")
    return delimiter


def _encoding(table: TomlTable) -> str:
    encoding: str = table.optional("encoding", str, "utf-8")
    try:
        if "a\n".encode(encoding) != b"a\n":
            raise LookupError
    except (LookupError, ValueError) as error:
        raise MappingError(
            f"{table.where}: encoding = {encoding!r} is not one where a line ends with one byte"
        ) from error
    return encoding
