"""How much of what a load states other loads state too, from a small sample of the rows of each.

Source: Broder, On the resemblance and containment of documents, 1997: the k smallest hashes of two sets together are a
uniform sample of their union, and the share of it that both have estimates their resemblance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.stores.base import Sketch
from loaders.identity.hashes import HASH_DIGITS, hashes
from loaders.identity.keys import has_content_key
from loaders.values.arrays import Hashes

SIZE: Final = 256
KEYED: Final = ("source", "target", "party", "key")  # what a row with a row key is known by
SHARE: Final = 0.5  # of the rows of a load, from which on they are told to be those of another
FEW: Final = 10  # rows below which two sources may well say the same


class ContentSketches:
    """The samples of a load: of each table the smallest hashes of its rows, whose source does not count."""

    def __init__(self) -> None:
        self._smallest: dict[str, Hashes] = {}
        self._rows: dict[str, int] = {}

    def add(self, table: str, batch: pa.RecordBatch) -> None:
        """Add rows of a table with their natural keys."""
        known = self._smallest.get(table, np.empty(0, np.uint64))
        self._smallest[table] = np.unique(np.concatenate([known, _contents(batch)]))[:SIZE]
        self._rows[table] = self._rows.get(table, 0) + batch.num_rows

    def sketches(self) -> dict[str, Sketch]:
        """The sample of each table that has rows."""
        return {
            table: Sketch(self._rows[table], tuple(int(value) for value in smallest))
            for table, smallest in self._smallest.items()
        }


def common_rows(of: Mapping[str, Sketch], other: Mapping[str, Sketch]) -> dict[str, int]:
    """About how many rows of each table another load states too, for tables of which it does so with most rows."""
    found = {}
    for table in of.keys() & other.keys():
        rows = _common(of[table], other[table])
        if of[table].rows >= FEW and rows >= SHARE * of[table].rows:
            found[table] = rows
    return dict(sorted(found.items()))


def _common(of: Sketch, other: Sketch) -> int:
    """The estimate of how many rows of a load another has: |A and B| = J / (1 + J) (|A| + |B|)."""
    first, second = set(of.smallest), set(other.smallest)
    sample = sorted(first | second)[: SIZE if max(len(first), len(second)) == SIZE else None]
    resemblance = sum(value in first and value in second for value in sample) / max(len(sample), 1)
    return min(round(resemblance / (1 + resemblance) * (of.rows + other.rows)), of.rows)


def _contents(batch: pa.RecordBatch) -> Hashes:
    """The hash of what each row states: its content key where it has one, else its row key and parties."""
    keys, by_content = batch.column("key"), has_content_key(batch)
    found = np.empty(batch.num_rows, np.uint64)
    digits = pc.utf8_slice_codeunits(keys.filter(pa.array(by_content)), 0, HASH_DIGITS).to_pylist()
    found[by_content] = np.frombuffer(bytes.fromhex("".join(digits)), ">u8")
    rows = batch.filter(pa.array(~by_content))
    found[~by_content] = hashes([rows.column(name) for name in KEYED if name in rows.schema.names])
    return found
