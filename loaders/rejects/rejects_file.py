"""The rejects file of an input: its rejected rows as CSV, to be corrected and loaded again.

It has the input's columns, but for those that may not be stored, behind three of its own: file, line and reason. Values
are written as they were, formulas too. A malformed row is one cell, shortened; bytes that are not UTF-8 and NULs are
written like \\xff and \\0. Such a row never has as many cells as the header, so that it is rejected again until
somebody corrects it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from graph.errors import StoreError
from loaders.reading.chunk import OriginalPosition
from loaders.reading.rejects_folder import RejectsFolder
from loaders.reading.rejects_input import REJECT_COLUMNS
from loaders.rejects.reject import Reject

Cells = Sequence[str | None]

ESCAPED_NUL: Final = "\\0"


class RejectsFile:
    """Where the rejected rows of one input are written; made at the first of them. Without a folder nothing is written.

    An input that is read as several tables has one such file: a row that each of them rejects stands there once, with
    the first reason. Methods raise StoreError where the file cannot be written: the load stays open, to be finished.
    """

    def __init__(
        self, folder: RejectsFolder | None, name: str, columns: Sequence[str], delimiter: str, tables: int = 1
    ) -> None:
        self._columns, self._delimiter = tuple(columns), delimiter
        self._lines_written: set[int] | None = set() if tables > 1 else None
        self._is_begun = False
        self._folder = folder
        self.path = None if folder is None else folder.path / name
        self._file: TextIO | None = None

    def write(self, reject: Reject, original_position: OriginalPosition | None, cells: Cells) -> None:
        """Write one row. `original_position` is where it stood first, if the input is a rejects file itself."""
        if self._folder is None or self.path is None:
            return
        if self._lines_written is not None:
            if reject.line in self._lines_written:
                return
            self._lines_written.add(reject.line)
        position = original_position or (reject.file, str(reject.line))
        with self._storing():
            file = self._file or self._open(self._folder, self.path)
            file.write(_csv_line([*position, str(reject), *cells], self._delimiter))

    def _open(self, folder: RejectsFolder, path: Path) -> TextIO:
        folder.create()
        self._file = path.open("a" if self._is_begun else "w", encoding="utf-8", newline="")
        if not self._is_begun:
            self._is_begun = True
            self._file.write(_csv_line([*REJECT_COLUMNS, *self._columns], self._delimiter))
        return self._file

    def close(self) -> Path | None:
        """The path of the file, now closed, or None where no row was written. A later `write` appends."""
        if self._file is not None:
            file, self._file = self._file, None
            with self._storing():
                file.close()
        return self.path if self._is_begun else None

    @contextmanager
    def _storing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"the rejects file {self.path} cannot be written ({error.strerror}): make room, then load the same "
                "files again to finish the load"
            ) from error


def malformed_cells(cells: tuple[str, ...], columns: int) -> tuple[str, ...]:
    """The cells of a malformed row, one more where there are as many as columns."""
    return (*cells, "") if len(cells) == columns else cells


def row_cells(cells: list[str | None]) -> list[str | None]:
    """The cells of a row that has columns, one more where one holds a NUL, which CSV cannot hold."""
    return [*cells, ""] if any("\0" in (cell or "") for cell in cells) else cells


def _csv_line(cells: Cells, delimiter: str) -> str:
    """A row of CSV. All of it is quoted where it holds a carriage return, which the csv module would leave bare."""
    texts = [(cell or "").replace("\0", ESCAPED_NUL) for cell in cells]
    line = io.StringIO()
    csv.writer(
        line,
        delimiter=delimiter,
        lineterminator="\n",
        quoting=csv.QUOTE_ALL if any("\r" in text for text in texts) else csv.QUOTE_MINIMAL,
    ).writerow(texts)
    return line.getvalue()
