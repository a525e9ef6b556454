"""Where things lie, and what is done about a damaged one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cli.main import run
from gnn.models import artifact
from graph.errors import KithError, ModelError, SnapshotError
from service.workspace import Workspace
from tests.gnn.networks import Trained
from tests.house import House
from tests.loaders.files import PEOPLE, write


def test_the_newest_snapshot_and_model_are_found_without_naming_them(house: House) -> None:
    home = Workspace(house.folder)
    assert home.snapshot().id == house.made["snapshot"]["id"]
    assert str(home.model_folder()) == house.made["train"]["model"]


def test_nothing_half_made_stays_behind(house: House) -> None:
    for folder in ("snapshots", "models"):
        assert not [path for path in (house.folder / folder).iterdir() if path.name.startswith(".")]


def test_an_empty_home_says_what_comes_first(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="kith snapshot"):
        Workspace(tmp_path).snapshot()
    with pytest.raises(ModelError, match="kith train"):
        Workspace(tmp_path).model_folder()


def flip(file: Path) -> None:
    """One byte becomes another, in place, as on a disk that fails."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("broken", ["parties/id.utf8", "links/CALLS/weight.f4", "manifest.json", "id"])
@pytest.mark.parametrize("harm", [flip, Path.unlink])
def test_a_damaged_snapshot_is_replaced_by_building_it_again(
    hamlet: Trained, tmp_path: Path, broken: str, harm: Callable[[Path], None]
) -> None:
    home, store = Workspace(tmp_path), hamlet.facts.store()
    folder = home.keep_snapshot(store).folder
    whole = contents(folder)
    harm(folder / broken)
    with pytest.raises(SnapshotError):
        home.snapshot()
    home.keep_snapshot(store)
    assert home.snapshot().folder == folder and contents(folder) == whole
    assert sorted(path.name for path in folder.parent.iterdir()) == sorted([folder.name, "latest"])


@pytest.mark.parametrize("broken", ["network.onnx", "manifest.json", "id"])
@pytest.mark.parametrize("harm", [flip, Path.unlink])
def test_a_damaged_model_is_replaced_by_saving_it_again(
    hamlet: Trained, tmp_path: Path, broken: str, harm: Callable[[Path], None]
) -> None:
    home = Workspace(tmp_path)
    folder = home.keep_model(hamlet.model)
    whole = contents(folder)
    harm(folder / broken)
    with pytest.raises(ModelError):
        artifact.load(home.model_folder())
    assert home.keep_model(hamlet.model) == folder == home.model_folder()
    assert contents(folder) == whole
    assert sorted(path.name for path in folder.parent.iterdir()) == sorted([folder.name, "latest"])


def test_what_is_whole_stays_and_what_is_another_is_replaced(hamlet: Trained, tmp_path: Path) -> None:
    home, store = Workspace(tmp_path), hamlet.facts.store()
    folder = home.keep_snapshot(store).folder
    before = folder.stat().st_ino
    assert home.keep_snapshot(store).folder.stat().st_ino == before
    shutil.rmtree(folder)
    replace(hamlet.facts, relationships=()).snapshot(folder)  # whole, but not what its name says
    assert home.keep_snapshot(store).id == hamlet.snapshot.id


def test_a_process_that_reads_the_damaged_snapshot_is_not_harmed_by_its_replacement(
    hamlet: Trained, tmp_path: Path
) -> None:
    home, store = Workspace(tmp_path), hamlet.facts.store()
    serving = home.keep_snapshot(store)
    mapped = serving.links("CALLS").out_target
    before = mapped.copy()
    flip(serving.folder / "parties" / "id.utf8")
    home.keep_snapshot(store)
    assert (mapped == before).all()
    assert serving.id_array() == hamlet.snapshot.id_array()  # mapped only now: the same content under the same name


def test_files_that_are_not_ours_are_left_where_they_are(hamlet: Trained, tmp_path: Path) -> None:
    home, store = Workspace(tmp_path), hamlet.facts.store()
    folder = home.keep_snapshot(store).folder
    (folder / "mine.txt").write_text("keep")
    flip(folder / "parties" / "id.utf8")
    with pytest.raises(KithError, match=r"mine\.txt: does not belong there; move it away"):
        home.keep_snapshot(store)
    assert (folder / "mine.txt").read_text() == "keep"


def test_the_command_that_an_error_advises_repairs_it(house: House, tmp_path: Path) -> None:
    other = house.copy(tmp_path / "home")
    flip(Workspace(other.folder).snapshot().folder / "parties" / "id.utf8")
    refused = other.kith("rings")
    assert refused.code == 1 and "`kith snapshot`" in refused.err
    assert other.kith("snapshot").code == 0
    assert other.kith("rings").code == 0


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
    home = Workspace(shared / ".kith" / "demo").made()
    assert [mode(folder) for folder in (home.folder, home.folder.parent, shared)] == [0o700, 0o700, 0o755]
    assert mode(Workspace(shared).made().folder) == 0o755
