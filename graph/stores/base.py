"""What every store does, whatever it is made of, and how one is opened.

A store holds facts. Each fact is recorded by a load and, once withdrawn or corrected, retracted by a load. A load
gets its revision when it finishes: until then nobody reads what it wrote, so a load is seen whole or not at all,
although it commits in short pieces. The state of the network at revision r is every fact recorded by a load that
finished at or before r and not retracted by such a load.

Natural keys (a live fact of one source is unique in them):
    party         (source of the load, id)
    relationship  (source of the load, kind, source, target, key)
    outcome       (source of the load, party, key)
Recording what is already there with the same content changes nothing; with other content it is a correction: the
old fact is retracted and a new one recorded by the same load. Of a key that comes several times the last row counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import pyarrow as pa

from graph.errors import UsageError
from graph.schema import Party, Relationship, RelationshipKind

DEFAULT_URL = "sqlite:///.kith/kith.db"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch: rows recorded (new or corrected) by this load, and rows that were there already.

    A row that this same load recorded in an earlier, interrupted try counts as recorded.
    """

    recorded: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class LoadRecord:
    """One line of the store's history. `revision` is None while the load is unfinished; it is `undone`, too, while a
    store that needs several steps for it removes its traces.
    """

    id: int
    source: str
    fingerprint: str
    revision: int | None
    undone: bool


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One live link of a party: the other end, and the link."""

    party: str
    relationship: Relationship


class Load(Protocol):
    """A load in progress. Each call commits in pieces of at most a few thousand rows.

    Several processes may go on with one load. Once one of them has finished it, or somebody has taken it back, the
    others record no more: they get a StoreError.
    """

    @property
    def id(self) -> int: ...
    def parties(self, batch: pa.RecordBatch) -> Recorded: ...
    def relationships(self, batch: pa.RecordBatch) -> Recorded:
        """Ends need not be parties of the same load, but must be parties of the store (`missing` tells).

        Raises UnknownKind for a kind that the store does not define, and records nothing of the batch.
        """

    def outcomes(self, batch: pa.RecordBatch) -> Recorded: ...
    def finish(self) -> int:
        """Make it visible at once; returns its revision (a load that changed nothing keeps the store's revision).

        Where another process finished it already, having read the same bytes, that revision stays and is returned.
        """


class GraphStore(Protocol):
    """The network's system of record."""

    @property
    def name(self) -> str:
        """What messages call this store; never a password."""

    def define_kinds(self, kinds: Iterable[RelationshipKind]) -> None:
        """Register kinds (idempotent). Raises UnknownKind when a name exists with another category."""

    def kinds(self) -> dict[str, RelationshipKind]:
        """Built-in kinds and those defined here."""

    def add_protected(self, columns: Iterable[str]) -> None:
        """Remember more protected column names (plain form), from a mapping."""

    def protected(self) -> frozenset[str]: ...

    def begin_load(self, source: str, fingerprint: str) -> Load:
        """Start a load, or go on with the interrupted one of the same source and fingerprint.

        Raises UnfinishedLoad when an interrupted load of this source has another fingerprint.
        """

    def undo(self, load: int) -> int:
        """Take a load's facts back and bring back those it corrected; returns the new revision.

        What is live then is, of each key, the newest fact recorded by a load that is not taken back; what a later load
        found unchanged is the earlier load's alone. No link or outcome loses its end: a party that those of its source
        still need stays, implied and bare, with its kind alone, until the last of them goes. An unfinished load is
        removed without a trace.

        Raises UsageError for a load that is unknown, taken back already, or itself took another back; UnfinishedLoad
        while another load of the same source is unfinished.
        """

    def loads(self) -> list[LoadRecord]: ...
    def revision(self) -> int:
        """The newest revision, 0 in an empty store."""

    def missing(self, ids: Iterable[str]) -> set[str]:
        """Those of ids that are no party here (parties of unfinished loads count as present)."""

    def party(self, id: str, revision: int | None = None) -> Party | None:
        """The party, merged over sources (explicit over implied, then the newest), or None."""

    def neighbours(self, id: str, limit: int, after: int = 0, revision: int | None = None) -> list[Neighbour]:
        """Live links of a party in either direction, ordered by (kind, other end, source, target, key) by bytes.

        Self-links appear once. `after` skips that many.
        """

    def read_parties(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        """Every live party fact: PARTIES plus `origin` (string, source of its load) and `recorded` (int64)."""

    def read_relationships(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        """Every live relationship fact: RELATIONSHIPS plus `origin` and `recorded`; any order."""

    def read_outcomes(self, revision: int | None = None) -> Iterator[pa.RecordBatch]:
        """Every live outcome fact: OUTCOMES plus `origin` and `recorded`."""

    def cypher(self, statement: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """Raw Cypher, where the store speaks it. Raises Unsupported elsewhere."""

    def close(self) -> None: ...


def open_store(url: str = DEFAULT_URL) -> GraphStore:
    """Open `sqlite:///path` (created if absent) or `neo4j://user:password@host:7687/database`.

    Raises UsageError for another scheme, StoreUnavailable when it cannot be reached.
    """
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        from graph.stores.sqlite import SqliteStore

        return SqliteStore.open(url)
    if scheme in {"neo4j", "bolt"}:
        from graph.stores.neo4j import Neo4jStore

        return Neo4jStore.open(url)
    raise UsageError(f"a store is sqlite:///path or neo4j://user:password@host:port/database, not {scheme!r}")
