"""Backups: made while others write, checked to the byte, put back without losing what is there."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from graph.errors import InputError, UsageError
from graph.purposes import PURPOSES
from graph.stores.open import open_store
from service.administration.backup import MANIFEST, make_backup, read_backup, restore
from service.records import audit, keys
from service.records.audit import Access
from service.records.database import open_records
from service.workspace import Workspace
from tests.house import House


@pytest.fixture(scope="module")
def home(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace with facts, records, a snapshot and a model."""
    folder = house.copy(tmp_path_factory.mktemp("kept") / "home").folder
    open_records(f"sqlite:///{folder}/records.db").dispose()
    yield folder


@pytest.mark.slow
def test_what_was_backed_up_is_what_is_put_back(home: Path, tmp_path: Path) -> None:
    records = open_records(f"sqlite:///{home}/records.db")
    text, key = keys.create(records, PURPOSES, "service")
    audit.write(records, [Access(1.0, key.id, "Ada", "get_score", ("ann",))])
    made = make_backup(home, tmp_path / "backup")
    assert made == read_backup(tmp_path / "backup") and made.not_covered == ()
    restored, aside = restore(tmp_path / "backup", tmp_path / "new" / "home")
    there = tmp_path / "new" / "home"
    assert (restored, aside) == (made, None)
    again = open_records(f"sqlite:///{there}/records.db")
    assert keys.verify(again, text) == key
    assert audit.verify(again).faults == () and audit.head(again) == audit.head(records)
    assert Workspace(there).snapshot().id == Workspace(home).snapshot().id
    assert Workspace(there).model_folder().name == Workspace(home).model_folder().name
    with closing(open_store(f"sqlite:///{there}/kith.db")) as facts:
        assert Workspace(there).keep_snapshot(facts).id == Workspace(home).snapshot().id


def test_a_backup_that_is_made_while_others_write_is_of_one_moment(home: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{home}/records.db"
    ended, begun = threading.Event(), threading.Event()

    def write() -> None:
        records = open_records(url)
        while not ended.is_set():
            audit.write(records, [Access(1.0, 1, "Ada", "get_score", (f"p{number}",)) for number in range(20)])
            begun.set()
        records.dispose()

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        begun.wait()
        for number in range(3):
            make_backup(home, tmp_path / f"backup {number}")
    finally:
        ended.set()
        for writer in writers:
            writer.join()
    for number in range(3):
        copy = tmp_path / f"backup {number}" / "records.db"
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        records = open_records(f"sqlite:///{copy}")
        verdict = audit.verify(records)
        assert verdict.faults == () and verdict.lines > 0 and verdict.lines % 20 in (0, 1, 2)
        records.dispose()


@pytest.fixture
def backup(home: Path, tmp_path: Path) -> Path:
    return make_backup(home, tmp_path / "backup").folder


def changed(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)


def test_a_damaged_backup_is_refused_by_name_and_nothing_is_changed(backup: Path, tmp_path: Path) -> None:
    array = next(backup.rglob("out_target.i4"))
    changed(array)
    with pytest.raises(InputError, match=r"out_target\.i4: its bytes differ"):
        restore(backup, tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_a_file_that_is_missing_or_foreign_is_named(backup: Path) -> None:
    (backup / "records.db").rename(backup / "other.db")
    with pytest.raises(InputError, match=r"other\.db: is not of this backup"):
        read_backup(backup)
    (backup / "other.db").unlink()
    with pytest.raises(InputError, match=r"records\.db: is missing"):
        read_backup(backup)
    (backup / MANIFEST).write_text("{}")
    with pytest.raises(InputError, match="no backup of Kith"):
        read_backup(backup)


def test_what_is_there_is_kept_unless_it_is_to_be_replaced_and_then_moved_aside(backup: Path, tmp_path: Path) -> None:
    there = tmp_path / "home"
    there.mkdir()
    (there / "records.db").write_text("mine")
    with pytest.raises(UsageError, match=r"holds records\.db"):
        restore(backup, there)
    _, aside = restore(backup, there, replace=True)
    assert aside is not None and (aside / "records.db").read_text() == "mine"
    assert audit.verify(open_records(f"sqlite:///{there}/records.db")).faults == ()


def test_a_folder_that_is_there_is_never_written_into(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there already"):
        make_backup(home, tmp_path)
    with pytest.raises(UsageError, match="nothing to back up"):
        make_backup(tmp_path, tmp_path / "new")


def test_records_that_lie_elsewhere_are_said_not_to_be_covered(home: Path, tmp_path: Path) -> None:
    made = make_backup(home, tmp_path / "backup", "postgresql+pg8000://kith@127.0.0.1/kith")
    assert "records.db" not in made.files and "KITH_RECORDS_URL" in made.not_covered[0]


def test_a_backup_is_for_its_user_alone(backup: Path) -> None:
    assert backup.stat().st_mode & 0o777 == 0o700


def test_the_commands_say_what_they_did(house: House, home: Path, tmp_path: Path) -> None:
    here = House(home, house.truth, {})
    said = here.kith("backup", str(tmp_path / "backup"))
    assert said.code == 0 and (said.json or {})["not_covered"] == []
    elsewhere = House(tmp_path / "home", house.truth, {})
    said = elsewhere.kith("restore", str(tmp_path / "backup"))
    assert said.code == 0 and (said.json or {})["aside"] is None
    again = elsewhere.kith("restore", str(tmp_path / "backup"))
    assert again.code == 2 and "--replace" in again.err
