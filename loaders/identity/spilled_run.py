"""Sorted hashes with their counts in a temporary file, so that memory does not grow with the rows of a load."""

from __future__ import annotations

import tempfile
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt

from loaders.values.arrays import I64, Hashes

BLOCK: Final = 1 << 18  # hashes that are read at once


class SpilledRun:
    """Distinct hashes, ascending, and how often each was seen. The file goes when the run does."""

    def __init__(self, hashes: Hashes, counts: I64) -> None:
        self._size = len(hashes)
        self._hashes = tempfile.TemporaryFile()  # noqa: SIM115 (it is read until the load ends)
        self._counts = tempfile.TemporaryFile()  # noqa: SIM115
        hashes.tofile(self._hashes)
        counts.tofile(self._counts)

    def times(self, hashes: Hashes) -> I64:
        """How often each of some ascending hashes was seen; shape (hashes,)."""
        times = np.zeros(len(hashes), np.int64)
        for begin in range(0, self._size, BLOCK):
            block = _read(self._hashes, begin, min(BLOCK, self._size - begin), np.uint64)
            low, high = np.searchsorted(hashes, block[0], "left"), np.searchsorted(hashes, block[-1], "right")
            at = np.searchsorted(block, hashes[low:high])
            found = np.flatnonzero(block[at] == hashes[low:high])
            if len(found):
                counts = _read(self._counts, begin, len(block), np.int64)
                times[low + found] = counts[at[found]]
        return times


def _read(file: IO[bytes], begin: int, count: int, kind: type) -> npt.NDArray[Any]:
    """Some items of a file, from the item `begin` on."""
    file.seek(begin * 8)
    return np.fromfile(file, kind, count)
