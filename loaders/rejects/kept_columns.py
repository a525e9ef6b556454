"""The columns of an input that its rejects file keeps, and their values.

Columns that may not be stored are left out. A NaN of Parquet is kept where the row is rejected for it, so that it is
rejected again until somebody corrects it; elsewhere NaN means missing, and is written as missing.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from graph.column_names import is_forbidden
from loaders.mapping import NUMBER_FIELDS, TIME_FIELDS
from loaders.plan import ResolvedFile
from loaders.values.texts import nan_to_null


def kept_column_names(file: ResolvedFile) -> tuple[str, ...]:
    """The header of the file's rejects file, without the three columns in front."""
    return tuple(name for name in file.columns if not is_forbidden(name))


def kept_columns(file: ResolvedFile, columns: Mapping[str, pa.Array]) -> list[pa.Array]:
    """The columns of some rows in the order of that header, with the values that the rejects file keeps."""
    numeric = _numeric_columns(file)
    return [columns[name] if name in numeric else nan_to_null(columns[name]) for name in kept_column_names(file)]


def _numeric_columns(file: ResolvedFile) -> set[str]:
    """The columns that are read as numbers as they stand: a NaN in them is a wrong value, not a missing one."""
    return {
        column
        for name, field in file.fields.items()
        for column in field.columns
        if not field.is_recoded and (name in NUMBER_FIELDS or (name in TIME_FIELDS and field.time.is_counted))
    }
