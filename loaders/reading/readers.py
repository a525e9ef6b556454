"""Files -> chunks of columns: CSV and Parquet, streamed, each row with the line (or row number) it stands at.

A chunk holds at most CHUNK rows. CSV columns are texts; Parquet columns keep their types. A rejects file that Kith
wrote (its columns begin with file, line, reason) is read as the file it came from: those three are left out.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from graph.errors import InputError
from loaders.reading.csv_rows import BadRow, Place, RowReader
from loaders.reading.rejects_input import REJECT_COLUMNS, former_positions, is_parquet, is_rejects, put_back
from loaders.values.numbers import as_text

CHUNK: Final = 50_000
HEAD: Final = 1_000  # bytes that tell a rejects file
SPLIT_PARTS: Final = frozenset({"train", "val", "test"})
_OTHER_DELIMITERS: Final = ",;\t| "

Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """How a text file is written. `columns` names them where the file has no header.

    `rejects`: Kith wrote it for rows it refused, in UTF-8 and with a header, whatever the file they came from was like.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    columns: tuple[str, ...] = ()
    rejects: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file. `lines` are 1-based; `positions` count rows from 0; `bad` rows are in no column.

    Of a rejects file, `lines` are its own, `places` and `positions` those of the file the rows came from; a position is
    negative where that line is lost. `reasons` are what the rows were refused for.
    """

    columns: dict[str, pa.Array]
    lines: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]
    bad: tuple[BadRow, ...] = ()
    places: tuple[Place, ...] | None = None
    reasons: tuple[str, ...] | None = None

    @property
    def rows(self) -> int:
        return len(self.lines)

    def place(self, row: int) -> Place | None:
        return None if self.places is None else self.places[row]


def header(path: Path, form: Form) -> tuple[str, ...]:
    """The columns of a file, without those of a rejects file. Raises InputError: empty, unreadable, twice the same."""
    names = _parquet_header(path) if is_parquet(path) else _csv_header(path, form)
    if form.rejects:
        names = names[len(REJECT_COLUMNS) :]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise InputError(f"{path}: the column {twice[0]!r} stands twice in the header; rename one")
    return names


def nested(path: Path) -> list[str]:
    """The columns that hold lists or records, which are no fields of a fact."""
    if not is_parquet(path):
        return []
    with _parquet_file(path) as file:
        flat = _flat(file)
        return [name for name in file.schema_arrow.names if name not in flat]


def form_of(path: Path, form: Form) -> Form:
    """How this file is written: as `form` says, unless it is a rejects file."""
    return replace(form, encoding="utf-8", rejects=True) if is_rejects_file(path, form.delimiter) else form


def is_rejects_file(path: Path, delimiter: str) -> bool:
    """Whether Kith wrote this file for rows it refused: by its first columns, which are ASCII in any encoding."""
    if is_parquet(path):
        return False
    with _opened(path) as file:
        begin = file.read(HEAD).removeprefix(codecs.BOM_UTF8).decode("latin-1").lstrip("\r\n")
    try:
        return is_rejects(next(csv.reader(begin.splitlines()[:1], delimiter=delimiter), None))
    except csv.Error:
        return False


def chunks(path: Path, form: Form) -> Iterator[Chunk]:
    """The rows of a file in order. Raises InputError when it cannot be read to its end."""
    return _parquet_chunks(path) if is_parquet(path) else _csv_chunks(path, form)


def missing_column(path: Path, form: Form, wanted: str, found: tuple[str, ...]) -> InputError:
    """The error for a column that is not there; it guesses whether the delimiter is another one."""
    if not is_parquet(path) and len(found) == 1:
        for other in _OTHER_DELIMITERS:
            if other != form.delimiter and wanted in [part.strip(' "') for part in found[0].split(other)]:
                return InputError(
                    f"{path}: its columns look separated by {other!r}, not {form.delimiter!r}; "
                    f"save it with {form.delimiter!r} or say delimiter = {other!r} in a mapping"
                )
    return InputError(
        f"{path}: the column {wanted!r} is missing (it has: {listed(found)}); add it or describe it in a mapping"
    )


def listed(columns: Sequence[str]) -> str:
    """Names of columns on one line, the first dozen of them."""
    return " ".join(", ".join(columns[:12]).split()) + (" ..." if len(columns) > 12 else "")


def _opened(path: Path):  # type: ignore[no-untyped-def]
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{path} cannot be opened: {error.strerror}") from error


def _csv_header(path: Path, form: Form) -> tuple[str, ...]:
    with _opened(path) as file:
        first = RowReader(file, path, form.delimiter, form.encoding).first()
    if first is None:
        raise InputError(f"{path} is empty; it needs {'rows' if form.columns else 'a header'}")
    if form.columns and not form.rejects:
        if len(first) != len(form.columns):
            raise InputError(
                f"{path}: its first line has {len(first)} values separated by {form.delimiter!r}, the mapping names "
                f"{len(form.columns)} columns ({', '.join(form.columns)}); check delimiter and columns"
            )
        return form.columns
    names = _names(first, form)
    if not any(names):
        raise InputError(f"{path}: the header is blank; name the columns")
    return names


def _csv_chunks(path: Path, form: Form) -> Iterator[Chunk]:
    with _opened(path) as file:
        reader = RowReader(file, path, form.delimiter, form.encoding)
        first = reader.first()
        if form.columns and not form.rejects:
            file.seek(0)
            reader = RowReader(file, path, form.delimiter, form.encoding)
            names = form.columns
        else:
            names = _names(first or [], form)
        reader.width = len(names)
        before = len(REJECT_COLUMNS) if form.rejects else 0
        seen = 0
        while True:
            rows, lines, bad = reader.rows(CHUNK)
            if not rows and not bad:
                return
            texts: list[Texts] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
            own = zip(names[before:], texts[before:], strict=True)
            at = np.array(lines, np.int64)
            chunk = Chunk(
                {name: pa.array(column, pa.string()) for name, column in own}, at, _positions(at, bad, seen), tuple(bad)
            )
            seen += len(rows) + len(bad)
            yield _of_rejects(chunk, form, *texts[:before]) if form.rejects else chunk


def _names(first: list[str], form: Form) -> tuple[str, ...]:
    """The names in a header; in a rejects file, those that a mapping gave stand as they are."""
    return tuple(first) if form.rejects else tuple(name.strip() for name in first)


def _of_rejects(chunk: Chunk, form: Form, files: Texts, lines: Texts, reasons: Texts) -> Chunk:
    """Rows of a rejects file as rows of the files they came from."""
    return replace(
        chunk,
        positions=former_positions(files, lines, header=not form.columns),
        bad=tuple(put_back(bad, form.delimiter) for bad in chunk.bad),
        places=tuple(map(Place, files, lines)),
        reasons=reasons,
    )


def _positions(lines: npt.NDArray[np.int64], bad: list[BadRow], seen: int) -> npt.NDArray[np.int64]:
    """Position of each good row in the file, counting the bad ones between them."""
    before = np.searchsorted(np.array([row.line for row in bad], np.int64), lines)
    return seen + np.arange(len(lines), dtype=np.int64) + before


def _parquet_file(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        why = str(error).splitlines()[0]
        raise InputError(f"{path} cannot be read as Parquet ({why}); write it again") from error


def _parquet_header(path: Path) -> tuple[str, ...]:
    with _parquet_file(path) as file:
        return tuple(_flat(file))


def _flat(file: pq.ParquetFile) -> list[str]:
    """The columns that hold one value in each row."""
    return [field.name for field in file.schema_arrow if not pa.types.is_nested(field.type)]


def _parquet_chunks(path: Path) -> Iterator[Chunk]:
    seen = 0
    with _parquet_file(path) as file:
        batches = file.iter_batches(batch_size=CHUNK, columns=_flat(file))
        while True:
            try:
                batch = next(batches, None)
                if batch is not None:
                    batch.validate(full=True)  # texts may hold bytes that are not UTF-8
            except (pa.ArrowException, OSError) as error:
                why = str(error).splitlines()[0]
                raise InputError(f"{path} is damaged after row {seen} ({why}); write it again") from error
            if batch is None:
                return
            positions = np.arange(seen, seen + batch.num_rows, dtype=np.int64)
            seen += batch.num_rows
            yield Chunk(dict(zip(batch.schema.names, batch.columns, strict=True)), positions + 1, positions)


def read_splits(folder: Path) -> dict[str, dict[str, str]]:
    """Every split of `splits.csv` or `splits.parquet`: split name -> {party id: train | val | test}.

    Parties with an empty cell are left out of that split; without such a file there are no splits. Raises InputError
    when a cell says something else, and when a party stands there twice.
    """
    found = [path for path in (folder / "splits.csv", folder / "splits.parquet") if path.is_file()]
    if not found:
        return {}
    path, form = found[0], Form()
    names = header(path, form)
    if "id" not in names:
        raise missing_column(path, form, "id", names)
    splits: dict[str, dict[str, str]] = {name: {} for name in names if name.startswith("split")}
    if not splits:
        raise missing_column(path, form, "split_0", names)
    first: dict[str, int] = {}
    for chunk in chunks(path, form):
        for bad in islice(chunk.bad, 1):
            raise InputError(f"{path}, line {bad.line}: {bad.text}")
        ids = as_text(chunk.columns["id"]).to_pylist()
        _refuse_twice(path, ids, chunk.lines.tolist(), first)
        for name, parts in splits.items():
            for party, part, line in zip(ids, chunk.columns[name].to_pylist(), chunk.lines, strict=True):
                if not part:
                    continue
                if part not in SPLIT_PARTS:
                    raise InputError(f"{path}, line {line}: {name} is {part!r}; use train, val, test or nothing")
                parts[party] = part
    return splits


def _refuse_twice(path: Path, ids: Sequence[str], lines: Sequence[int], first: dict[str, int]) -> None:
    """Raise InputError for an id that stands there again; `first` are the lines of those seen so far."""
    for party, line in zip(ids, lines, strict=True):
        if first.setdefault(party, line) != line:
            raise InputError(f"{path}, line {line}: {party!r} stands in line {first[party]} already; keep one of them")
