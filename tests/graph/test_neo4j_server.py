"""A missing requirement of the test server is reported in one line, with how to get it."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import StoreUnavailable
from neo4j_server import server


@pytest.mark.parametrize("fetched", [True, False])
def test_without_java_nothing_starts(fetched: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    complete = tmp_path / ".complete"
    if fetched:
        complete.touch()
    monkeypatch.setattr(server, "COMPLETE", complete)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreUnavailable, match="javac is missing; install it"):
        server.start(tmp_path / "data")


def test_without_maven_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "javac").touch(mode=0o755)
    monkeypatch.setattr(server, "COMPLETE", tmp_path / ".complete")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreUnavailable, match="mvn is missing; install it"):
        server.fetch()
