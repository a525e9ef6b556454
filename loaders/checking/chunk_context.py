"""The fields of a chunk: the values of its columns as the mapping says, recoded, in Kith's units, null for missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from loaders.checking import checks
from loaders.checking.row_validation import RowValidation
from loaders.mapping import FieldMapping, SourceMapping
from loaders.plan import ResolvedFile
from loaders.reading.chunk import Chunk
from loaders.values.arrays import F64
from loaders.values.numbers import NUMBER, parse_numbers
from loaders.values.texts import as_text, integer_text, map_distinct, tokens_to_null
from loaders.values.times import parse_times

ID_FIELDS: Final = frozenset({"id", "source", "target"})  # only the empty text means missing in them


@dataclass(frozen=True, slots=True)
class ChunkContext:
    """A chunk that is being checked, and how its fields are read.

    A field has one value a row; it is None where the file has no such field.
    now: seconds since 1970; later times are in the future.
    """

    file: ResolvedFile
    mapping: SourceMapping
    chunk: Chunk
    validation: RowValidation
    now: float

    @staticmethod
    def of_chunk(file: ResolvedFile, mapping: SourceMapping, chunk: Chunk, now: float) -> ChunkContext:
        """The context before any check."""
        return ChunkContext(file, mapping, chunk, RowValidation.of_chunk(file.name, chunk), now)

    def column(self, field: str) -> pa.Array | None:
        """The values of a field as its column has them: texts, or Parquet's own type; missing ones are null."""
        source = self.file.fields.get(field)
        if source is None:
            return None
        if source.constant is not None:
            return pa.repeat(pa.scalar(source.constant), self.chunk.rows)
        if source.row:
            self.validation.reject(self.chunk.row_indices < 0, "lost_line", "line", None)
            positions = pc.cast(pa.array(self.chunk.row_indices + source.start), pa.string())
            return _with_prefix(positions, source.prefix)
        values = self.chunk.columns[source.column or ""]
        if source.is_recoded:
            values = _recoded(as_text(values), source)
        return self._without_missing(values, source, field)

    def text(self, field: str) -> pa.Array | None:
        """The values of a field as strings."""
        values = self.column(field)
        return None if values is None else as_text(values)

    def number(self, field: str) -> F64 | None:
        """The values of a field as numbers in Kith's unit, NaN where missing; others are rejected."""
        values = self.column(field)
        if values is None:
            return None
        numbers = parse_numbers(values)
        checks.finite(self.validation, self.file.column_name(field), values, numbers)
        divisor = self.file.fields[field].divide_by
        return numbers if divisor == 1.0 else numbers / divisor

    def time(self, field: str, latest: float | None = None) -> F64 | None:
        """The values of a field in seconds since 1970, NaN where missing; what is no time is rejected.

        So are times after `latest`, which is now where it is left out.
        """
        values = self.column(field)
        if values is None:
            return None
        source = self.file.fields[field]
        times = parse_times(values, source.unit, source.since)
        checks.times(
            self.validation, self.file.column_name(field), values, times, self.now if latest is None else latest
        )
        return times

    def _without_missing(self, values: pa.Array, source: FieldMapping, field: str) -> pa.Array:
        if pa.types.is_dictionary(values.type) or pa.types.is_large_string(values.type):
            values = as_text(values)
        if not pa.types.is_string(values.type):
            return values
        if field in ID_FIELDS:
            return tokens_to_null(values, ("",))
        tokens = source.missing if source.missing is not None else (self.mapping.missing or ("",))
        return tokens_to_null(values, tokens)


def _recoded(texts: pa.Array, source: FieldMapping) -> pa.Array:
    """Texts with whole numbers written as integers, then replaced by `values`, then with the prefix."""
    if source.whole:
        texts = map_distinct(texts, lambda text: _whole_number(text) or text)
    if source.values or source.otherwise is not None:
        texts = map_distinct(texts, lambda text: source.values.get(text, source.otherwise or text))
    return _with_prefix(texts, source.prefix)


def _whole_number(text: str) -> str | None:
    """The digits of a whole number written as a float (`8.38e+02` is 838); None for anything else."""
    return integer_text(float(text)) if NUMBER.fullmatch(text.strip()) else None


def _with_prefix(texts: pa.Array, prefix: str) -> pa.Array:
    return pc.binary_join_element_wise(prefix, texts, "") if prefix else texts
