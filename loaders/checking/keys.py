"""Natural keys: the row key of a mapping, or a hash of the row's content and its number among the rows of this content.

A content key is the first 16 hex digits of the SHA-256 of the content, `#` and n for the n-th row of this content among
all files of the load. So the same files give the same keys in any order of rows, and separate but identical calls stay
separate. Rows of different content that share a hash get different n: keys never clash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from loaders.checking.chunk_context import ChunkContext
from loaders.values.arrays import I64, Bools, to_mask
from loaders.values.texts import as_text

HASH_DIGITS: Final = 16

Hashes = npt.NDArray[np.uint64]


class Occurrences:
    """How often each 64-bit hash was seen, in sorted runs: 12 bytes a distinct hash, merged as a binary counter."""

    def __init__(self) -> None:
        self._runs: list[tuple[Hashes, I64]] = []

    def number(self, hashes: Hashes) -> I64:
        """The number of each hash among those equal to it, from 1, over all calls; shape (hashes,)."""
        distinct, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
        order = np.argsort(inverse, kind="stable")
        starts = np.cumsum(counts) - counts
        rank = np.empty(len(hashes), np.int64)
        rank[order] = np.arange(len(hashes)) - np.repeat(starts, counts)
        before = np.zeros(len(distinct), np.int64)
        for run, run_counts in self._runs:
            at = np.minimum(np.searchsorted(run, distinct), len(run) - 1)
            before += np.where(run[at] == distinct, run_counts[at], 0)
        if len(distinct):
            self._add(distinct, counts.astype(np.int64))
        return rank + before[inverse] + 1

    def _add(self, hashes: Hashes, counts: I64) -> None:
        self._runs.append((hashes, counts))
        while len(self._runs) > 1 and len(self._runs[-2][0]) < 2 * len(self._runs[-1][0]):
            (a, counts_a), (b, counts_b) = self._runs.pop(), self._runs.pop()
            merged, inverse = np.unique(np.concatenate([a, b]), return_inverse=True)
            total = np.bincount(inverse, np.concatenate([counts_a, counts_b]), len(merged)).astype(np.int64)
            self._runs.append((merged, total))


def natural_keys(
    context: ChunkContext, columns: Mapping[str, pa.Array], identity: Sequence[str], occurrences: Occurrences
) -> pa.Array:
    """The key of each row of a chunk, null in rows that are rejected if keys come from the content.

    identity: the columns that a fact is unique in, together with its key.
    occurrences: of the rows of this table in the load so far.

    With a row key, the second row of a key is rejected.
    """
    if context.file.mapping.key:
        return _checked_row_keys(context, columns, identity, occurrences)
    validation = context.validation
    rows = pa.array(validation.valid_rows)
    keys = content_keys([columns[name].take(rows) for name in sorted(columns)], occurrences)
    key_of_row = np.full(len(validation.valid), -1, np.int64)
    key_of_row[validation.valid] = np.arange(len(keys))
    return keys.take(pa.array(key_of_row, mask=key_of_row < 0))


def _checked_row_keys(
    context: ChunkContext, columns: Mapping[str, pa.Array], identity: Sequence[str], occurrences: Occurrences
) -> pa.Array:
    validation, key_columns = context.validation, context.file.mapping.key
    keys = row_keys([as_text(context.chunk.columns[name]) for name in key_columns])
    name = ", ".join(key_columns)
    validation.reject_uncorrected(context.chunk.reasons, "duplicate_key", name, keys)
    rows = validation.valid_rows
    unique = [array.take(pa.array(rows)) for array in (*(columns[column] for column in identity), keys)]
    validation.reject_indices(rows[~is_first(unique, occurrences)], "duplicate_key", name, keys)
    return keys


def content_keys(columns: Sequence[pa.Array], occurrences: Occurrences) -> pa.Array:
    """A key for each row from all its columns (strings, float64, int64; null is missing)."""
    digests = _digests(columns)
    numbers = pa.array(_numbered(digests, occurrences))
    n = len(numbers)
    offsets = pa.py_buffer(np.arange(0, (n + 1) * HASH_DIGITS, HASH_DIGITS, dtype=np.int32))
    hexes = pa.StringArray.from_buffers(n, offsets, pa.py_buffer(digests.hex().encode()))
    return pc.binary_join_element_wise(hexes, pc.cast(numbers, pa.string()), "#")


def row_keys(columns: Sequence[pa.Array]) -> pa.Array:
    """The keys that the file itself has, in one or more columns, joined by `|`."""
    if len(columns) > 1:  # so that ("a|b", "c") and ("a", "b|c") stay two keys
        columns = [pc.replace_substring_regex(column, r"[\\|]", r"\\\0") for column in columns]
    return pc.binary_join_element_wise(*columns, "|", null_handling="replace")


def is_first(columns: Sequence[pa.Array], occurrences: Occurrences) -> Bools:
    """Whether each row is the first of its content, over all calls."""
    return np.asarray(_numbered(_digests(columns), occurrences) == 1, bool)


def _digests(columns: Sequence[pa.Array]) -> bytes:
    rows = pc.binary_join_element_wise(*[_exact_text(column) for column in columns], "\x1f", null_handling="replace")
    return b"".join([hashlib.sha256(row.encode()).digest()[: HASH_DIGITS // 2] for row in rows.to_pylist()])


def _numbered(digests: bytes, occurrences: Occurrences) -> I64:
    return occurrences.number(np.frombuffer(digests, ">u8").astype(np.uint64))


def _exact_text(column: pa.Array) -> pa.Array:
    """A column as strings, floats by their bits, so that a key does not depend on how numbers are printed."""
    if pa.types.is_string(column.type):
        return pc.if_else(pc.is_null(column), "", pc.binary_join_element_wise("=", column, ""))
    if pa.types.is_floating(column.type):
        values = np.asarray(column.to_numpy(zero_copy_only=False), np.float64) + 0.0
        column = pa.array(values.view(np.int64), mask=to_mask(pc.is_null(column)))
    return pc.cast(column, pa.string())
