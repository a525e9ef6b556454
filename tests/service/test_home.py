"""Where things lie, and that every setting is told of."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.main import run
from graph.errors import ModelError, SnapshotError
from service.home import Home
from tests.house import House
from tests.loaders.files import PEOPLE, write

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


@pytest.fixture
def open_umask() -> Iterator[None]:
    """As where new files may be read and written by everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(folder: Path) -> int:
    return folder.stat().st_mode & 0o777


@pytest.mark.usefixtures("open_umask")
@pytest.mark.parametrize("first", ["load {town}", "keys create --role service", "keys list"])
def test_whatever_makes_the_home_makes_it_for_its_user_alone(
    first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KITH_HOME", raising=False)
    run(first.format(town=write(tmp_path / "town", parties=PEOPLE)).split())
    assert mode(tmp_path / ".kith") == 0o700


@pytest.mark.usefixtures("open_umask")
def test_every_folder_on_the_way_to_a_home_is_private_and_one_that_was_there_is_left_alone(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    home = Home(shared / ".kith" / "demo").made()
    assert [mode(folder) for folder in (home.folder, home.folder.parent, shared)] == [0o700, 0o700, 0o755]
    assert mode(Home(shared).made().folder) == 0o755


def test_every_setting_is_documented() -> None:
    sources = [path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    used = {name for text in sources for name in re.findall(r"\bKITH_[A-Z0-9_]*[A-Z0-9]\b", text)}
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    told = "".join(page.read_text() for page in pages if page.exists())
    assert used and {name for name in used if name not in told} == set()
