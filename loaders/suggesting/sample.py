"""The first rows of a file, and how it is written: encoding, delimiter, the line of the names, by evidence."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from graph.errors import InputError
from loaders.reading.dialect import CsvDialect
from loaders.reading.format_of import CSV, PARQUET, format_by_name
from loaders.reading.opening import open_input
from loaders.reading.readers import chunks
from loaders.values.texts import as_text

BYTES: Final = 16 << 20  # of a file that are looked at
ROWS: Final = 50_000
TITLES: Final = 10  # lines that may stand over the names of the columns
LOOKED_AT: Final = 200  # lines by which the delimiter and the line of the names are found
DELIMITERS: Final = (",", ";", "\t", "|", " ")
HIGH: Final = 0x80
PAIRED: Final = 0.9  # share of bytes above ASCII that stand in pairs, from which a text is Chinese
WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00")  # how UTF-16 begins, or is known


@dataclass(frozen=True, slots=True)
class Sample:
    """Some rows of a file as texts, and its dialect. doubts: what may be otherwise, a sentence each.

    header: the line of the names, from 1; None where the file has none and names were made up.
    form: the format of the file. quotes: whether quotes enclose values, as they do unless evidence speaks against it.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    delimiter: str = ","
    encoding: str = "utf-8"
    header: int | None = 1
    doubts: tuple[str, ...] = ()
    form: str = CSV
    quotes: bool = True

    @property
    def is_text(self) -> bool:
        """Whether the file has a delimiter, an encoding and a line of names."""
        return self.form == CSV

    def values(self, column: int) -> list[str]:
        """The texts of a column, without blanks around them; empty where it has none."""
        return [row[column].strip() for row in self.rows]


def read_sample(path: Path) -> Sample:
    """The first rows of a file. Raises InputError for one that cannot be read, or in which no table is found."""
    try:
        form = format_by_name(path)
        if form == PARQUET:
            return _parquet(path)
        if form != CSV:
            return _of_format(path, form)
        with open_input(path) as file:
            raw = file.read(BYTES)
            whole = not file.read(1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    if raw.startswith(WIDE[:2]) or WIDE[2] in raw[:1000]:
        raise InputError(f"{path} is UTF-16 or no text: save it as UTF-8 (iconv -f UTF-16 -t UTF-8), or as CSV")
    encoding, doubts = _encoding(raw)
    text = raw.decode(encoding, "replace").removeprefix("\ufeff")
    lines = text.splitlines(keepends=True)
    lines = lines if whole else lines[:-1]
    skipped = 0
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].strip()) == len("sep=;"):
        delimiter, lines, skipped = lines[0].strip()[-1], lines[1:], 1
    else:
        delimiter = _delimiter(lines[:LOOKED_AT])
    return _table(path, lines, delimiter, encoding, skipped, doubts)


