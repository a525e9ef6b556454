"""A store to rehearse a load in: it knows what the real one knows, and is thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import UnfinishedLoad
from graph.schema import RELATIONSHIP_KINDS
from graph.stores.base import GraphStore
from graph.stores.sqlite import SqliteStore


class _Rehearsal(SqliteStore):
    """A temporary store with this source's facts in it; other parties are looked up in the real one."""

    def __init__(self, path: Path, real: GraphStore) -> None:
        super().__init__(path)
        self._real = real

    def missing(self, ids: Iterable[str]) -> set[str]:
        absent = super().missing(ids)
        return self._real.missing(absent) if absent else absent


@contextmanager
def rehearsal(real: GraphStore, source: str, fingerprint: str) -> Iterator[SqliteStore]:
    """A throw-away store in which loading `source` gives the counts it would give in `real`.

    Raises UnfinishedLoad where the real store would.
    """
    for load in real.loads():
        if load.source == source and load.revision is None and load.fingerprint != fingerprint:
            raise UnfinishedLoad(load.id, source)
    with tempfile.TemporaryDirectory(prefix="kith-dry-run-") as folder:
        store = _Rehearsal(Path(folder) / "kith.db", real)
        try:
            store.define_kinds(kind for name, kind in real.kinds().items() if name not in RELATIONSHIP_KINDS)
            if any(load.source == source and load.revision is not None for load in real.loads()):
                _copy(real, store, source)
            yield store
        finally:
            store.close()


def _copy(real: GraphStore, store: SqliteStore, source: str) -> None:
    load = store.begin_load(source, "copy")
    for batches, record in (
        (real.read_parties(), load.parties),
        (real.read_relationships(), load.relationships),
        (real.read_outcomes(), load.outcomes),
    ):
        for batch in batches:
            own = batch.filter(pc.equal(batch.column("origin"), source))
            if own.num_rows:
                names = [name for name in own.schema.names if name not in {"origin", "recorded"}]
                record(pa.RecordBatch.from_arrays([own.column(name) for name in names], names))
    load.finish()
