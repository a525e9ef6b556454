"""Links of symmetric kinds that files with row keys list in both directions: each pair of such rows is one link.

The row whose source sorts first is kept, with its key, so that neither the order of rows nor of files decides. Rows
without a row key have the same content in both directions (`identity.keys`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.checking.chunk_context import ChunkContext
from loaders.checking.tables import kinds_of_links
from loaders.identity.hashes import Occurrences, hashes
from loaders.identity.keys import Directions
from loaders.values.arrays import Bools, Hashes, to_mask
from loaders.values.texts import as_text

SAME_LINK: Final = ("source", "target", "kind", "first", "last")


class BothWays:
    """Rows of symmetric kinds, with a row key, by their content in either direction.

    symmetric: names of the symmetric kinds, known before the first row.
    """

    def __init__(self, symmetric: Sequence[str]) -> None:
        self._symmetric = pa.array(symmetric, pa.string())
        self._listed = Occurrences()
        self._met = Occurrences()

    def survey(self, context: ChunkContext) -> None:
        """Count the rows of a chunk, before any row is loaded."""
        rows, columns = self._symmetric_rows(context)
        if len(rows):
            self._listed.number(_hashes(columns, rows, "source", "target"))

    def repeats(self, context: ChunkContext) -> Bools:
        """Whether each row of a chunk repeats a link that another row has in the other direction."""
        repeats = np.zeros(context.chunk.rows, bool)
        rows, columns = self._symmetric_rows(context)
        if len(rows):
            backward = to_mask(pc.greater(columns["source"].take(rows), columns["target"].take(rows)))
            number = self._met.number(_hashes(columns, rows, "source", "target"))
            other_way = self._listed.times(_hashes(columns, rows, "target", "source"))
            repeats[rows.to_numpy()] = backward & (number <= other_way)
        return repeats

    def _symmetric_rows(self, context: ChunkContext) -> tuple[pa.Array, Mapping[str, pa.Array]]:
        """The rows of symmetric kinds with two ends, and the texts of their fields."""
        if not context.file.mapping.key:
            return pa.array([], pa.int64()), {}
        rows = kinds_of_links(context)
        symmetric = pc.is_in(rows.kinds, value_set=self._symmetric)
        if rows.symmetric is not None:
            symmetric = pc.or_(symmetric, pc.fill_null(pc.equal(rows.symmetric, "true"), False))
        if not pc.any(symmetric).as_py():
            return pa.array([], pa.int64()), {}
        columns = {name: context.text(name) for name in context.file.fields if name != "kind"} | {"kind": rows.kinds}
        texts = {name: as_text(column) for name, column in columns.items() if column is not None}
        is_pair = pc.not_equal(texts["source"], texts["target"])
        chosen = pc.and_(symmetric, is_pair)
        return pa.array(np.flatnonzero(to_mask(chosen)), pa.int64()), texts


class OtherContent:
    """Rows of symmetric kinds without a row key that list a link in both directions, each with other content."""

    def __init__(self) -> None:
        self._ways = (Occurrences(), Occurrences())

    def differing(self, columns: Mapping[str, pa.Array], directions: Directions, among: Bools) -> Bools:
        """Which links of a chunk, of the mask `among`, an earlier row lists in the other direction at the same times.

        columns: of the links with their ends in order.
        """
        differing = np.zeros(len(among), bool)
        for way in (False, True):
            rows = np.flatnonzero(directions.symmetric & among & (directions.turned == way))
            if len(rows):
                found = hashes([columns[name].take(pa.array(rows)) for name in SAME_LINK])
                differing[rows] = self._ways[not way].times(found) > 0
                self._ways[way].number(found)
        return differing


def _hashes(columns: Mapping[str, pa.Array], rows: pa.Array, source: str, target: str) -> Hashes:
    others = sorted(columns.keys() - {"source", "target"})
    return hashes([columns[name].take(rows) for name in (source, target, *others)])
