"""A store to load into, and small exchange folders written line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.ingest import LoadResult, load

NOW = 1_750_000_000.0  # 2025-06-15

Loading = Callable[..., LoadResult]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GraphStore]:
    opened = open_store(f"sqlite:///{tmp_path}/kith.db")
    yield opened
    opened.close()


@pytest.fixture
def loading(tmp_path: Path, store: GraphStore) -> Loading:
    """Load paths into `store`, with rejects below tmp_path/rejects, as if it were June 2025."""

    def go(*paths: Path, **more: object) -> LoadResult:
        given: dict[str, object] = {"rejects_dir": tmp_path / "rejects", "now": NOW} | more
        return load(paths, store, **given)  # type: ignore[arg-type]

    return go
