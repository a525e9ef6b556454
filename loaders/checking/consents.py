"""Chunks of columns -> the columns of CONSENTS.

A consent is known by its party, source, purpose and the time it was given. A row that states one again is no fact of
its own; one that states another withdrawal for it is rejected, since the order of rows says nothing.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.checking import checks
from loaders.checking.chunk_context import ChunkContext
from loaders.checking.tables import Columns
from loaders.values.arrays import Bools, to_mask


def consents(context: ChunkContext) -> Columns:
    """CONSENTS of a chunk; times after now are rejected."""
    validation, file = context.validation, context.file
    party = checks.ids(validation, file.column_name("id"), _text(context, "id"))
    source = checks.ids(validation, file.column_name("source"), _text(context, "source"))
    purpose = pc.fill_null(_text(context, "purpose"), "")
    validation.reject(to_mask(pc.equal(purpose, "")), "missing_purpose", file.column_name("purpose"), None)
    given, withdrawn = context.time("given"), context.time("withdrawn")
    assert given is not None
    validation.reject(np.isnan(given), "missing_given", file.column_name("given"), context.text("given"))
    if withdrawn is None:
        withdrawn = np.full(context.chunk.rows, np.nan)
    else:
        checks.time_order(validation, file.column_name("withdrawn"), given, withdrawn, context.text("withdrawn"))
    return {
        "party": party,
        "source": source,
        "purpose": purpose,
        "given": pa.array(given),
        "withdrawn": pa.array(withdrawn, from_pandas=True),
    }


class ConsentRows:
    """The consents that the files of one load have stated so far, each with its withdrawal."""

    def __init__(self) -> None:
        self._withdrawn: dict[tuple[str, str, str, float], float | None] = {}

    def again(self, context: ChunkContext, columns: Columns) -> Bools:
        """Which valid rows state an earlier row's consent again, Bools[rows]; those that contradict it are rejected."""
        again, contradicting = np.zeros(context.chunk.rows, np.bool_), []
        key = [columns[name].to_pylist() for name in ("party", "source", "purpose", "given")]
        withdrawn = columns["withdrawn"].to_pylist()
        for row in context.validation.valid_rows.tolist():
            stated = (key[0][row], key[1][row], key[2][row], key[3][row])
            again[row] = stated in self._withdrawn
            if self._withdrawn.setdefault(stated, withdrawn[row]) != withdrawn[row]:
                contradicting.append(row)
        context.validation.reject_indices(
            contradicting, "other_withdrawal", context.file.column_name("id"), columns["party"]
        )
        again[contradicting] = False
        return again


def _text(context: ChunkContext, field: str) -> pa.Array:
    """The strings of a field that every mapping of consents has."""
    values = context.text(field)
    assert values is not None
    return values
