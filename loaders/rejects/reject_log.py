"""The rejects of a load: counts, examples, and the rejects file of each input.

Correct the rows in those files and load a file, or its folder, again, with the same mapping if there was one: they
belong to the source that their folder is named after. Endpoints that are no party become parties where they did in the
input: as the mapping says, or else where the source lists no parties. A row that is rejected again has the file and
line in which it stood first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from loaders.plan import LoadPlan, ResolvedFile
from loaders.reading.chunk import Chunk, OriginalPosition
from loaders.reading.format_of import rejects_name
from loaders.reading.rejects_folder import rejects_folder
from loaders.rejects.kept_columns import kept_column_names, kept_columns
from loaders.rejects.reject import Reject, shortened
from loaders.rejects.rejects_file import Cells, RejectsFile, malformed_cells, row_cells
from loaders.values.texts import cell_text

MAX_EXAMPLES: Final = 20  # rejects that a load's result shows


class RejectLog:
    """What a load rejected.

    count: rejected rows; reasons: the same by code.
    examples: the first few.
    files: the rejects files written, in order; none without a folder.
    """

    def __init__(self, folder: Path | None, plan: LoadPlan) -> None:
        inputs = [file.path for file in plan.files]
        self._folder = None if folder is None else rejects_folder(plan.source, plan.fingerprint, inputs, folder)
        self._tables = Counter(map(_key, plan.files))
        self._rejects_files: dict[tuple[Path, str], RejectsFile] = {}
        self.count = 0
        self.reasons: Counter[str] = Counter()
        self.examples: list[Reject] = []
        self.files: list[Path] = []

    @contextmanager
    def rejects_file(self, file: ResolvedFile) -> Iterator[RejectsFile]:
        """The rejects file of an input. Of several of one name, the second and later lie in numbered folders."""
        key = _key(file)
        if key not in self._rejects_files:
            name = key[1]
            same_name = sum(other == name for _, other in self._rejects_files)
            folder = self._folder
            if folder is not None and same_name:
                folder = folder.numbered(same_name + 1)
            self._rejects_files[key] = RejectsFile(
                folder, name, kept_column_names(file), file.dialect.delimiter, self._tables[key]
            )
        try:
            yield self._rejects_files[key]
        finally:
            written = self._rejects_files[key].close()
        if written is not None and written not in self.files:
            self.files.append(written)

    def add(self, file: ResolvedFile, chunk: Chunk, rejects: Mapping[int, Reject], into: RejectsFile) -> None:
        """Count and write the malformed rows of a chunk and its rejects, which are by row, in the order of lines."""
        rows: list[tuple[Reject, OriginalPosition | None, Cells]] = []
        width = len(kept_column_names(file))
        for row in chunk.malformed:
            reject = Reject(file.name, row.line, "", shortened(",".join(row.cells)), row.code, row.text)
            rows.append((reject, row.original_position, malformed_cells(row.cells, width)))
        columns = kept_columns(file, chunk.columns) if rejects else []
        for index, reject in rejects.items():
            cells = row_cells([cell_text(column, index) for column in columns])
            rows.append((reject, chunk.original_position(index), cells))
        for reject, position, cells_of_row in sorted(rows, key=lambda row: row[0].line):
            self._count(reject)
            into.write(reject, position, cells_of_row)

    def _count(self, reject: Reject) -> None:
        self.count += 1
        self.reasons[reject.code] += 1
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(reject)


def _key(file: ResolvedFile) -> tuple[Path, str]:
    """An input and the name of its rejects file: one file for all its tables if they have the same columns."""
    return file.path, rejects_name(file.path, file.table)
