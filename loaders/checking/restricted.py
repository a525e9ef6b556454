"""Rows that state what a dispute keeps from being stated: they are rejected, so nothing of them is stored or ended."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import pyarrow as pa

from graph.stores.base import GraphStore
from graph.stores.restrictions import ABOUT, SCHEMAS, has_restrictions, restricted
from loaders.checking.chunk_context import ChunkContext


class RestrictedFacts:
    """The facts that loads of one source may not state."""

    def __init__(self, store: GraphStore, source: str) -> None:
        self._store, self._source = store, source

    @cached_property
    def _some(self) -> bool:
        return has_restrictions(self._store, self._source)

    def reject(self, context: ChunkContext, columns: Mapping[str, pa.Array]) -> None:
        """Reject those of the valid rows of a chunk that may not be stated."""
        validation, table = context.validation, context.file.table
        valid = validation.valid_rows
        if not len(valid) or not self._some:
            return
        chosen = pa.table({name: columns[name].take(pa.array(valid)) for name in SCHEMAS[table].names})
        found = restricted(self._store, self._source, table, chosen.to_pylist())
        named = ABOUT[table][0]
        column = context.file.column_name("source" if table == "relationships" else "id")
        for why in sorted(set(found.values())):
            rows = [int(valid[place]) for place, reason in found.items() if reason == why]
            validation.reject_indices(rows, why, column, columns[named])
