"""Memory-mapped texts, one for each row: the text of a row, the row of a text.

They are stored as one blob of UTF-8 with the offsets of the rows, so that only texts that are returned are decoded.
"""

from __future__ import annotations

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

    def encoded(self, row: int) -> bytes:
        """The UTF-8 of the text of a row."""
        return bytes(self.blob[self.offsets[row] : self.offsets[row + 1]])

    def position(self, wanted: bytes) -> int:
        """The first row whose text is `wanted` or comes after it; the texts must be sorted by their bytes."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self.encoded(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def row_of(self, text: str) -> int | None:
        """The row of a text, None where no row has it; the texts must be sorted by their bytes."""
        wanted = utf8(text)
        row = self.position(wanted)
        return row if row < len(self) and self.encoded(row) == wanted else None

    def array(self) -> pa.LargeStringArray:
        """The texts of all rows, without a copy."""
        return pa.LargeStringArray.from_buffers(len(self), pa.py_buffer(self.offsets), pa.py_buffer(self.blob))


def utf8(text: str) -> bytes:
    """The UTF-8 of a text; a lone surrogate, which no stored text has, is encoded and not an error."""
    return text.encode("utf-8", "surrogatepass")
