"""Row keys that come several times in a load: the last row of a key counts, in whatever file it stands."""

from __future__ import annotations

import pyarrow as pa

from loaders.checking.chunk_context import ChunkContext
from loaders.identity.hashes import Occurrences
from loaders.identity.keys import row_key_hashes, row_keys
from loaders.plan import ResolvedFile


class RepeatedKeys:
    """The rows of one table whose key comes several times. They wait until all rows of the table are checked."""

    def __init__(self) -> None:
        self._times = Occurrences()
        self._waiting: dict[str, list[tuple[pa.RecordBatch, ResolvedFile]]] = {}  # key -> its rows, one in a batch

    def survey(self, context: ChunkContext) -> None:
        """Count the keys of a chunk, before any row is loaded."""
        if context.file.mapping.key:
            self._times.number(row_key_hashes(row_keys(context)))

    def hold_back(self, batch: pa.RecordBatch, file: ResolvedFile) -> pa.RecordBatch:
        """The rows whose key comes once; the others wait."""
        if not file.mapping.key or not batch.num_rows:
            return batch
        is_repeated = self._times.times(row_key_hashes(batch.column("key"))) > 1
        if not is_repeated.any():
            return batch
        held = batch.filter(pa.array(is_repeated))
        for row, key in enumerate(held.column("key").to_pylist()):
            self._waiting.setdefault(key, []).append((held.slice(row, 1), file))
        return batch.filter(pa.array(~is_repeated))

    def release(self) -> list[tuple[pa.RecordBatch, ResolvedFile, int]]:
        """The last row of each key, its file, and how many rows of this key there were; then none wait."""
        rows = [(*waiting[-1], len(waiting)) for waiting in self._waiting.values()]
        self._waiting = {}
        return rows
