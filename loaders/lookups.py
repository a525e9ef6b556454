"""Look-up files: texts that stand for others, such as the customer number of an IBAN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import InputError
from loaders.mapping import LookupMapping
from loaders.reading.opening import archive_of, is_input
from loaders.reading.readers import chunks, column_names, dialect_of, missing_column
from loaders.values.ids import as_ids
from loaders.values.normal_forms import normal_form
from loaders.values.texts import as_text, tokens_to_null


@dataclass(frozen=True, slots=True)
class LookupTable:
    """What a look-up file says.

    keys, values: of equal length, each key once. Keys that the file gives several values are left out.
    contradictions: how many those are; example: the first of them.
    """

    path: Path
    keys: pa.Array
    values: pa.Array
    contradictions: int = 0
    example: str = ""

    def find(self, texts: pa.Array) -> pa.Array:
        """The value of each text, null where there is none; shape (texts,)."""
        return self.values.take(pc.index_in(texts, value_set=self.keys))


def read_lookup(lookup: LookupMapping, beside: Path, missing: Sequence[str]) -> LookupTable:
    """The table of a look-up file, which lies beside a file that is loaded or beside the mapping.

    missing: texts that mean missing; rows without a key or a value say nothing.

    Raises InputError where there is no such file, or it lacks a column.
    """
    path = _found(lookup, beside)
    dialect = dialect_of(path, lookup.dialect)
    names = column_names(path, dialect)
    for name in (lookup.key, lookup.value):
        if name not in names:
            raise missing_column(path, dialect, name, names)
    value_of: dict[str, str] = {}
    contradicted: dict[str, None] = {}
    for chunk in chunks(path, dialect):
        if chunk.malformed:
            raise InputError(f"{path}, line {chunk.malformed[0].line}: {chunk.malformed[0].text}")
        keys, values = (
            tokens_to_null(as_ids(as_text(chunk.columns[name])), missing) for name in (lookup.key, lookup.value)
        )
        for form in lookup.form:
            keys = normal_form(keys, form, lookup.country)
        for key, value in zip(keys.to_pylist(), values.to_pylist(), strict=True):
            if key is not None and value is not None and value_of.setdefault(key, value) != value:
                contradicted[key] = None
    known = [key for key in value_of if key not in contradicted]
    return LookupTable(
        path,
        pa.array(known, pa.string()),
        pa.array([value_of[key] for key in known], pa.string()),
        len(contradicted),
        next(iter(contradicted), ""),
    )


def _found(lookup: LookupMapping, beside: Path) -> Path:
    archive = archive_of(beside)
    folders = [beside.parent, None if archive is None else archive.parent, lookup.folder]
    for folder in filter(None, folders):
        if is_input(folder / lookup.file):
            return folder / lookup.file
    places = " nor in ".join(map(str, dict.fromkeys(filter(None, folders))))
    raise InputError(f"the look-up file {lookup.file!r} is not in {places}; put it there or give its whole path")
