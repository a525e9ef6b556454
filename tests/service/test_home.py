"""Where things lie, and that every setting is told of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from graph.errors import ModelError, SnapshotError
from service.home import Home
from tests.house import House

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("graph", "loaders", "gnn", "service", "api", "cli", "benchmarks", "neo4j_server", "tests")


def test_the_newest_snapshot_and_model_are_found_without_naming_them(house: House) -> None:
    home = Home(house.folder)
    assert home.snapshot().id == house.made["snapshot"]["id"]
    assert str(home.model_folder()) == house.made["train"]["model"]


def test_nothing_half_made_stays_behind(house: House) -> None:
    for folder in ("snapshots", "models"):
        assert not [path for path in (house.folder / folder).iterdir() if path.name.startswith(".")]


def test_an_empty_home_says_what_comes_first(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="kith snapshot"):
        Home(tmp_path).snapshot()
    with pytest.raises(ModelError, match="kith train"):
        Home(tmp_path).model_folder()


def test_every_setting_is_documented() -> None:
    sources = [path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    used = {name for text in sources for name in re.findall(r"\bKITH_[A-Z0-9_]*[A-Z0-9]\b", text)}
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    told = "".join(page.read_text() for page in pages if page.exists())
    assert used and {name for name in used if name not in told} == set()
