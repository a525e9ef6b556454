"""Sorted hashes with their counts in temporary files, so that memory does not grow with the rows of a load."""

from __future__ import annotations

import tempfile
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt

from loaders.values.arrays import I64, Hashes

BLOCK: Final = 1 << 18  # hashes that are read at once
ITEM_BYTES: Final = 8


class SpilledRuns:
    """Runs of distinct hashes, ascending, and how often each was seen. The files go when the runs do."""

    def __init__(self) -> None:
        self._hashes = tempfile.TemporaryFile()  # noqa: SIM115 (it is read until the load ends)
        self._counts = tempfile.TemporaryFile()  # noqa: SIM115
        self._ends: list[int] = []

    def add(self, hashes: Hashes, counts: I64) -> None:
        """Add one run."""
        end = self._ends[-1] if self._ends else 0
        for file, items in ((self._hashes, hashes), (self._counts, counts)):
            file.seek(end * ITEM_BYTES)
            items.tofile(file)
        self._ends.append(end + len(hashes))

    def times(self, hashes: Hashes) -> I64:
        """How often each of some ascending hashes was seen in all runs; shape (hashes,)."""
        times = np.zeros(len(hashes), np.int64)
        for begin, end in zip([0, *self._ends], self._ends, strict=False):
            for start in range(begin, end, BLOCK):
                self._add_block(times, hashes, start, min(BLOCK, end - start))
        return times

    def _add_block(self, times: I64, hashes: Hashes, start: int, size: int) -> None:
        block = _read(self._hashes, start, size, np.uint64)
        low, high = np.searchsorted(hashes, block[0], "left"), np.searchsorted(hashes, block[-1], "right")
        at = np.searchsorted(block, hashes[low:high])
        found = np.flatnonzero(block[at] == hashes[low:high])
        if len(found):
            times[low + found] += _read(self._counts, start, size, np.int64)[at[found]]


def _read(file: IO[bytes], start: int, size: int, kind: type) -> npt.NDArray[Any]:
    """Some items of a file, from the item `start` on."""
    file.seek(start * ITEM_BYTES)
    return np.fromfile(file, kind, size)
