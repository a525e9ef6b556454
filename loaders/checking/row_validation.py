"""Which rows of a chunk are valid, and the rejects of those that are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.notices import Notices
from loaders.reading.chunk import Chunk
from loaders.rejects.reject import REASONS, Reject, shortened
from loaders.values.arrays import I64, Bools, to_mask
from loaders.values.texts import cell_text


@dataclass(slots=True)
class RowValidation:
    """The rows of a chunk that have passed every check so far.

    valid: shape (rows,). rejects: by row; the first fault of a row counts, and one of each further column is told.
    faulty_columns: by row.
    """

    file: str
    lines: I64
    valid: Bools
    rejects: dict[int, Reject]
    notices: Notices
    faulty_columns: dict[int, set[str]] = field(default_factory=dict)

    @staticmethod
    def of_chunk(file: str, chunk: Chunk, notices: Notices | None = None) -> RowValidation:
        """The validation before any check: every row is valid. `file` is the name that messages use."""
        return RowValidation(
            file, chunk.lines, np.ones(chunk.rows, bool), {}, Notices() if notices is None else notices
        )

    def note(self, rows: pa.Array, code: str, column: str, values: pa.Array) -> None:
        """Count the rows of a condition whose values in `column` are taken with a doubt."""
        count = pc.sum(rows).as_py()
        if count:
            first = cell_text(values, int(np.flatnonzero(to_mask(rows))[0]))
            self.notices.add(self.file, code, repr(shortened(first)), column, int(count))

    @property
    def valid_rows(self) -> I64:
        """Indices of the valid rows, ascending."""
        return np.flatnonzero(self.valid)

    def reject(self, rows: Bools, code: str, column: str, values: pa.Array | None, text: str | None = None) -> None:
        """Reject the rows of a mask for their values in `column`, which is its name in the file.

        text: what is wrong and what to do, where the mapping at hand makes it another than usual for the code.
        """
        for row in np.flatnonzero(rows).tolist():
            if column in self.faulty_columns.setdefault(row, set()):
                continue
            value = "" if values is None else shortened(cell_text(values, row))
            fault = Reject(self.file, int(self.lines[row]), column, value, code, text or REASONS[code])
            first = self.rejects.setdefault(row, fault)
            if first is not fault:
                self.rejects[row] = replace(first, further=(*first.further, fault.fault))
            self.faulty_columns[row].add(column)
        self.valid &= ~rows

    def reject_indices(self, indices: Sequence[int] | I64, code: str, column: str, values: pa.Array) -> None:
        """Reject the rows of these indices."""
        rows = np.zeros(len(self.valid), bool)
        rows[np.asarray(indices, np.int64)] = True
        self.reject(rows, code, column, values)

    def reject_uncorrected(self, reasons: Sequence[str] | None, code: str, column: str, values: pa.Array) -> None:
        """Of a rejects file, reject the rows that still have the value they were rejected for.

        reasons: of each row, as the rejects file gives them; None for other files.
        """
        uncorrected = [
            row
            for row, reason in enumerate(reasons or ())
            if reason.startswith(f"{code}: ")
            and reason.startswith(str(Reject("", 0, column, shortened(cell_text(values, row)), code, "")))
        ]
        self.reject_indices(uncorrected, code, column, values)
