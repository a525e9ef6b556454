"""What a rejects file keeps of the rows that have columns.

Columns that may not be stored are left out. A NaN of Parquet is kept where the row is refused for it, so that it is
refused again until somebody corrects it; elsewhere NaN means missing, and stays so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from graph.schema import is_forbidden
from loaders.plan import BoundFile
from loaders.values.numbers import without_nan
from loaders.values.times import SECONDS

NUMBERS: Final = frozenset({"weight", "count", "amount"})
TIMES: Final = frozenset({"valid_from", "valid_to", "time", "first", "last", "until", "opened", "closed"})


def kept_names(file: BoundFile) -> tuple[str, ...]:
    """The header of its rejects file, without the three columns in front."""
    return tuple(name for name in file.columns if not is_forbidden(name))


def kept_columns(file: BoundFile, columns: Mapping[str, pa.Array]) -> list[pa.Array]:
    """The columns of some rows as their rejects file keeps them, in the order of its header."""
    counted = _counted(file)
    return [columns[name] if name in counted else without_nan(columns[name]) for name in kept_names(file)]


def _counted(file: BoundFile) -> set[str | None]:
    """The columns that are read as numbers as they stand: there, NaN is no value that is missing, but a wrong one."""
    return {
        field.column
        for name, field in file.fields.items()
        if not field.translated and (name in NUMBERS or (name in TIMES and field.unit in {"auto", *SECONDS}))
    }
