"""Fixtures that run a test on SQLite and on a real Neo4j."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.stores.base import GraphStore
from graph.stores.open import open_store


@pytest.fixture(params=["sqlite", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kith.db'}"
    found: str = request.getfixturevalue("neo4j_url")
    return found


@pytest.fixture
def store(url: str) -> Iterator[GraphStore]:
    opened = open_store(url)
    yield opened
    opened.close()
