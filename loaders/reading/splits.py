"""Published splits: which parties a model is trained on, which choose it, and which it is tested on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from graph.errors import InputError
from loaders.reading.dialect import CsvDialect
from loaders.reading.readers import chunks, column_names, missing_column
from loaders.values.texts import as_text

SPLIT_PARTS: Final = frozenset({"train", "val", "test"})


def read_splits(folder: Path) -> dict[str, dict[str, str]]:
    """Every split in `splits.csv` or `splits.parquet` of a folder: split name -> {party id: train | val | test}.

    Parties with an empty cell are left out of that split; without such a file there are no splits.

    Raises InputError where a cell holds anything else, or a party has two rows.
    """
    paths = [path for path in (folder / "splits.csv", folder / "splits.parquet") if path.is_file()]
    if not paths:
        return {}
    path, dialect = paths[0], CsvDialect()
    names = column_names(path, dialect)
    if "id" not in names:
        raise missing_column(path, dialect, "id", names)
    splits: dict[str, dict[str, str]] = {name: {} for name in names if name.startswith("split")}
    if not splits:
        raise missing_column(path, dialect, "split_0", names)
    line_of: dict[str, int] = {}
    for chunk in chunks(path, dialect):
        if chunk.malformed:
            raise InputError(f"{path}, line {chunk.malformed[0].line}: {chunk.malformed[0].text}")
        ids = as_text(chunk.columns["id"]).to_pylist()
        _check_distinct(path, ids, chunk.lines.tolist(), line_of)
        for name, parts in splits.items():
            for party, part, line in zip(ids, chunk.columns[name].to_pylist(), chunk.lines, strict=True):
                if not part:
                    continue
                if part not in SPLIT_PARTS:
                    raise InputError(f"{path}, line {line}: {name} is {part!r}; use train, val, test or nothing")
                parts[party] = part
    return splits


def _check_distinct(path: Path, ids: Sequence[str], lines: Sequence[int], line_of: dict[str, int]) -> None:
    """Add the line of each id to `line_of`. Raises InputError for an id that has one already."""
    for party, line in zip(ids, lines, strict=True):
        if line_of.setdefault(party, line) != line:
            first = line_of[party]
            raise InputError(f"{path}, line {line}: {party!r} is already in line {first}; keep one of them")
