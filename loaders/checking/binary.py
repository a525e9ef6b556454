"""Binary columns of Parquet as texts. A row whose bytes are not UTF-8 is malformed: two such ids could become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.plan import ResolvedFile
from loaders.reading.chunk import Chunk, MalformedRow
from loaders.rejects.kept_columns import kept_columns
from loaders.values.texts import as_text, cell_text, is_bytes


def decode_bytes(chunk: Chunk, file: ResolvedFile) -> Chunk:
    """The chunk with texts in place of bytes in the columns that are read, and undecodable rows among the malformed."""
    texts: dict[str, pa.Array] = {}
    undecodable: dict[int, str] = {}  # row -> column
    for name in file.columns_read:
        if is_bytes(chunk.columns[name].type):
            texts[name] = as_text(chunk.columns[name])
            undecodable |= dict.fromkeys(_undecodable_rows(chunk.columns[name]), name)
    columns = chunk.columns | texts
    if not undecodable:
        return replace(chunk, columns=columns)
    kept = kept_columns(file, chunk.columns)
    rows = np.delete(np.arange(chunk.rows), list(undecodable))
    malformed = [_malformed_row(int(chunk.lines[row]), kept, row, undecodable[row]) for row in sorted(undecodable)]
    return replace(
        chunk,
        columns={name: column.take(pa.array(rows)) for name, column in columns.items()},
        lines=chunk.lines[rows],
        row_indices=chunk.row_indices[rows],
        malformed=(*chunk.malformed, *malformed),
    )


def _undecodable_rows(column: pa.Array) -> list[int]:
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


def _malformed_row(line: int, kept: Sequence[pa.Array], row: int, column: str) -> MalformedRow:
    cells = tuple(cell_text(values, row) or "" for values in kept)
    return MalformedRow(line, "bad_encoding", f"the bytes of {column} are not UTF-8; write it as text", cells)
