"""The network that is evaluated: files in a store of its own, or a snapshot on the store from which it was built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from graph.errors import UsageError
from graph.schema import RelationshipKind
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import FactReader, GraphStore
from loaders.ingest import Progress, load


@dataclass(frozen=True)
class EvaluatedNetwork:
    """A snapshot, the facts that it was built from, and what is to be said of where they come from.

    name: of the data set. rows, rejected, warnings, reasons: those of the load, where files were loaded for this.
    """

    name: str
    facts: FactReader
    snapshot: Snapshot
    rows: int = 0
    rejected: int = 0
    warnings: tuple[str, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FactsAtRevision:
    """A FactReader of a store as it was at a revision, with more protected columns (plain names)."""

    store: FactReader
    at: int
    more_protected: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.store.name

    def revision(self) -> int:
        return self.at

    def kinds(self) -> dict[str, RelationshipKind]:
        return self.store.kinds()

    def protected(self) -> frozenset[str]:
        return self.store.protected() | self.more_protected

    def read_parties(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self.store.read_parties(self.at if revision is None else revision)

    def read_relationships(
        self, revision: int | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        return self.store.read_relationships(self.at if revision is None else revision, columns)

    def read_outcomes(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        return self.store.read_outcomes(self.at if revision is None else revision)


def network_of_files(
    paths: Iterable[Path],
    mapping: str | None,
    store: GraphStore,
    scratch: Path,
    protected: Iterable[str] = (),
    progress: Progress | None = None,
) -> EvaluatedNetwork:
    """The network of files, loaded into an empty store. protected: plain names of more columns to protect.

    Raises what loading raises.
    """
    loaded = load(list(paths), store, mapping, rejects_dir=scratch / "rejects", progress=progress)
    store.add_protected(protected)
    snapshot = build_snapshot(store, scratch / "snapshot")
    return EvaluatedNetwork(
        loaded.source, store, snapshot, loaded.read, loaded.rejected, loaded.warnings, loaded.reasons
    )


def network_of_snapshot(
    folder: Path, store: FactReader, scratch: Path, protected: Iterable[str] = ()
) -> EvaluatedNetwork:
    """The network of a snapshot, built again from its store. protected: plain names of more columns to protect.

    Raises UsageError where the store is another one, or was changed by an erasure.
    """
    named, more = Snapshot.open(folder, verify=True), frozenset(protected)
    facts = FactsAtRevision(store, named.revision)
    if named.revision > store.revision() or (built := _built(named, facts, scratch / "snapshot")).id != named.id:
        raise UsageError(
            f"{folder} was not built from {store.name}: name its store with --store, or build the snapshot again"
        )
    if more:
        facts = FactsAtRevision(store, named.revision, more)
        built = _built(named, facts, scratch / "protected")
    return EvaluatedNetwork(f"snapshot {named.id[:16]}", facts, built)


def _built(named: Snapshot, facts: FactReader, out: Path) -> Snapshot:
    return build_snapshot(facts, out, named.as_of, named.revision)
