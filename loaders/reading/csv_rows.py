"""A delimited text file -> rows with their line numbers, in bounded memory, and going on after a broken row.

The csv module parses; around it stand a reader of lines that never holds more than a block of the file, and a memory
of the lines of the row being parsed, so that after a quote that never closes the lines behind it are read again.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from graph.errors import InputError

BLOCK: Final = 1 << 22  # bytes read at once
BLOCKS: Final = 8  # blocks after which rows are handed on, however few they are
LINE_LIMIT: Final = 1 << 20  # bytes of one line; longer ones are refused
ROW_LINES: Final = 200  # lines of one row: a quote left open further is taken for a broken one
SHOWN: Final = 80  # characters of a refused value that are kept

_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Place(NamedTuple):
    """The file and the line, as texts, at which a row first stood."""

    file: str
    line: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row refused before it had columns: where, a reason code, a sentence, and what could be read of it.

    `place` is where a row of a rejects file came from.
    """

    line: int
    code: str
    text: str
    cells: tuple[str, ...]
    place: Place | None = None


class _OpenQuote(Exception):
    """A quoted value went on for too many lines."""


class RowReader:
    """Rows of one file as lists of texts. `rows(n)` gives the next ones; `width` is checked once it is set."""

    def __init__(self, file: BinaryIO, path: Path, delimiter: str = ",", encoding: str = "utf-8") -> None:
        self._file, self._path, self._encoding = file, path, encoding
        self._lines = chain.from_iterable(self._blocks())
        self._pending: list[str] = []
        self._again: deque[str] = deque()
        self._broken: dict[int, tuple[str, str, str]] = {}
        self._line = 0
        self._blocks_read = 0
        self.width: int | None = None
        self._reader = csv.reader(self, delimiter=delimiter, strict=True)

    def __iter__(self) -> RowReader:
        return self

    def __next__(self) -> str:
        """The next line, for the csv module."""
        if len(self._pending) >= ROW_LINES:
            raise _OpenQuote
        line = self._again.popleft() if self._again else next(self._lines)
        self._pending.append(line)
        return line

    def first(self) -> list[str] | None:
        """The first row (a header), or None in an empty file. Raises InputError when it cannot be one."""
        rows, _, bad = self.rows(1)
        if bad:
            raise InputError(f"{self._path}, line {bad[0].line}: the header cannot be read: {bad[0].text}")
        return rows[0] if rows else None

    def rows(self, limit: int) -> tuple[list[list[str]], list[int], list[BadRow]]:
        """At most `limit` rows: good ones, the lines they begin at, and refused ones. All empty at the end.

        Fewer come where rows are long, so that memory does not grow with them.
        """
        rows: list[list[str]] = []
        lines: list[int] = []
        bad: list[BadRow] = []
        reader, pending, width = self._reader, self._pending, self.width
        enough = self._blocks_read + BLOCKS
        while len(rows) + len(bad) < limit and (self._blocks_read < enough or not (rows or bad)):
            try:
                row = next(reader)
            except StopIteration:
                break
            except (csv.Error, _OpenQuote) as error:
                bad.append(self._recover(error))
                continue
            if len(pending) > 1 and width is not None and len(row) != width:
                bad.append(self._recover(_OpenQuote()))
                continue
            begin = self._line + 1
            self._line += len(pending)
            pending.clear()
            if self._broken and any("\0" in cell for cell in row):
                bad.append(self._refused(begin, row))
            elif not row:
                continue
            elif width is not None and len(row) != width:
                text = f"it has {len(row)} values where there are {width} columns"
                bad.append(BadRow(begin, "wrong_width", text, tuple(row)))
            else:
                rows.append(row)
                lines.append(begin)
        return rows, lines, bad

    def _recover(self, error: Exception) -> BadRow:
        """Refuse the line a broken row began at and put the lines behind it back."""
        first, *rest = self._pending
        self._pending.clear()
        self._again.extendleft(reversed(rest))
        self._line += 1
        if "new-line" in str(error):
            code, text = "bad_line_end", "a carriage return stands inside the line; save the file with LF line ends"
        elif rest or isinstance(error, _OpenQuote) or "unexpected end" in str(error):
            code, text = "open_quote", 'a quote (") is opened and not closed'
        elif "field larger" in str(error):
            code, text = "value_too_long", f"a value is longer than {csv.field_size_limit():,} characters"
        else:
            code, text = "bad_quoting", 'a quote (") inside a quoted value must be doubled'
        return BadRow(self._line, code, text, (first.rstrip("\r\n")[: 1 << 16],))

    def _refused(self, line: int, row: list[str]) -> BadRow:
        number = next(int(cell.split("\0")[1]) for cell in row if "\0" in cell)
        code, text, raw = self._broken.pop(number)
        return BadRow(line, code, text, (raw,))

    def _mark(self, code: str, text: str, raw: str) -> str:
        """A line that stands for one that cannot be parsed: its number between NULs, which no other line holds."""
        number = max(self._broken, default=-1) + 1
        self._broken[number] = (code, text, raw.rstrip("\r\n").replace("\0", "\\0")[: 1 << 16])
        return f"\0{number}\0\n"

    def _blocks(self) -> Iterator[list[str]]:
        """Lists of lines with their ends."""
        rest = self._file.read(4)
        if rest[:2] in _UTF16:
            raise InputError(f"{self._path} is UTF-16; save it as UTF-8")
        rest = rest.removeprefix(codecs.BOM_UTF8)
        while block := self._file.read(BLOCK):
            self._blocks_read += 1
            rest += block
            cut = rest.rfind(b"\n") + 1
            if cut:
                yield self._decoded(rest[:cut])
                rest = rest[cut:]
            elif len(rest) > LINE_LIMIT:
                yield [self._too_long(rest[: SHOWN * 4])]
                rest = self._skip_line()
        if rest:
            yield self._decoded(rest)

    def _skip_line(self) -> bytes:
        """Read on to the end of a line that is too long; returns what was read behind it."""
        while block := self._file.read(BLOCK):
            cut = block.find(b"\n") + 1
            if cut:
                return block[cut:]
        return b""

    def _decoded(self, raw: bytes) -> list[str]:
        try:
            lines = list(io.StringIO(raw.decode(self._encoding), newline="\n"))
        except UnicodeError:
            lines = [self._decoded_line(line) for line in io.BytesIO(raw)]
        else:
            if b"\0" in raw:
                lines = [self._nul(line) if "\0" in line else line for line in lines]
        if max(map(len, lines), default=0) > LINE_LIMIT:
            lines = [self._too_long(line[:SHOWN].encode()) if len(line) > LINE_LIMIT else line for line in lines]
        return lines

    def _decoded_line(self, line: bytes) -> str:
        try:
            text = line.decode(self._encoding)
        except UnicodeError:
            why = f'its bytes are not {self._encoding}; for Latin-1, say encoding = "latin-1" in a mapping'
            return self._mark("bad_encoding", why, line.decode("latin-1"))
        return self._nul(text) if "\0" in text else text

    def _nul(self, line: str) -> str:
        return self._mark("nul_byte", "it holds a NUL byte", line)

    def _too_long(self, begin: bytes) -> str:
        text = f"the line is longer than {LINE_LIMIT:,} bytes"
        return self._mark("line_too_long", text, begin.decode(self._encoding, "replace")[:SHOWN])
