"""Facts that rows of one load state again, where the mapping says that such rows are one (`distinct`)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from loaders.checking.chunk_context import ChunkContext
from loaders.identity.hashes import Occurrences, hashes
from loaders.values.arrays import Bools


class StatedFacts:
    """The facts of one table that rows of distinct files have stated so far."""

    def __init__(self) -> None:
        self._stated = Occurrences()

    def again(self, context: ChunkContext, columns: Mapping[str, pa.Array]) -> Bools:
        """Whether each valid row of a chunk states what an earlier row states, whatever their keys; (rows,)."""
        valid = context.validation.valid_rows
        again = np.zeros(context.chunk.rows, bool)
        if context.file.mapping.distinct and len(valid):
            rows = pa.array(valid)
            content = [columns[name].take(rows) for name in sorted(columns.keys() - {"key"})]
            again[valid] = self._stated.number(hashes(content)) > 1
        return again
