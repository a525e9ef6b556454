"""Natural keys: the row key of a mapping, or a hash of the row's content and its number among the rows of this content.

A content key is the first 16 hex digits of the SHA-256 of the content, `#` and n for the n-th row of this content among
all files of the load. So the same files give the same keys in any order of rows, and separate but identical calls stay
separate. Rows of different content that share a hash get different n: keys never clash.

A row key identifies a row within its source and table alone, whatever its other columns say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loaders.checking.chunk_context import ChunkContext
from loaders.identity.hashes import HASH_DIGITS, Hashes, Occurrences, as_hashes, digests, hashes
from loaders.mapping import SAME_AS_TABLE, FieldMapping
from loaders.values.arrays import to_mask
from loaders.values.ids import as_ids
from loaders.values.texts import as_text, tokens_to_null

CONTENT_KEY: Final = r"^[0-9a-f]{16}#[0-9]+$"


def natural_keys(context: ChunkContext, columns: Mapping[str, pa.Array], occurrences: Occurrences) -> pa.Array:
    """The key of each row of a chunk, null in rejected rows.

    occurrences: of the rows of this table in the load so far.
    """
    validation = context.validation
    if context.file.mapping.key:
        keys, name = row_keys(context), ", ".join(context.file.mapping.key)
        validation.reject(to_mask(pc.is_null(keys)), "missing_key", name, None)
        return keys
    rows = pa.array(validation.valid_rows)
    keys = content_keys([columns[name].take(rows) for name in sorted(columns)], occurrences)
    key_of_row = np.full(len(validation.valid), -1, np.int64)
    key_of_row[validation.valid] = np.arange(len(keys))
    return keys.take(pa.array(key_of_row, mask=key_of_row < 0))


def content_keys(columns: Sequence[pa.Array], occurrences: Occurrences) -> pa.Array:
    """A key for each row from all its columns (strings, float64, int64; null is missing)."""
    content = digests(columns)
    numbers = pa.array(occurrences.number(as_hashes(content)))
    n = len(numbers)
    offsets = pa.py_buffer(np.arange(0, (n + 1) * HASH_DIGITS, HASH_DIGITS, dtype=np.int32))
    hexes = pa.StringArray.from_buffers(n, offsets, pa.py_buffer(content.hex().encode()))
    return pc.binary_join_element_wise(hexes, pc.cast(numbers, pa.string()), "#")


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


def row_key_hashes(keys: pa.Array) -> Hashes:
    """The hashes of row keys, by which those of one table are told apart."""
    return hashes([pc.fill_null(keys, "")])
