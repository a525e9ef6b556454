"""Checkpoints of the access log: with one that lies outside, every change of the log is noticed."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from graph.errors import InputError, UsageError
from service.administration.checkpoints import KEY_FILE, make_checkpoint, read_checkpoint, write_checkpoint
from service.records import audit
from service.records.audit import START, Access, digest_after, write

Change = Callable[[sqlite3.Connection], None]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def log(sqlite_records: Engine) -> Engine:
    """Five lines about ann."""
    write(sqlite_records, [Access(float(n), 1, "Ada", "get_score", ("ann",)) for n in range(5)])
    return sqlite_records


@pytest.fixture
def kept(log: Engine, home: Path, tmp_path: Path) -> Path:
    """A checkpoint of the five lines, outside of the installation."""
    file = tmp_path / "elsewhere.json"
    write_checkpoint(file, make_checkpoint(home, audit.head(log), 100.0), home)
    return file


def restamp(db: sqlite3.Connection) -> None:
    """Stamp the whole chain again, as one who knows how it is made would."""
    digest, number = START, 0
    for number, content in db.execute("SELECT number, content FROM access ORDER BY number").fetchall():
        digest = digest_after(digest, content)
        db.execute("UPDATE access SET digest = ? WHERE number = ?", (digest, number))
    db.execute("UPDATE access_head SET number = ?, digest = ?", (number, digest))


def change_a_line(db: sqlite3.Connection) -> None:
    """Somebody else asked."""
    db.execute("UPDATE access SET content = replace(content, 'Ada', 'Bea') WHERE number = 3")


def remove_a_line(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM access_party WHERE number = 3")
    db.execute("DELETE FROM access WHERE number = 3")


def insert_a_line(db: sqlite3.Connection) -> None:
    """One more line after the last, which the others do not chain."""
    db.execute(
        "INSERT INTO access SELECT 6, time, key, replace(content, '\"number\":5', '\"number\":6'), digest "
        "FROM access WHERE number = 5"
    )
    db.execute("INSERT INTO access_party SELECT 6, party FROM access_party WHERE number = 5")
    db.execute("UPDATE access_head SET number = 6")


def cut_the_tail(db: sqlite3.Connection) -> None:
    """The last two lines go, and the head is made to fit: nothing in the log tells."""
    for table in ("access_party", "access"):
        db.execute(f"DELETE FROM {table} WHERE number > 3")
    db.execute("UPDATE access_head SET number = 3, digest = (SELECT digest FROM access WHERE number = 3)")


def change_and_restamp(db: sqlite3.Connection) -> None:
    change_a_line(db)
    restamp(db)


def edit(file: Path, change: Change) -> None:
    with closing(sqlite3.connect(file)) as db, db:
        change(db)


@pytest.mark.parametrize("change", [change_a_line, remove_a_line, insert_a_line, cut_the_tail, change_and_restamp])
def test_every_change_is_noticed_with_a_checkpoint(
    log: Engine, kept: Path, home: Path, file: Path, change: Change
) -> None:
    head = read_checkpoint(kept, None, home).head
    assert audit.verify(log, head).faults == ()
    edit(file, change)
    assert audit.verify(log, head).faults != ()


@pytest.mark.parametrize("change", [cut_the_tail, change_and_restamp])
def test_a_cut_tail_and_a_restamped_chain_are_noticed_only_with_one(log: Engine, file: Path, change: Change) -> None:
    edit(file, change)
    assert audit.verify(log).faults == ()


def test_a_log_that_grew_runs_through_its_checkpoint(log: Engine, kept: Path, home: Path) -> None:
    write(log, [Access(9.0, 1, "Ada", "get_score", ("bo",))])
    assert audit.verify(log, read_checkpoint(kept, None, home).head).faults == ()


@pytest.mark.parametrize(("name", "value"), [("lines", 4), ("digest", 64 * "0"), ("time", 1.0)])
def test_a_changed_checkpoint_is_refused(kept: Path, home: Path, name: str, value: object) -> None:
    kept.write_text(json.dumps(json.loads(kept.read_text()) | {name: value}))
    with pytest.raises(InputError, match="was changed"):
        read_checkpoint(kept, None, home)


def test_a_checkpoint_of_another_key_is_refused(log: Engine, home: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    made = make_checkpoint(home, audit.head(log), 1.0)
    forged = make_checkpoint(stranger, audit.head(log), 1.0)
    write_checkpoint(tmp_path / "forged.json", forged, home)
    with pytest.raises(InputError, match="not signed"):
        read_checkpoint(tmp_path / "forged.json", None, home)
    with pytest.raises(InputError, match="not signed"):
        read_checkpoint(tmp_path / "forged.json", made.public_key, stranger)
    assert read_checkpoint(tmp_path / "forged.json", forged.public_key, home) == forged


def test_a_checkpoint_lies_outside_and_is_never_replaced(kept: Path, home: Path, log: Engine) -> None:
    made = make_checkpoint(home, audit.head(log), 2.0)
    with pytest.raises(UsageError, match="elsewhere"):
        write_checkpoint(home / "checkpoint.json", made, home)
    with pytest.raises(UsageError, match="never replaced"):
        write_checkpoint(kept, made, home)
    assert stat.S_IMODE((home / KEY_FILE).stat().st_mode) == 0o600