def _rows(lines: list[str], delimiter: str, quotes: bool) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line at which it ends."""
    text = io.StringIO("".join(lines), newline="")
    reader = csv.reader(text, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE)
    return ((reader.line_num, row) for row in reader if any(row))


def _quotes_enclose(lines: list[str], delimiter: str) -> bool:
    """Whether quotes enclose values: they do not where only as characters they leave a row of one width a line."""
    if not any('"' in line for line in lines):
        return True
    plain, quoted = (Counter(len(row) for _, row in _rows(lines, delimiter, quotes)) for quotes in (False, True))
    return len(plain) != 1 or min(plain) == 1 or plain.total() <= quoted.total()


def _encoding(raw: bytes) -> tuple[str, list[str]]:
    """The encoding by evidence: UTF-8 where it fits, Chinese where bytes stand in pairs, else that of Windows."""
    try:
        raw[: max(raw.rfind(b"\n"), 0) or len(raw)].decode("utf-8")
        return "utf-8", []
    except UnicodeDecodeError as error:
        at = error.start
    runs, length = Counter[bool](), 0
    for byte in (*raw, 0):
        if byte >= HIGH:
            length += 1
        elif length:
            runs[length % 2 == 0] += length
            length = 0
    encoding = "gb18030" if runs[True] >= PAIRED * runs.total() else "cp1252"
    line = raw[raw.rfind(b"\n", 0, at) + 1 : raw.find(b"\n", at)].decode(encoding, "replace").strip()
    return encoding, [f"encoding: it is no UTF-8; as {encoding} a line reads {line[:60]!r}"]


def _delimiter(lines: list[str]) -> str:
    """The delimiter by which most lines have equally many cells, and more than one."""

    def fit(delimiter: str) -> tuple[float, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        return (count / max(widths.total(), 1), width) if width > 1 else (0.0, 0)

    best = max(DELIMITERS, key=fit)
    return best if fit(best)[0] else ","


def _table(path: Path, lines: list[str], delimiter: str, encoding: str, skipped: int, doubts: list[str]) -> Sample:
    quotes = _quotes_enclose(lines, delimiter)
    numbered = list(islice(_rows(lines, delimiter, quotes), ROWS))
    if not numbered:
        raise InputError(f"{path} has no rows")
    width = Counter(len(row) for _, row in numbered[:LOOKED_AT]).most_common(1)[0][0]
    first = next(place for place, (_, row) in enumerate(numbered) if len(row) == width)
    if "" in [cell.strip() for cell in numbered[first][1]]:  # a title over some of the columns
        first = next((place for place in range(first, first + TITLES) if _is_header_at(numbered, place, width)), first)
    line, names = numbered[first]
    rows = [row for _, row in numbered[first:] if len(row) == width]
    header: int | None = line + skipped
    if _is_header(names, rows[1:LOOKED_AT]):
        rows = [row for row in rows[1:] if row != names]
    else:
        names, header = [f"column{place}" for place in range(1, width + 1)], None
        doubts = [*doubts, "columns: the first line looks like a row, so the names are made up; put the right ones"]
    names = [name.strip() for name in names]
    values = tuple(map(tuple, rows))
    return Sample(path, tuple(names), values, delimiter, encoding, header, tuple(doubts), quotes=quotes)


def _is_header_at(numbered: list[tuple[int, list[str]]], place: int, width: int) -> bool:
    """Whether the row of this place names the columns of those below it."""
    below = [row for _, row in numbered[place + 1 : place + LOOKED_AT] if len(row) == width]
    return bool(below) and len(numbered[place][1]) == width and _is_header(numbered[place][1], below)


def _is_header(names: list[str], rows: list[list[str]]) -> bool:
    """Whether a row names the columns: its cells are distinct, none is a number, and none of them comes again."""
    cells = [name.strip() for name in names]
    if (
        len(set(cells)) < len(cells)
        or "" in cells
        or any(cell[:1].isdigit() or cell[:2].lstrip("-+.").isdigit() for cell in cells)
    ):
        return False
    return all(name not in {row[place].strip() for row in rows if row != names} for place, name in enumerate(cells))


def _of_format(path: Path, form: str) -> Sample:
    """The first rows of a file whose format names its columns; of links where it has rows of its own for them."""
    chunk = next(chunks(path, CsvDialect(table="relationships")), None)
    if chunk is None or not chunk.rows:
        raise InputError(f"{path} has no rows")
    texts = [as_text(column).to_pylist() for column in chunk.columns.values()]
    columns = [["" if cell is None else cell for cell in cells] for cells in texts]
    return Sample(path, tuple(chunk.columns), tuple(zip(*columns, strict=True)), form=form)


def _parquet(path: Path) -> Sample:
    try:
        table = next(pq.ParquetFile(path).iter_batches(ROWS), None)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    if table is None:
        raise InputError(f"{path} has no rows")
    columns = [["" if cell is None else str(cell) for cell in column.to_pylist()] for column in table.columns]
    return Sample(path, tuple(table.schema.names), tuple(zip(*columns, strict=True)), form=PARQUET)
