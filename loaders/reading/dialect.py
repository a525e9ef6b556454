"""How a text file is written: what a mapping says of it, and what its first lines show."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from loaders.reading.opening import open_input

HEADER_BYTES: Final = 1_000  # in which the header of a rejects file or a `sep=` line stands
_SEPARATOR_LINE: Final = re.compile(rb'"?sep=(.)"?\r?\n?$', re.IGNORECASE)  # as spreadsheets write it


@dataclass(frozen=True, slots=True)
class CsvDialect:
    """How a text file is written.

    columns: their names, where the file has no header.
    quotes: whether a value may stand in quotes; False where they are characters like others.
    comment: what comment lines begin with; None for the comments of edge lists, in files without a header.
    skip: lines before the header, or before the first row where there is no header.
    format: one of format_of.FORMATS; None for that of the file's name.
    sheet: of a spreadsheet, by its name or its number from 1; None for the first.
    table: as which table it is read, in formats that hold nodes and links.
    rejects: whether it is a rejects file, which Kith writes in UTF-8 and with a header, whatever its input was like.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    columns: tuple[str, ...] = ()
    quotes: bool = True
    comment: str | None = None
    skip: int = 0
    format: str | None = None
    sheet: str | int | None = None
    table: str = ""
    rejects: bool = False

    @property
    def has_header(self) -> bool:
        """Whether the first row of the file names its columns."""
        return self.rejects or not self.columns

    @property
    def comment_starts(self) -> tuple[str, ...]:
        """What comment lines begin with anywhere in the file."""
        if self.rejects or self.comment == "":
            return ()
        if self.comment is not None:
            return (self.comment,)
        return () if self.has_header or self.delimiter in "#%" else ("# ", "% ", "#\t", "%\t")

    @property
    def leading_comment_starts(self) -> tuple[str, ...]:
        """What comment lines before the first row begin with."""
        return ("#", "%") if self.comment is None and self.comment_starts else self.comment_starts


PLAIN_CSV: Final = CsvDialect()


def with_separator_line(path: Path, dialect: CsvDialect) -> CsvDialect:
    """The dialect, with the delimiter that a first line such as `sep=;` names, and that line skipped."""
    with open_input(path) as file:
        first = file.readline(HEADER_BYTES).removeprefix(codecs.BOM_UTF8)
    match = _SEPARATOR_LINE.fullmatch(first)
    if match is None or not match[1].isascii():
        return dialect
    return replace(dialect, delimiter=match[1].decode(), skip=max(dialect.skip, 1))
