"""Binary columns of Parquet as texts. A row whose bytes are not UTF-8 is refused: two such ids could become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.plan import BoundFile
from loaders.reading.csv_rows import BadRow
from loaders.reading.readers import Chunk
from loaders.rejects.kept_columns import kept_columns
from loaders.values.numbers import as_text, cell, is_bytes


def decoded(chunk: Chunk, file: BoundFile) -> Chunk:
    """A chunk in which the columns that are read are no bytes; rows that cannot be decoded are among the bad ones."""
    wrong: dict[int, str] = {}
    texts: dict[str, pa.Array] = {}
    for name in file.read:
        if is_bytes(chunk.columns[name].type):
            texts[name] = as_text(chunk.columns[name])
            wrong |= dict.fromkeys(_undecodable(chunk.columns[name]), name)
    if not wrong:
        return replace(chunk, columns=chunk.columns | texts)
    kept = kept_columns(file, chunk.columns)
    good = np.delete(np.arange(chunk.rows), list(wrong))
    return replace(
        chunk,
        columns={name: column.take(pa.array(good)) for name, column in (chunk.columns | texts).items()},
        lines=chunk.lines[good],
        positions=chunk.positions[good],
        bad=(*chunk.bad, *(_bad_row(int(chunk.lines[row]), kept, row, wrong[row]) for row in sorted(wrong))),
    )


def _undecodable(column: pa.Array) -> list[int]:
    try:
        pc.cast(column, pa.string())
    except pa.ArrowInvalid:
        return [row for row in range(len(column)) if not _is_utf8(column[row].as_py())]
    return []


def _is_utf8(raw: bytes | None) -> bool:
    try:
        (raw or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _bad_row(line: int, kept: Sequence[pa.Array], row: int, name: str) -> BadRow:
    cells = tuple(cell(column, row) or "" for column in kept)
    return BadRow(line, "bad_encoding", f"the bytes of {name} are not UTF-8; write it as text", cells)
