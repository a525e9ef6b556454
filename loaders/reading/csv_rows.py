"""Rows of a delimited text file with their line numbers, in bounded memory, continuing after a malformed row.

The csv module parses. Around it are a reader of lines that never holds more than a block of the file, and the lines of
the row that is being parsed, so that after a quote that never closes the lines behind it can be parsed again.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections import deque
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final

from graph.errors import InputError
from loaders.notices import Notices
from loaders.reading.chunk import MalformedRow
from loaders.reading.dialect import CsvDialect

BLOCK_BYTES: Final = 1 << 22  # read at once
MAX_BLOCKS: Final = 8  # blocks after which rows are handed on, however few they are
MAX_LINE_BYTES: Final = 1 << 20  # longer lines are malformed
MAX_ROW_LINES: Final = 200  # a row of more lines is taken for one with an unclosed quote
MAX_SHOWN: Final = 80  # characters of a rejected value that messages show
MAX_RAW: Final = 1 << 16  # characters of a malformed line that its rejects file has

_UTF8: Final = frozenset({"utf-8", "utf8", "utf-8-sig"})
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class _UnclosedQuote(Exception):
    """A quoted value went on for too many lines."""


class _RowsInQuotes(Exception):
    """A quoted value goes over lines that are rows themselves if quotes mean nothing."""


class RowReader:
    """The rows of one file as lists of texts, in order.

    header: the names of the columns, once they are known. Rows of another width are malformed then, and rows that
    repeat the header are dropped.

    A line that cannot be parsed is handed to the csv module as a placeholder: its number between NULs, which no other
    line holds.
    """

    def __init__(self, file: BinaryIO, path: Path, dialect: CsvDialect, notices: Notices | None = None) -> None:
        self._file, self._path, self._dialect, self._encoding = file, path, dialect, dialect.encoding
        self._notices = Notices() if notices is None else notices
        self._lines = chain.from_iterable(self._blocks())
        self._row_lines: list[str] = []  # of the row that is being parsed
        self._requeued: deque[str] = deque()
        self._placeholders: dict[int, tuple[str, str, str]] = {}  # number -> code, text, raw line
        self._line = 0
        self._blocks_read = 0
        self._lines_decoded = 0
        self._is_reordered = False  # whether the header that was repeated last has the columns in another order
        self._is_mixed = False  # whether some lines are in the encoding and hold more than ASCII
        self._comments = dialect.leading_comment_starts
        self._later_comments = dialect.comment_starts
        self.header: list[str] | None = None
        self._reader = csv.reader(
            self,
            delimiter=dialect.delimiter,
            strict=True,
            quoting=csv.QUOTE_MINIMAL if dialect.quotes else csv.QUOTE_NONE,
        )

    def __iter__(self) -> RowReader:
        return self

    def __next__(self) -> str:
        """The next line, for the csv module; lines that belong to no row are skipped."""
        if len(self._row_lines) >= MAX_ROW_LINES:
            raise _UnclosedQuote
        line = self._requeued.popleft() if self._requeued else next(self._lines)
        if not self._row_lines:
            line = self._first_line_of_row(line)
        self._row_lines.append(line)
        return line

    def _first_line_of_row(self, line: str) -> str:
        """The line with which a row begins, without a byte order mark: this one, or one behind comments."""
        while self._line < self._dialect.skip or (self._comments and line.startswith(self._comments)):
            self._line += 1
            if self._line > self._dialect.skip:
                self._note("comment_lines", self._line)
            line = self._requeued.popleft() if self._requeued else next(self._lines)
        self._comments = self._later_comments
        return line.removeprefix("\ufeff")

    def _note(self, code: str, line: int) -> None:
        self._notices.add(printable(self._path.name), code, f"line {line}")

    def first_row(self) -> list[str] | None:
        """The first row, a header as a rule; None in an empty file.

        Raises InputError where it is malformed.
        """
        rows, _, malformed = self.read(1)
        if malformed:
            raise InputError(f"{self._path}, line {malformed[0].line}: the header cannot be read: {malformed[0].text}")
        return rows[0] if rows else None

    def read(self, limit: int) -> tuple[list[list[str]], list[int], list[MalformedRow]]:
        """The next rows, the line at which each begins, and the malformed rows between them; all empty at the end.

        They are at most `limit` together, and fewer where rows are long, so that memory does not grow with them.
        """
        rows: list[list[str]] = []
        lines: list[int] = []
        malformed: list[MalformedRow] = []
        reader, row_lines, header = self._reader, self._row_lines, self.header
        width = None if header is None else len(header)
        names = [name.strip().lower() for name in header or ()]
        last_block = self._blocks_read + MAX_BLOCKS
        while len(rows) + len(malformed) < limit and (self._blocks_read < last_block or not (rows or malformed)):
            try:
                row = next(reader)
            except StopIteration:
                break
            except (csv.Error, _UnclosedQuote) as error:
                malformed.append(self._recover(error))
                continue
            if len(row_lines) > 1 and width is not None and len(row) != width:
                malformed.append(self._recover(_UnclosedQuote()))
                continue
            if len(row_lines) > 1 and width is not None and self._are_rows(row_lines, width):
                malformed.append(self._recover(_RowsInQuotes()))
                continue
            begin = self._line + 1
            self._line += len(row_lines)
            lines_of_row = len(row_lines)
            row_lines.clear()
            if lines_of_row > 1 and header is not None:
                self._note("value_over_lines", begin)
            if self._placeholders and any("\0" in cell for cell in row):
                malformed.append(self._of_placeholder(begin, row))
            elif not row:
                continue
            elif header is not None and row[0].strip().lower() in names and _is_header(row, header):
                self._note("repeated_header", begin)
                self._is_reordered = [cell.strip().lower() for cell in row] != names
            elif width is not None and len(row) != width:
                text = f"it has {len(row)} values where there are {width} columns"
                malformed.append(MalformedRow(begin, "wrong_width", text, tuple(row)))
            elif self._is_reordered:
                text = "the header above it has the columns in another order; put these rows into a file of their own"
                malformed.append(MalformedRow(begin, "other_header", text, tuple(row)))
            else:
                rows.append(row)
                lines.append(begin)
        return rows, lines, malformed

    def _are_rows(self, lines: list[str], width: int) -> bool:
        """Whether each of these lines is a row of this width if quotes mean nothing."""
        return width > 1 and all(line.count(self._dialect.delimiter) == width - 1 for line in lines)

    def _recover(self, error: Exception) -> MalformedRow:
        """The line at which a row that cannot be parsed begins; the lines behind it are parsed again."""
        first, *rest = self._row_lines
        self._row_lines.clear()
        self._requeued.extendleft(reversed(rest))
        self._line += 1
        if isinstance(error, _RowsInQuotes):
            code = "rows_in_quotes"
            text = (
                f"a quoted value goes over {len(rest) + 1} lines that each look like a row: if quotes mean nothing in "
                "this file, set quotes = false in the mapping, else write the value on one line"
            )
        elif "new-line" in str(error):
            code, text = "bad_line_end", "there is a carriage return inside the line; save the file with LF line ends"
        elif rest or isinstance(error, _UnclosedQuote) or "unexpected end" in str(error):
            code, text = (
                "open_quote",
                'a quote (") is opened and not closed; quotes = false in the mapping takes it as text',
            )
        elif "field larger" in str(error):
            code, text = "value_too_long", f"a value is longer than {csv.field_size_limit():,} characters"
        else:
            code, text = (
                "bad_quoting",
                (
                    'a quote (") inside a quoted value must be doubled; if quotes mean nothing in this file, '
                    "set quotes = false in the mapping"
                ),
            )
        return MalformedRow(self._line, code, text, (first.rstrip("\r\n")[:MAX_RAW],))

    def _of_placeholder(self, line: int, row: list[str]) -> MalformedRow:
        number = next(int(cell.split("\0")[1]) for cell in row if "\0" in cell)
        code, text, raw = self._placeholders.pop(number)
        return MalformedRow(line, code, text, (raw,))

    def _placeholder(self, code: str, text: str, raw: str) -> str:
        number = max(self._placeholders, default=-1) + 1
        self._placeholders[number] = (code, text, raw.rstrip("\r\n").replace("\0", "\\0")[:MAX_RAW])
        return f"\0{number}\0\n"

    def _blocks(self) -> Iterator[list[str]]:
        """Lists of lines with their ends."""
        rest = self._file.read(4)
        if rest[:2] in _UTF16:
            raise InputError(f"{self._path} is UTF-16; save it as UTF-8")
        rest = rest.removeprefix(codecs.BOM_UTF8)
        while block := self._file.read(BLOCK_BYTES):
            self._blocks_read += 1
            rest += block
            end = rest.rfind(b"\n") + 1
            if end:
                yield self._decode(rest[:end])
                rest = rest[end:]
            elif len(rest) > MAX_LINE_BYTES:
                yield [self._too_long(rest[: MAX_SHOWN * 4])]
                rest = self._skip_line()
        if rest:
            yield self._decode(rest)

    def _skip_line(self) -> bytes:
        """What was read behind the end of the line that is being skipped."""
        while block := self._file.read(BLOCK_BYTES):
            end = block.find(b"\n") + 1
            if end:
                return block[end:]
        return b""

    def _decode(self, raw: bytes) -> list[str]:
        lines = self._decoded(raw)
        self._lines_decoded += len(lines)
        return lines

    def _decoded(self, raw: bytes) -> list[str]:
        try:
            lines = list(io.StringIO(raw.decode(self._encoding), newline="\n"))
        except UnicodeError:
            raw_lines = list(io.BytesIO(raw))
            self._is_mixed = self._is_mixed or any(self._has_letters(line) for line in raw_lines)
            self._check_encoding(raw)
            lines = [self._decode_line(line) for line in raw_lines]
        else:
            self._check_encoding(raw)
            if b"\0" in raw:
                lines = [self._with_nul(line) if "\0" in line else line for line in lines]
        if max(map(len, lines), default=0) > MAX_LINE_BYTES:
            lines = [
                self._too_long(line[:MAX_SHOWN].encode()) if len(line) > MAX_LINE_BYTES else line for line in lines
            ]
        return lines

    def _decode_line(self, line: bytes) -> str:
        try:
            text = line.decode(self._encoding)
        except UnicodeError:
            return self._placeholder(
                "bad_encoding", self._encoding_advice(line), line.decode("cp1252", "backslashreplace")
            )
        return self._with_nul(text) if "\0" in text else text

    def _has_letters(self, line: bytes) -> bool:
        """Whether a line holds characters beyond ASCII in the file's encoding."""
        try:
            return not line.isascii() and bool(line.decode(self._encoding))
        except UnicodeError:
            return False

    def _encoding_advice(self, line: bytes) -> str:
        why = f"its bytes are not {self._encoding}"
        if _is_utf8(line):
            return f"{why}, but utf-8: leave encoding out of the mapping"
        if self._is_mixed:
            return f"{why}, those of other lines are: correct this row in the rejects file"
        return f'{why}; a Windows program may have written it: set encoding = "cp1252" in the mapping'

    def _check_encoding(self, raw: bytes) -> None:
        """Note the lines of which this one-byte encoding makes other characters than were written."""
        if raw.isascii() or self._dialect.encoding.lower() in _UTF8:
            return
        for number, line in enumerate(io.BytesIO(raw), self._lines_decoded + 1):
            if line.isascii():
                continue
            if _is_utf8(line):
                self._note("utf8_bytes", number)
            elif any("\x80" <= character <= "\x9f" for character in line.decode(self._encoding, "ignore")):
                self._note("control_characters", number)

    def _with_nul(self, line: str) -> str:
        return self._placeholder("nul_byte", "it holds a NUL byte", line)

    def _too_long(self, begin: bytes) -> str:
        text = f"the line is longer than {MAX_LINE_BYTES:,} bytes"
        return self._placeholder("line_too_long", text, begin.decode(self._encoding, "replace")[:MAX_SHOWN])


def _is_header(row: list[str], header: list[str]) -> bool:
    """Whether a row is the header again, in any order; of several columns, blanks and case do not matter."""
    if row == header or len(header) < 2 or len(row) != len(header):
        return row == header
    return sorted(cell.strip().lower() for cell in row) == sorted(name.strip().lower() for name in header)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def printable(name: str) -> str:
    """A name of a file or an argument as valid text; bytes in it that are not UTF-8 are written like \\xff."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
