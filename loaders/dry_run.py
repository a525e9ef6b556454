"""A dry run: the load goes into a temporary store that holds the source's facts, and the store itself is only read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import UnfinishedLoad
from graph.schema import RELATIONSHIP_KINDS
from graph.stores.base import GraphStore
from graph.stores.sqlite import SqliteStore


@contextmanager
def scratch_store(store: GraphStore, source: str, fingerprint: str) -> Iterator[SqliteStore]:
    """A temporary store with this source's live facts and the kinds of `store`; it is deleted at the end.

    Loading `source` into it records and corrects as many facts as loading it into `store` would. Parties of other
    sources are not in it: look endpoints up in `store`.

    Raises UnfinishedLoad where `store` would: an interrupted load of the source has another fingerprint.
    """
    loads = [load for load in store.loads() if load.source == source]
    for load in loads:
        if load.revision is None and load.fingerprint != fingerprint:
            raise UnfinishedLoad(load.id, source)
    with tempfile.TemporaryDirectory(prefix="kith-dry-run-") as folder:
        scratch = SqliteStore(Path(folder) / "kith.db")
        try:
            scratch.define_kinds(kind for name, kind in store.kinds().items() if RELATIONSHIP_KINDS.get(name) != kind)
            if any(load.revision is not None for load in loads):
                _copy_facts(store, scratch, source)
            yield scratch
        finally:
            scratch.close()


def _copy_facts(store: GraphStore, scratch: SqliteStore, source: str) -> None:
    load = scratch.begin_load(source, "copy")
    for batches, record in (
        (store.read_parties(), load.parties),
        (store.read_relationships(), load.relationships),
        (store.read_outcomes(), load.outcomes),
        (store.read_consents(), load.consents),
    ):
        for batch in batches:
            own = batch.filter(pc.equal(batch.column("origin"), source))
            if own.num_rows:
                names = [name for name in own.schema.names if name not in {"origin", "recorded"}]
                record(pa.RecordBatch.from_arrays([own.column(name) for name in names], names))
    load.finish()
