"""Refused rows: the codes that say why, and the file they are kept in.

The rejects file of an input has the input's columns, but for those that may not be stored, behind three of its own:
file, line, reason. Correct the rows and load the file (or its folder) again, with the same mapping if there was one:
they belong to the source that their folder tells. Ends that nobody knows become parties where they did in the input: as
the mapping says, or else where the source lists no parties. What is refused again keeps the file and line it had first.
Values are kept as they were, formulas too. What could not be parsed into columns stands, shortened, in one cell; bytes
that are not UTF-8 and NULs are written like \\xff and \\0. Such a row never has as many values as the header, so that
it stays refused until somebody corrects it.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from graph.errors import StoreError
from graph.schema import CATEGORIES, OUTCOME_STATES, OUTCOMES_KNOWN, PARTY_KINDS
from loaders.plan import BoundFile, Plan
from loaders.reading.csv_rows import SHOWN, Place
from loaders.reading.readers import Chunk
from loaders.reading.rejects_folder import RejectsFolder, folder_for
from loaders.reading.rejects_input import REJECT_COLUMNS, is_parquet
from loaders.rejects.kept_columns import kept_columns, kept_names
from loaders.values.numbers import cell

EXAMPLES: Final = 20  # refused rows that a result shows by itself

# Codes of rows that have columns. The codes of those that have none are in loaders.reading.csv_rows.
REASONS: Final = {
    "missing_id": "it is empty, and a party needs an id",
    "id_too_long": "an id has at most 1,024 bytes",
    "nul_in_id": "it holds a NUL character",
    "duplicate_id": "this party stands in the files already: keep one of its rows",
    "unknown_party_kind": f"no such kind of party: use {', '.join(PARTY_KINDS)} or nothing",
    "missing_kind": "it names no kind of relationship",
    "bad_kind_name": "a kind is letters, digits and _, at most 63, and begins with a letter",
    "unknown_kind": "this kind is not built in: give its category in this row, or under kinds in a mapping",
    "unknown_category": f"no such category: use {', '.join(CATEGORIES)}",
    "other_category": "the kind has another category already: say that one, or give the kind another name",
    "not_a_number": "it is not a number",
    "not_finite": "it is not a finite number",
    "too_large": "it is beyond the numbers that are stored (3.4e38)",
    "bad_count": "a count is a whole number from 0",
    "lost_line": "ids of this source are positions of rows: put back the line that Kith wrote here",
    "bad_time": "it is no time: use ISO or seconds since 1970, or say the unit in a mapping",
    "future_time": "it is in the future (for milliseconds, say so in a mapping)",
    "reversed_times": "it ends before it begins",
    "unknown_context": "a context is online or offline",
    "unknown_outcome": f"no such outcome: use 0, 1, {', '.join(OUTCOMES_KNOWN)}",
    "unknown_state": f"no such state of an outcome: use {', '.join(OUTCOME_STATES)} or nothing",
    "duplicate_key": "another row of the files has the same key: keep one of them",
    "dangling_end": "no party has this id, neither in the files nor in the store",
}


@dataclass(frozen=True, slots=True)
class Reject:
    """One refused row: where in the file being read, the column and value (shortened) that it failed on, and why."""

    file: str
    line: int
    column: str
    value: str
    code: str
    text: str

    def __str__(self) -> str:
        what = f"{self.column} = {self.value!r}: " if self.column else ""
        return f"{self.code}: {what}{self.text}"

    def told(self) -> str:
        """One line for people; the value is quoted, so that nothing in it is obeyed or mistaken for our words."""
        what = f"{self.column} = " if self.column else ""
        return f"{self.file}:{self.line} {what}{self.value!r}: {self.text} [{self.code}]"


def shortened(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


class RejectsFile:
    """Where the refused rows of one input go; made at the first of them. Without a folder they are only counted.

    An input that is read as several tables has one such file; a row that each of them refuses stands there once, with
    the first reason. Raises StoreError where it cannot be written: the load stays open, to be gone on with.
    """

    def __init__(
        self, folder: RejectsFolder | None, of: Path, columns: Sequence[str], delimiter: str, tables: int = 1
    ) -> None:
        self._columns, self._delimiter = tuple(columns), delimiter
        self._written: set[int] | None = set() if tables > 1 else None
        self._begun = False
        self._folder = folder
        self.path = None if folder is None else folder.path / _kept_as(of)
        self._file: TextIO | None = None

    def write(self, reject: Reject, place: Place | None, cells: Sequence[str | None]) -> None:
        """Keep one row; `place` is where it first stood, if it came from a rejects file itself."""
        if self._folder is None or self.path is None or (self._written is not None and reject.line in self._written):
            return
        if self._written is not None:
            self._written.add(reject.line)
        with self._trouble():
            file = self._file or self._open(self._folder, self.path)
            file.write(_line([*(place or (reject.file, str(reject.line))), str(reject), *cells], self._delimiter))

    def _open(self, folder: RejectsFolder, path: Path) -> TextIO:
        folder.make()
        self._file = path.open("a" if self._begun else "w", encoding="utf-8", newline="")
        if not self._begun:
            self._begun = True
            self._file.write(_line([*REJECT_COLUMNS, *self._columns], self._delimiter))
        return self._file

    def close(self) -> Path | None:
        """The path of the file, or None when nothing was refused. Writing goes on behind what is there."""
        if self._file is not None:
            file, self._file = self._file, None
            with self._trouble():
                file.close()
        return self.path if self._begun else None

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"the rejects file {self.path} cannot be written ({error.strerror}): make room, then load the same "
                "files again to finish the load"
            ) from error


def _line(cells: Sequence[str | None], delimiter: str) -> str:
    """A row of CSV. All of it is quoted where it holds a carriage return, which the csv module would leave bare."""
    texts = [(cell or "").replace("\0", "\\0") for cell in cells]
    bare = not any("\r" in text for text in texts)
    line = io.StringIO()
    csv.writer(
        line, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_MINIMAL if bare else csv.QUOTE_ALL
    ).writerow(texts)
    return line.getvalue()


class Refused:
    """What a load refused: how many, why, the first few, and the files they are kept in (without a folder: none)."""

    def __init__(self, folder: Path | None, plan: Plan) -> None:
        inputs = [file.path for file in plan.files]
        self._folder = None if folder is None else folder_for(plan.source, plan.fingerprint, inputs, folder)
        self._tables = Counter(file.path for file in plan.files)
        self._kept: dict[Path, RejectsFile] = {}
        self.count = 0
        self.reasons: Counter[str] = Counter()
        self.examples: list[Reject] = []
        self.files: list[Path] = []

    @contextmanager
    def of(self, file: BoundFile) -> Iterator[RejectsFile]:
        """The rejects file of an input; where several would have one name, they lie in folders of numbers."""
        if file.path not in self._kept:
            same = sum(_kept_as(path) == _kept_as(file.path) for path in self._kept)
            folder = self._folder
            if folder is not None and same:
                folder = folder.other(same + 1)
            tables = self._tables[file.path]
            self._kept[file.path] = RejectsFile(folder, file.path, kept_names(file), file.form.delimiter, tables)
        try:
            yield self._kept[file.path]
        finally:
            path = self._kept[file.path].close()
        if path is not None and path not in self.files:
            self.files.append(path)

    def add(self, file: BoundFile, chunk: Chunk, refused: Mapping[int, Reject], into: RejectsFile) -> None:
        """Count and keep the refused rows of a chunk, in the order of their lines."""
        told: list[tuple[Reject, Place | None, Sequence[str | None]]] = []
        width = len(kept_names(file))
        for bad in chunk.bad:
            reject = Reject(file.name, bad.line, "", shortened(",".join(bad.cells)), bad.code, bad.text)
            told.append((reject, bad.place, _never_whole(bad.cells, width)))
        columns = kept_columns(file, chunk.columns) if refused else []
        for row, reject in refused.items():
            told.append((reject, chunk.place(row), _held([cell(column, row) for column in columns])))
        for reject, place, cells in sorted(told, key=lambda one: one[0].line):
            self._count(reject)
            into.write(reject, place, cells)

    def _count(self, reject: Reject) -> None:
        self.count += 1
        self.reasons[reject.code] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(reject)


def _kept_as(path: Path) -> str:
    """The name of an input's rejects file."""
    return f"{path.stem}.csv" if is_parquet(path) else path.name


def _never_whole(cells: tuple[str, ...], columns: int) -> tuple[str, ...]:
    """What could not be parsed into so many columns, in another number of cells."""
    return (*cells, "") if len(cells) == columns else cells


def _held(cells: list[str | None]) -> list[str | None]:
    """Values as a row of CSV, which holds no NUL: where it is only written out, one more keeps the row refused."""
    return [*cells, ""] if any("\0" in (cell or "") for cell in cells) else cells
