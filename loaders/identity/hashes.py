"""Rows as 64-bit hashes: how often each was seen, in memory that does not grow with them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.identity.spilled_runs import SpilledRuns
from loaders.values.arrays import I64, Hashes, to_mask

HASH_DIGITS: Final = 16

SPILLED: Final = 1 << 17  # distinct hashes of a run from which on it is in a file


class Occurrences:
    """How often each 64-bit hash was seen, in sorted runs, merged as a binary counter. Large ones are in files."""

    def __init__(self) -> None:
        self._runs: list[tuple[Hashes, I64]] = []
        self._spilled: SpilledRuns | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was numbered yet."""
        return not self._runs and self._spilled is None

    def number(self, hashes: Hashes) -> I64:
        """The number of each hash among those equal to it, from 1, over all calls; shape (hashes,)."""
        distinct, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
        order = np.argsort(inverse, kind="stable")
        starts = np.cumsum(counts) - counts
        rank = np.empty(len(hashes), np.int64)
        rank[order] = np.arange(len(hashes)) - np.repeat(starts, counts)
        before = self.times(distinct)
        if len(distinct):
            self._add(distinct, counts.astype(np.int64))
        return rank + before[inverse] + 1

    def times(self, hashes: Hashes) -> I64:
        """How often each hash was numbered so far; shape (hashes,)."""
        times = np.zeros(len(hashes), np.int64)
        for run, counts in self._runs:
            at = np.minimum(np.searchsorted(run, hashes), len(run) - 1)
            times += np.where(run[at] == hashes, counts[at], 0)
        if self._spilled is not None:
            order = np.argsort(hashes, kind="stable")
            times[order] += self._spilled.times(hashes[order])
        return times

    def _add(self, hashes: Hashes, counts: I64) -> None:
        self._runs.append((hashes, counts))
        while len(self._runs) > 1 and len(self._runs[-2][0]) < 2 * len(self._runs[-1][0]):
            (a, counts_a), (b, counts_b) = self._runs.pop(), self._runs.pop()
            merged, inverse = np.unique(np.concatenate([a, b]), return_inverse=True)
            total = np.bincount(inverse, np.concatenate([counts_a, counts_b]), len(merged)).astype(np.int64)
            self._runs.append((merged, total))
        if len(self._runs[0][0]) >= SPILLED:
            self._spilled = self._spilled or SpilledRuns()
            self._spilled.add(*self._runs.pop(0))


def digests(columns: Sequence[pa.Array]) -> bytes:
    """The first 8 bytes of the SHA-256 of each row of some columns (strings, float64, int64; null is missing)."""
    rows = pc.binary_join_element_wise(*[_exact_text(column) for column in columns], "\x1f", null_handling="replace")
    return b"".join([hashlib.sha256(row.encode()).digest()[: HASH_DIGITS // 2] for row in rows.to_pylist()])


def as_hashes(digests: bytes) -> Hashes:
    """Digests as numbers."""
    return np.frombuffer(digests, ">u8").astype(np.uint64)


def hashes(columns: Sequence[pa.Array]) -> Hashes:
    """The digests of the rows of some columns as numbers; shape (rows,)."""
    return as_hashes(digests(columns))


def _exact_text(column: pa.Array) -> pa.Array:
    """A column as strings, floats by their bits, so that a hash does not depend on how numbers are printed."""
    if pa.types.is_string(column.type):
        return pc.if_else(pc.is_null(column), "", pc.binary_join_element_wise("=", column, ""))
    if pa.types.is_floating(column.type):
        values = np.asarray(column.to_numpy(zero_copy_only=False), np.float64) + 0.0
        column = pa.array(values.view(np.int64), mask=to_mask(pc.is_null(column)))
    return pc.cast(column, pa.string())
