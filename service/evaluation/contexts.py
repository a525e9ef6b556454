"""A store seen through one context: the same parties and outcomes, and only the links that are online, or offline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import RelationshipKind
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import FactReader


@dataclass(frozen=True)
class OneContext:
    """A FactReader of the links of one context alone."""

    store: FactReader
    context: str

    @property
    def name(self) -> str:
        return f"{self.store.name}, {self.context} links only"

    def revision(self) -> int:
        return self.store.revision()

    def kinds(self) -> dict[str, RelationshipKind]:
        return self.store.kinds()

    def protected(self) -> frozenset[str]:
        return self.store.protected()

    def read_parties(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self.store.read_parties(revision)

    def read_relationships(
        self, revision: int | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        for batch in self.store.read_relationships(revision):
            of_context = batch.filter(pc.fill_null(pc.equal(batch.column("context"), self.context), False))
            yield of_context if columns is None else of_context.select(columns)

    def read_outcomes(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self.store.read_outcomes(revision)


def snapshot_of_context(store: FactReader, context: str, folder: Path, as_of: float | None = None) -> Snapshot:
    """Build the snapshot of one context; its rows are those of the whole one."""
    return build_snapshot(OneContext(store, context), folder, as_of)
