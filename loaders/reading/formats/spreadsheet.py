"""Spreadsheets (xlsx, xls, ods): the rows of one sheet, with its numbers and dates as they are stored."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from graph.errors import InputError
from loaders.notices import Notices
from loaders.reading.chunk import Chunk
from loaders.reading.dialect import CsvDialect
from loaders.reading.opening import open_input
from loaders.reading.records import Record, cell_text, record_chunks
from loaders.values.texts import float_text

EXACT: Final = 1e15  # a number of more than 15 digits may have lost the last of them


def columns(path: Path, dialect: CsvDialect) -> tuple[str, ...]:
    """The names in the header of the sheet, or those of the mapping. Raises InputError where there are none."""
    header = next(_rows(path, dialect), None)
    if header is None:
        raise InputError(f"{path}: the sheet is empty; name another with sheet in the mapping")
    if dialect.columns:
        if len(header.values) != len(dialect.columns):
            raise InputError(
                f"{path}: the sheet has {len(header.values)} columns, the mapping names {len(dialect.columns)}"
            )
        return dialect.columns
    return _names(header)


def chunks(path: Path, dialect: CsvDialect, chunk_rows: int, notices: Notices | None = None) -> Iterator[Chunk]:
    """The rows of the sheet in order, without blank rows and repeated headers; other sheets are told."""
    names = columns(path, dialect)
    if notices is not None and dialect.sheet is None:
        others = _workbook(path).sheet_names[1:]
        if others:
            notices.add(path.name, "other_sheets", repr(others[0]), "", len(others))

    def records() -> Iterator[Record]:
        rows = _rows(path, dialect)
        if not dialect.columns:
            next(rows)
        for row in rows:
            if _names(row) == names:
                if notices is not None:
                    notices.add(path.name, "repeated_header", f"line {row.line}")
                continue
            yield row

    return record_chunks(names, records(), chunk_rows)


def _rows(path: Path, dialect: CsvDialect) -> Iterator[Record]:
    """The rows that are not blank, from the header on."""
    sheet = _sheet(path, dialect)
    first = sheet.start[0] if sheet.start is not None else 0
    for line, cells in enumerate(sheet.to_python(skip_empty_area=True), first + 1):
        if line > dialect.skip and any(cell != "" for cell in cells):
            yield Record(line, [_value(cell) for cell in cells])


def _value(cell: Any) -> Any:
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, float) and abs(cell) >= EXACT:
        return float_text(cell, EXACT)
    return datetime(cell.year, cell.month, cell.day) if type(cell) is date else cell


def _names(header: Record) -> tuple[str, ...]:
    return tuple("" if cell is None else cell_text(cell).strip() for cell in header.values)


def _sheet(path: Path, dialect: CsvDialect) -> CalamineSheet:
    book = _workbook(path)
    names = book.sheet_names
    sheet = 1 if dialect.sheet is None else dialect.sheet
    if isinstance(sheet, int) and 1 <= sheet <= len(names):
        sheet = names[sheet - 1]
    if sheet not in names:
        raise InputError(f"{path}: it has no sheet {sheet!r}; its sheets are {', '.join(names)}")
    return book.get_sheet_by_name(str(sheet))


def _workbook(path: Path) -> CalamineWorkbook:
    try:
        with open_input(path) as file:
            return CalamineWorkbook.from_filelike(io.BytesIO(file.read()))
    except PasswordError as error:
        raise InputError(f"{path} is locked by a password; save it without one") from error
    except (CalamineError, OSError) as error:
        raise InputError(f"{path} cannot be read as a spreadsheet ({error}); save it again") from error
