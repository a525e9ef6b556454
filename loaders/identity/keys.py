"""Natural keys: the row key of a mapping, or a hash of the row's content and its number among the rows of this content.

A content key is the first 16 hex digits of the SHA-256 of the content, `#` and n for the n-th row of this content among
all files of the load. So the same files give the same keys in any order of rows, and separate but identical calls stay
separate. Rows of different content that share a hash get different n: keys never clash.

A link of a symmetric kind has one content in both directions: the end that sorts first is its source. Its rows are
numbered in each direction apart, so that a file that lists both, or a later load that lists the other one, gives the
same keys.

A row key identifies a row within its source and table alone, whatever its other columns say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.checking.chunk_context import ChunkContext
from loaders.identity.hashes import HASH_DIGITS, Occurrences, as_hashes, digests, hashes
from loaders.mapping import SAME_AS_TABLE, FieldMapping
from loaders.values.arrays import I64, Bools, Hashes, to_mask
from loaders.values.ids import are_placeholders, as_ids
from loaders.values.texts import as_text, tokens_to_null

CONTENT_KEY: Final = r"^[0-9a-f]{16}#[0-9]+$"
TURNED: Final = np.uint64(0x9E3779B97F4A7C15)  # makes the hash of a content that of its rows in the other direction


@dataclass(frozen=True, slots=True)
class Directions:
    """Which rows are links of symmetric kinds with two ends, and which of those were turned; shape (rows,)."""

    symmetric: Bools
    turned: Bools

    @staticmethod
    def of(columns: Mapping[str, pa.Array], symmetric: Bools) -> Directions:
        """The directions of relationships whose kinds are `symmetric`: those whose source sorts last are to turn."""
        source, target = columns["source"], columns["target"]
        return Directions(
            symmetric & to_mask(pc.not_equal(source, target)), symmetric & to_mask(pc.greater(source, target))
        )

    def turn(self, columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """The relationships with the ends of the turned ones swapped."""
        if not self.turned.any():
            return dict(columns)
        source, target, turned = columns["source"], columns["target"], pa.array(self.turned)
        return {**columns, "source": pc.if_else(turned, target, source), "target": pc.if_else(turned, source, target)}


def natural_keys(
    context: ChunkContext,
    columns: Mapping[str, pa.Array],
    occurrences: Occurrences,
    directions: Directions | None = None,
) -> tuple[pa.Array, Bools]:
    """The key of each row of a chunk, null in rejected rows; and which rows repeat a link in the other direction.

    occurrences: of the rows of this table in the load so far.
    """
    validation = context.validation
    repeats = np.zeros(len(validation.valid), bool)
    if context.file.mapping.key:
        keys, name = row_keys(context), ", ".join(context.file.mapping.key)
        validation.reject(to_mask(pc.is_null(keys)), "missing_key", name, None)
        for column in context.file.mapping.key:
            texts = as_ids(as_text(context.chunk.columns[column]))
            validation.note(pc.and_(pc.is_valid(keys), are_placeholders(texts)), "placeholder_key", column, texts)
        return keys, repeats
    valid = validation.valid_rows
    rows = pa.array(valid)
    content = digests([columns[name].take(rows) for name in sorted(columns)])
    own = as_hashes(content)
    if directions is None or not directions.symmetric.any():
        numbers = occurrences.number(own)
    else:
        numbers, repeats[valid] = _numbered(own, occurrences, directions.symmetric[valid], directions.turned[valid])
    keys = _content_keys(content, numbers)
    key_of_row = np.full(len(validation.valid), -1, np.int64)
    key_of_row[validation.valid] = np.arange(len(keys))
    return keys.take(pa.array(key_of_row, mask=key_of_row < 0)), repeats


def _numbered(hashes: Hashes, occurrences: Occurrences, symmetric: Bools, turned: Bools) -> tuple[I64, Bools]:
    """The number of each row among those of its content and direction, and whether one in the other has it already."""
    numbers, repeats = np.empty(len(hashes), np.int64), np.zeros(len(hashes), bool)
    for rows, way, other_way in ((~turned, hashes, hashes ^ TURNED), (turned, hashes ^ TURNED, hashes)):
        numbers[rows] = occurrences.number(way[rows])
        repeats[rows] = symmetric[rows] & (numbers[rows] <= occurrences.times(other_way[rows]))
    return numbers, repeats


def _content_keys(content: bytes, numbers: I64) -> pa.Array:
    """The keys of rows with these digests and numbers."""
    n = len(numbers)
    offsets = pa.py_buffer(np.arange(0, (n + 1) * HASH_DIGITS, HASH_DIGITS, dtype=np.int32))
    hexes = pa.StringArray.from_buffers(n, offsets, pa.py_buffer(content.hex().encode()))
    return pc.binary_join_element_wise(hexes, pc.cast(pa.array(numbers), pa.string()), "#")


def row_keys(context: ChunkContext) -> pa.Array:
    """The keys that the file itself has, in one or more columns, joined by `|`; null where one of them is missing."""
    mapping = context.file.mapping
    tokens = context.missing_tokens(FieldMapping())
    columns = [tokens_to_null(as_ids(as_text(context.chunk.columns[name])), tokens) for name in mapping.key]
    if len(columns) > 1:  # so that ("a|b", "c") and ("a", "b|c") stay two keys
        columns = [pc.replace_substring_regex(column, r"[\\|]", r"\\\0") for column in columns]
    keys = pc.binary_join_element_wise(*columns, "|", null_handling="emit_null")
    keys = pc.if_else(pc.equal(keys, ""), None, keys)
    # The rows of a file that is read as one table several times are rows of their own, and so is what is one party.
    if mapping.is_same_as:
        keys = pc.binary_join_element_wise(keys, SAME_AS_TABLE, "\x1f")
    return keys if mapping.reading == 1 else pc.binary_join_element_wise(keys, f"reading {mapping.reading}", "\x1f")


def has_content_key(batch: pa.RecordBatch) -> Bools:
    """Whether each fact is known by its content, and not by a row key."""
    return to_mask(pc.match_substring_regex(batch.column("key"), CONTENT_KEY))


def row_key_hashes(keys: pa.Array) -> Hashes:
    """The hashes of row keys, by which those of one table are told apart."""
    return hashes([pc.fill_null(keys, "")])
