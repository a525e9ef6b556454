"""What reading a file gives: chunks of columns, with where each row stands, and the rows that have no columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from loaders.values.arrays import I64, Bools


class OriginalPosition(NamedTuple):
    """The file and the line, as texts, in which a row of a rejects file stood first."""

    file: str
    line: str


@dataclass(frozen=True, slots=True)
class MalformedRow:
    """A row that could not be parsed into columns: its line, a reason code, a sentence, and its cells or whole text."""

    line: int
    code: str
    text: str
    cells: tuple[str, ...]
    original_position: OriginalPosition | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows of a file as columns of equal length.

    lines: of each row in the file that is read, from 1 (row numbers in Parquet).
    row_indices: position of each row among the rows of its input, from 0; negative where a rejects file has lost it.
    malformed: the rows between them that are in no column.
    original_positions, reasons: of a rejects file, where each row stood first and why it was rejected.
    """

    columns: dict[str, pa.Array]
    lines: I64
    row_indices: I64
    malformed: tuple[MalformedRow, ...] = ()
    original_positions: tuple[OriginalPosition, ...] | None = None
    reasons: tuple[str, ...] | None = None

    @property
    def rows(self) -> int:
        """The number of rows in the columns."""
        return len(self.lines)

    def filter(self, rows: Bools) -> Chunk:
        """The chunk with the rows of a mask, and with all its malformed rows."""
        mask, kept = pa.array(rows), np.flatnonzero(rows).tolist()
        positions, reasons = self.original_positions, self.reasons
        return replace(
            self,
            columns={name: column.filter(mask) for name, column in self.columns.items()},
            lines=self.lines[rows],
            row_indices=self.row_indices[rows],
            original_positions=None if positions is None else tuple(positions[row] for row in kept),
            reasons=None if reasons is None else tuple(reasons[row] for row in kept),
        )

    def original_position(self, row: int) -> OriginalPosition | None:
        """Where a row of a rejects file stood first; None for other files."""
        return None if self.original_positions is None else self.original_positions[row]
