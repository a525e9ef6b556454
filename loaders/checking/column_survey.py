"""Reading a file for what its whole columns show: the first of the two times that a load reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.checking.chunk_context import ChunkContext
from loaders.checking.conditions import rows_to_load
from loaders.checking.survey import MISSING_ATTRIBUTE, FileSurvey
from loaders.mapping import NUMBER_FIELDS, TIME_FIELDS, FieldMapping, SourceMapping
from loaders.plan import ResolvedFile
from loaders.reading.readers import chunks
from loaders.values.money import amount
from loaders.values.numbers import NumberEvidence, NumberNotation, parse_numbers
from loaders.values.texts import as_text, is_text, tokens_to_null
from loaders.values.times import YEAR_SECONDS, TimeEvidence, TimeNotation, parse_times

NOT_NUMBERS: Final = ("inf", "infinity", "nan", "+inf", "-inf", "+infinity", "-infinity", "+nan", "-nan")
_NUMBER: Final = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"


def survey(file: ResolvedFile, mapping: SourceMapping, see: Callable[[ChunkContext], None]) -> FileSurvey:
    """What the columns of a file show; every chunk is shown to `see` too."""
    columns = _ColumnSurvey(file, mapping)
    for chunk in chunks(file.path, file.dialect):
        context = ChunkContext.of_chunk(file, mapping, rows_to_load(chunk, file, mapping), now=np.inf)
        columns.add(context)
        see(context)
    return columns.result()


class _ColumnSurvey:
    """What the columns of the chunks so far show."""

    def __init__(self, file: ResolvedFile, mapping: SourceMapping) -> None:
        self._file, self._mapping = file, mapping
        self._numbers: dict[str, NumberEvidence] = {}
        self._times: dict[str, TimeEvidence] = {}
        self._dated: set[str] = set()
        self._currencies: dict[str, set[str]] = {}
        self._not_plain: set[str] = set()  # attributes with a value that is no number in plain notation
        self._not_comma: set[str] = set()  # and with one that is none with decimal commas

    def add(self, context: ChunkContext) -> None:
        for name in sorted(self._file.fields.keys() & (NUMBER_FIELDS | TIME_FIELDS)):
            values = context.column(name)
            if values is not None:
                self._add(name, self._file.fields[name], values)
                self._add_currencies(context, name, self._file.fields[name])
        for name in self._file.attributes:
            source = self._file.mapping.attributes.get(name)
            if source is None:
                self._add_attribute(name, context.chunk.columns[name])
            else:
                self._add(name, source, context.attribute(name, source))
                self._add_currencies(context, name, source)

    def _add(self, name: str, source: FieldMapping, values: pa.Array) -> None:
        """Add the values of a field, or of an attribute that the mapping describes."""
        if name in TIME_FIELDS or source.is_time:
            self._add_times(name, source.time, values)
        elif pa.types.is_string(values.type):
            self._numbers[name] = self._numbers.get(name, NumberEvidence()) | NumberEvidence.of(values)

    def _add_currencies(self, context: ChunkContext, name: str, source: FieldMapping) -> None:
        if source.currency is None:
            return
        for column in source.columns:
            for text in pc.unique(as_text(context.chunk.columns[column])).drop_null().to_pylist():
                stated = amount(text, source.currency)
                if stated is not None and stated[1]:
                    self._currencies.setdefault(name, set()).add(stated[1])

    def _add_times(self, name: str, notation: TimeNotation, values: pa.Array) -> None:
        if "auto" in notation.units:
            self._times[name] = self._times.get(name, TimeEvidence()) | TimeEvidence.of(values)
        elif name not in self._dated:
            times = parse_times(values, notation)
            if (np.isfinite(times) & (np.abs(times) > YEAR_SECONDS)).any():
                self._dated.add(name)

    def _add_attribute(self, name: str, values: pa.Array) -> None:
        if not is_text(values.type):
            return
        tokens = self._mapping.missing if self._mapping.missing is not None else MISSING_ATTRIBUTE
        texts = tokens_to_null(as_text(values), tokens)
        texts = texts.filter(pc.invert(pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(texts)), pa.array(NOT_NUMBERS))))
        if pc.all(pc.match_substring_regex(texts, _NUMBER)).as_py() is False:
            self._not_plain.add(name)
        evidence = NumberEvidence.of(texts)
        self._numbers[name] = self._numbers.get(name, NumberEvidence()) | evidence
        if name not in self._not_comma and np.isinf(parse_numbers(texts, NumberNotation(",", "."))).any():
            self._not_comma.add(name)

    def result(self) -> FileSurvey:
        notations, plain = {}, set()
        for name, evidence in self._numbers.items():
            notation = evidence.notation
            if self._file.dialect.rejects and evidence.rests_on_plain_notation and name in self._file.fields:
                notation = NumberNotation(is_doubtful=True)  # the column it came from may have shown another notation
            elif evidence.rests_on_plain_notation:
                plain.add(name)
            is_declared = name in self._file.fields or name in self._file.mapping.attributes
            is_number = is_declared or notation.decimal != "," or name not in self._not_comma
            notations[name] = notation if is_number else NumberNotation(is_doubtful=True)
        texts = {n for n in self._not_plain if notations.get(n, NumberNotation()).decimal != ","}
        dated = self._dated | {name for name, evidence in self._times.items() if evidence.dates}
        currencies = {name: tuple(sorted(found)) for name, found in self._currencies.items()}
        return FileSurvey(
            notations, frozenset(plain - texts), self._times, frozenset(dated), frozenset(texts), currencies
        )
