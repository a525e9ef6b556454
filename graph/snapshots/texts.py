"""Memory-mapped texts, one for each row: the text of a row, the row of a text, the rows that contain some bytes.

They are stored as one blob of UTF-8 with the offsets of the rows, so that only texts that are returned are decoded.
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
        """The text of a row."""
        return str(self.blob[self.offsets[row] : self.offsets[row + 1]], "utf-8")

    def row_of(self, text: str) -> int | None:
        """The row of a text, None where no row has it, by binary search: the texts must be sorted by their bytes."""
        offsets, blob = self.offsets, self.blob
        wanted = utf8(text)
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
        """The rows whose text contains these bytes, ascending, each once."""
        pattern, position = re.compile(re.escape(wanted)), 0
        while (match := pattern.search(self.blob, position)) is not None:
            row = int(np.searchsorted(self.offsets, match.start(), side="right")) - 1
            yield row
            position = int(self.offsets[row + 1])

    def array(self) -> pa.LargeStringArray:
        """The texts of all rows, without a copy."""
        return pa.LargeStringArray.from_buffers(len(self), pa.py_buffer(self.offsets), pa.py_buffer(self.blob))


def utf8(text: str) -> bytes:
    """The UTF-8 of a text; a lone surrogate, which no stored text has, is encoded and not an error."""
    return text.encode("utf-8", "surrogatepass")
