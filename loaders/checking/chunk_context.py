"""The fields of a chunk: the values of its columns as the mapping says, recoded, in Kith's units, null for missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.checking import checks
from loaders.checking.row_validation import RowValidation
from loaders.checking.survey import NOTHING_KNOWN, FileSurvey
from loaders.mapping import FieldMapping, SourceMapping
from loaders.notices import Notices
from loaders.plan import ResolvedFile
from loaders.reading.chunk import Chunk
from loaders.values.arrays import F64, to_mask
from loaders.values.ids import ANY_ROUNDED, are_formulas, as_ids, normal_form, whole_number
from loaders.values.numbers import DOT_DOUBTFUL, PLAIN, NumberNotation, parse_numbers
from loaders.values.texts import as_text, map_distinct, numbers_to_null, tokens_to_null, trimmed
from loaders.values.times import YEAR_SECONDS, TimeEvidence, parse_times

ID_FIELDS: Final = frozenset({"id", "source", "target"})
TRIMMED_FIELDS: Final = frozenset({"kind", "category", "context", "outcome", "state"})


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
        if field in ID_FIELDS:
            values = self._ids(as_text(values), source)
        elif source.is_recoded or field in TRIMMED_FIELDS:
            values = as_text(values)
            if field in TRIMMED_FIELDS:
                values = trimmed(values)
        values = self._without_missing(values, source)
        if source.is_recoded:
            values = self._without_missing(self._recoded(values, source), source)
        return values

    def _ids(self, values: pa.Array, source: FieldMapping) -> pa.Array:
        """Texts as ids; what makes them look damaged is rejected or noted."""
        if not source.trim:
            return values
        column = source.column or ""
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
        if values is None:
            return None
        column, notation = self.file.column_name(field), self.number_notation(field)
        self.note_plain_numbers(field, column, values)
        numbers = parse_numbers(values, notation)
        checks.finite(self.validation, column, values, numbers, notation)
        divisor = self.file.fields[field].divide_by
        return numbers if divisor == 1.0 else numbers / divisor

    def number_notation(self, name: str) -> NumberNotation:
        """How the numbers of a field or an attribute are written: as the mapping says, or as the whole column shows."""
        source = self.file.fields.get(name)
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
        notation, column = self.file.fields[field].time, self.file.column_name(field)
        evidence = self.survey.times.get(field, TimeEvidence())
        times = parse_times(values, notation, evidence)
        checks.times(self.validation, column, values, times, notation, self.now if latest is None else latest)
        near = np.abs(times) < YEAR_SECONDS
        if field in self.survey.dated:
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

    def _recoded(self, texts: pa.Array, source: FieldMapping) -> pa.Array:
        """Texts in the field's form, then replaced by `values`, then with the prefix."""
        if source.whole:
            whole = map_distinct(texts, whole_number)
            lost = to_mask(pc.and_(pc.is_null(whole), pc.match_substring_regex(texts, ANY_ROUNDED)))
            self.validation.reject(lost, "rounded_id", source.column or "", texts)
            texts = pc.coalesce(whole, texts)
        for form in source.form:
            texts = normal_form(texts, form)
        if source.values or source.otherwise is not None:
            texts = map_distinct(texts, lambda text: source.values.get(text, source.otherwise or text))
        return _with_prefix(texts, source.prefix)


def _with_prefix(texts: pa.Array, prefix: str) -> pa.Array:
    return pc.binary_join_element_wise(prefix, texts, "") if prefix else texts
