"""The rows of a chunk that a load reads: those that fulfil the conditions of the mapping, with bytes as texts."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from loaders.checking.binary import decode_bytes
from loaders.mapping import Condition, SourceMapping
from loaders.notices import Notices
from loaders.plan import ResolvedFile
from loaders.reading.chunk import Chunk
from loaders.rejects.reject import shortened
from loaders.values.arrays import Bools, to_mask
from loaders.values.ids import as_ids
from loaders.values.texts import as_text, tokens_to_null


def rows_to_load(chunk: Chunk, file: ResolvedFile, mapping: SourceMapping, notices: Notices | None = None) -> Chunk:
    """The chunk without the rows that fail a condition; they are counted in `notices` by the first that they fail."""
    chunk = decode_bytes(chunk, file)
    for condition in file.mapping.where:
        cells = tokens_to_null(as_ids(as_text(chunk.columns[condition.column])), mapping.missing or ("",))
        fulfilled = _are_fulfilled(cells, condition)
        left_out = int((~fulfilled).sum())
        if not left_out:
            continue
        if notices is not None:
            first = cells.filter(pa.array(~fulfilled))[0].as_py()
            notices.add(file.name, "left_out", repr(shortened(first)), condition.column, left_out)
        chunk = chunk.filter(fulfilled)
    return chunk


def _are_fulfilled(cells: pa.Array, condition: Condition) -> Bools:
    if condition.missing is not None:
        return to_mask(pc.is_null(cells) if condition.missing else pc.is_valid(cells))
    if condition.among is not None:
        return _are_among(cells, condition.among)
    return ~_are_among(cells, condition.not_among or ())


def _are_among(cells: pa.Array, texts: Sequence[str]) -> Bools:
    """Whether each cell is one of the texts; a missing one is the empty text."""
    return to_mask(pc.is_in(pc.fill_null(cells, ""), value_set=pa.array(texts, pa.string())))
