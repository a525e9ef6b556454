"""Opening a store by its URL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from graph.errors import UsageError

if TYPE_CHECKING:
    from graph.stores.base import GraphStore


def open_store(url: str) -> GraphStore:
    """The store at `sqlite:///path` (created if absent) or `neo4j://user:password@host:7687/database`.

    Raises UsageError for another scheme or an incomplete URL.
    Raises StoreUnavailable when the store cannot be reached.
    Raises StoreError for a file that is no store of this version.
    """
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        from graph.stores.sqlite import SqliteStore

        return SqliteStore.open(url)
    if scheme in {"neo4j", "bolt"}:
        from graph.stores.neo4j import Neo4jStore  # here, because the driver takes long to import

        return Neo4jStore.open(url)
    raise UsageError(f"a store is sqlite:///path or neo4j://user:password@host:port/database, not {scheme!r}")


def not_made(url: str) -> bool:
    """Whether this is an embedded store that opening would make."""
    return url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists()
