"""The fields of a chunk: the values of its columns as the mapping says, recoded, in Kith's units, null for missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.checking import checks
from loaders.checking.recoding import joined, recoded, with_prefix
from loaders.checking.row_validation import RowValidation
from loaders.checking.survey import NOTHING_KNOWN, FileSurvey
from loaders.mapping import FieldMapping, SourceMapping
from loaders.notices import Notices
from loaders.plan import ResolvedFile
from loaders.reading.chunk import Chunk
from loaders.values.arrays import F64
from loaders.values.ids import are_formulas, as_ids
from loaders.values.money import CODES_OF_SIGNS
from loaders.values.numbers import DOT_DOUBTFUL, PLAIN, NumberNotation, hundredths, parse_numbers
from loaders.values.texts import as_text, numbers_to_null, tokens_to_null, trimmed
from loaders.values.times import YEAR_SECONDS, TimeEvidence, parse_times

ID_FIELDS: Final = frozenset({"id", "source", "target", "order", "party"})
TRIMMED_FIELDS: Final = frozenset({"kind", "category", "context", "symmetric", "outcome", "state", "asked", "purpose"})


@dataclass(frozen=True, slots=True)
class ChunkContext:
    """A chunk that is being checked, and how its fields are read.

    A field has one value a row; it is None where the file has no such field.
    now: seconds since 1970; later times are in the future.
    survey: what the whole columns of the file show.
    """

    file: ResolvedFile
    mapping: SourceMapping
    chunk: Chunk
    validation: RowValidation
    now: float
    survey: FileSurvey = NOTHING_KNOWN
    _columns: dict[str, pa.Array] = field(default_factory=dict)  # of fields, once they are read

    @staticmethod
    def of_chunk(
        file: ResolvedFile,
        mapping: SourceMapping,
        chunk: Chunk,
        now: float,
        survey: FileSurvey = NOTHING_KNOWN,
        notices: Notices | None = None,
    ) -> ChunkContext:
        """The context before any check; doubts go to `notices`."""
        return ChunkContext(file, mapping, chunk, RowValidation.of_chunk(file.name, chunk, notices), now, survey)

    def column(self, field: str) -> pa.Array | None:
        """The values of a field as its column has them: texts, or Parquet's own type; missing ones are null."""
        if field in self._columns:
            return self._columns[field]
        source = self.file.fields.get(field)
        if source is None:
            return None
        values = self._values(field, source)
        fallback = source.fallback
        while fallback is not None:
            missing = pc.is_null(values)
            values = pc.coalesce(as_text(values), as_text(self._values(field, fallback, missing)))
            fallback = fallback.fallback
        self._columns[field] = values
        return values

    def _values(self, field: str, source: FieldMapping, among: pa.Array | None = None) -> pa.Array:
        """The values of a field from one source; those outside the rows of the condition `among` are null."""
        if source.constant is not None:
            return pa.repeat(pa.scalar(source.constant), self.chunk.rows)
        if source.row:
            self.validation.reject(self.chunk.row_indices < 0, "lost_line", "line", None)
            positions = pc.cast(pa.array(self.chunk.row_indices + source.start), pa.string())
            return with_prefix(positions, source.prefix)
        parts = [self._cells(field, source, column, among) for column in source.columns]
        values = parts[0] if len(parts) == 1 else joined(parts, source.join)
        if source.is_recoded:
            lookup = None if source.lookup is None else self.file.lookups[source.lookup]
            values = self._without_missing(recoded(self.validation, values, source, lookup), source)
        return values

    def _cells(self, field: str, source: FieldMapping, column: str, among: pa.Array | None) -> pa.Array:
        """The cells of one column, as ids or texts where the field or the mapping needs them so."""
        values = self.chunk.columns[column]
        if among is not None:
            values = pc.if_else(among, values, pa.scalar(None, values.type))
        if field in ID_FIELDS:
            values = self._ids(as_text(values), source, column)
        elif source.is_recoded or field in TRIMMED_FIELDS:
            values = as_text(values)
            if field in TRIMMED_FIELDS:
                values = trimmed(values)
        return self._without_missing(values, source)

    def _ids(self, values: pa.Array, source: FieldMapping, column: str) -> pa.Array:
        """Texts as ids; what makes them look damaged is rejected or noted."""
        if not source.trim:
            return values
        ids = as_ids(values)
        self.validation.note(are_formulas(values), "formula_id", column, values)
        return ids

    def text(self, field: str) -> pa.Array | None:
        """The values of a field as strings."""
        values = self.column(field)
        return None if values is None else as_text(values)

    def number(self, field: str) -> F64 | None:
        """The values of a field as numbers in Kith's unit, NaN where missing; others are rejected."""
        values = self.column(field)
        return None if values is None else self._numbers(field, self.file.fields[field], values)

    def attribute(self, name: str, source: FieldMapping) -> pa.Array:
        """The values of an attribute that the mapping describes, as `column` has those of a field."""
        return self._values(name, source)

    def attribute_numbers(self, name: str, source: FieldMapping) -> F64:
        """The values of such an attribute as numbers, times as seconds since 1970; NaN where missing."""
        values = self.attribute(name, source)
        if source.is_time:
            return self._times(name, source, values, latest=np.inf)
        return self._numbers(name, source, values)

    def _numbers(self, name: str, source: FieldMapping, values: pa.Array) -> F64:
        column, notation = source.column_name or name, self.number_notation(name)
        self.note_plain_numbers(name, column, values)
        currencies = self.survey.currencies.get(name, ())
        if len({CODES_OF_SIGNS.get(currency, currency) for currency in currencies}) > 1:
            count = len(values) - values.null_count
            self.validation.notices.add(self.file.name, "several_currencies", ", ".join(currencies), column, count)
        numbers = parse_numbers(values, notation)
        checks.unread_marks(self.validation, column, values, numbers, source)
        checks.finite(self.validation, column, values, numbers, notation)
        checks.rounded(self.validation, column, values, numbers)
        if source.percent:
            numbers = hundredths(numbers)
        return numbers if source.divide_by == 1.0 else numbers / source.divide_by

    def number_notation(self, name: str) -> NumberNotation:
        """How the numbers of a field or an attribute are written: as the mapping says, or as the whole column shows."""
        source = self.file.fields.get(name) or self.file.mapping.attributes.get(name)
        given = (source.number if source is not None else None) or self.file.mapping.number
        return given or self.survey.numbers.get(name, PLAIN)

    def note_plain_numbers(self, name: str, column: str, values: pa.Array) -> None:
        """Note the numbers such as 1.234 of a field or an attribute in which nothing shows that the dot is decimal."""
        if name in self.survey.plain and pa.types.is_string(values.type):
            self.validation.note(pc.match_substring_regex(values, DOT_DOUBTFUL), "plain_number", column, values)

    def time(self, field: str, latest: float | None = None) -> F64 | None:
        """The values of a field in seconds since 1970, NaN where missing; what is no time is rejected.

        So are times after `latest`, which is now where it is left out.
        """
        values = self.column(field)
        if values is None:
            return None
        return self._times(field, self.file.fields[field], values, self.now if latest is None else latest)

    def _times(self, name: str, source: FieldMapping, values: pa.Array, latest: float) -> F64:
        notation, column = source.time, source.column_name or name
        evidence = self.survey.times.get(name, TimeEvidence())
        times = parse_times(values, notation, evidence)
        checks.times(self.validation, column, values, times, notation, latest)
        near = np.abs(times) < YEAR_SECONDS
        if name in self.survey.dated:
            self.validation.note(pa.array(near), "near_1970", column, values)
        elif "auto" in notation.units and not notation.since and evidence.counts_seconds:
            self.validation.note(pa.array(near), "seconds_of_1970", column, values)
        return times

    def missing_tokens(self, source: FieldMapping) -> tuple[str, ...]:
        """The texts that mean missing in a field."""
        return source.missing if source.missing is not None else (self.mapping.missing or ("",))

    def _without_missing(self, values: pa.Array, source: FieldMapping) -> pa.Array:
        tokens = self.missing_tokens(source)
        if pa.types.is_dictionary(values.type) or pa.types.is_large_string(values.type):
            values = as_text(values)
        if pa.types.is_string(values.type):
            return tokens_to_null(values, tokens)
        return numbers_to_null(values, tokens)
