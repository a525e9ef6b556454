"""Texts of a snapshot, one a row, as they lie mapped: the text of a row, the row of a text, the rows that have some.

A blob of UTF-8 and the offsets that cut it, so that nothing is decoded but what is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Texts:
    """n texts: text i is blob[offsets[i]:offsets[i + 1]], offsets int64[n + 1]."""

    offsets: npt.NDArray[np.int64]
    blob: memoryview

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def text(self, row: int) -> str:
        return str(self.blob[self.offsets[row] : self.offsets[row + 1]], "utf-8")

    def row_of(self, text: str) -> int | None:
        """The row of a text by binary search, where the texts are sorted by their bytes; None where it is not there."""
        offsets, blob = self.offsets, self.blob
        wanted = encoded(text)
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if bytes(blob[offsets[middle] : offsets[middle + 1]]) < wanted:
                low = middle + 1
            else:
                high = middle
        if low < len(self) and bytes(blob[offsets[low] : offsets[low + 1]]) == wanted:
            return low
        return None

    def rows_with(self, wanted: bytes) -> Iterator[int]:
        """Rows whose text has these bytes, ascending, each once."""
        pattern, position = re.compile(re.escape(wanted)), 0
        while (match := pattern.search(self.blob, position)) is not None:
            row = int(np.searchsorted(self.offsets, match.start(), side="right")) - 1
            yield row
            position = int(self.offsets[row + 1])

    def array(self) -> pa.LargeStringArray:
        """All texts in row order, without a copy."""
        return pa.LargeStringArray.from_buffers(len(self), pa.py_buffer(self.offsets), pa.py_buffer(self.blob))


def encoded(text: str) -> bytes:
    """The bytes that a text is compared by; half a surrogate pair, which no stored text has, is no error."""
    return text.encode("utf-8", "surrogatepass")
