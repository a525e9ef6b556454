"""Natural keys of rows that bring none: a hash of the content, and which of the identical rows this one is.

The key of a row is the first 16 hex digits of the SHA-256 of its content, `#` and n for the n-th row of this content
among all files of the load. So the same files give the same keys in any order of rows, and separate but identical
calls stay separate. Rows of different content that share a hash get different n: keys never clash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_DIGITS = 16


class Occurrences:
    """How often each 64-bit hash was seen, in sorted runs: 12 bytes a distinct hash, merged as a binary counter."""

    def __init__(self) -> None:
        self._runs: list[tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]] = []

    def number(self, hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """For each hash: the how-many-th of its value it is, from 1, over all calls."""
        distinct, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
        order = np.argsort(inverse, kind="stable")
        starts = np.cumsum(counts) - counts
        rank = np.empty(len(hashes), np.int64)
        rank[order] = np.arange(len(hashes)) - np.repeat(starts, counts)
        before = np.zeros(len(distinct), np.int64)
        for known, seen in self._runs:
            at = np.minimum(np.searchsorted(known, distinct), len(known) - 1)
            before += np.where(known[at] == distinct, seen[at], 0)
        if len(distinct):
            self._add(distinct, counts.astype(np.int64))
        return rank + before[inverse] + 1

    def _add(self, hashes: npt.NDArray[np.uint64], counts: npt.NDArray[np.int64]) -> None:
        self._runs.append((hashes, counts))
        while len(self._runs) > 1 and len(self._runs[-2][0]) < 2 * len(self._runs[-1][0]):
            (a, seen_a), (b, seen_b) = self._runs.pop(), self._runs.pop()
            merged, inverse = np.unique(np.concatenate([a, b]), return_inverse=True)
            total = np.bincount(inverse, np.concatenate([seen_a, seen_b]), len(merged)).astype(np.int64)
            self._runs.append((merged, total))


def content_keys(columns: Sequence[pa.Array], seen: Occurrences) -> pa.Array:
    """A key for each row from all its columns (texts, float64, int64; null is missing)."""
    digests = _digests(columns)
    numbers = pa.array(_numbered(digests, seen))
    n = len(numbers)
    offsets = pa.py_buffer(np.arange(0, (n + 1) * _DIGITS, _DIGITS, dtype=np.int32))
    hexes = pa.StringArray.from_buffers(n, offsets, pa.py_buffer(digests.hex().encode()))
    return pc.binary_join_element_wise(hexes, pc.cast(numbers, pa.string()), "#")


def row_keys(columns: Sequence[pa.Array]) -> pa.Array:
    """Keys that the file itself brings, in one or more columns."""
    if len(columns) > 1:  # so that ("a|b", "c") and ("a", "b|c") stay two keys
        columns = [pc.replace_substring_regex(column, r"[\\|]", r"\\\0") for column in columns]
    return pc.binary_join_element_wise(*columns, "|", null_handling="replace")


def is_first(columns: Sequence[pa.Array], seen: Occurrences) -> npt.NDArray[np.bool_]:
    """Whether a row is the first of its content over all calls."""
    return np.asarray(_numbered(_digests(columns), seen) == 1, bool)


def _digests(columns: Sequence[pa.Array]) -> bytes:
    rows = pc.binary_join_element_wise(*[_exact(column) for column in columns], "\x1f", null_handling="replace")
    return b"".join([hashlib.sha256(row.encode()).digest()[: _DIGITS // 2] for row in rows.to_pylist()])


def _numbered(digests: bytes, seen: Occurrences) -> npt.NDArray[np.int64]:
    return seen.number(np.frombuffer(digests, ">u8").astype(np.uint64))


def _exact(column: pa.Array) -> pa.Array:
    """A column as texts, floats by their bits, so that a key does not depend on how numbers are printed."""
    if pa.types.is_string(column.type):
        return pc.if_else(pc.is_null(column), "", pc.binary_join_element_wise("=", column, ""))
    if pa.types.is_floating(column.type):
        column = pa.array(
            (np.asarray(column.to_numpy(zero_copy_only=False), np.float64) + 0.0).view(np.int64),
            mask=np.asarray(pc.is_null(column).to_numpy(zero_copy_only=False)),
        )
    return pc.cast(column, pa.string())
