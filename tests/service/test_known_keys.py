"""Keys that are remembered: never longer than until a key is changed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from graph.errors import KeyRefused, StoreUnavailable
from graph.purposes import PURPOSES
from service.records import audit, keys
from service.records.audit import Access
from service.records.database import open_records
from service.records.keys import Limits
from service.records.known_keys import KnownKeys

ROOT = Path(__file__).parents[2]
REVOKE = """
import sys
from service.records import keys
from service.records.database import open_records
keys.revoke(open_records(sys.argv[1]), int(sys.argv[2]))
"""


def counted(records: Engine) -> list[str]:
    """What is asked of the database from now on."""
    asked: list[str] = []
    event.listen(records, "before_cursor_execute", lambda *args: asked.append(args[2]))
    return asked


def test_a_key_is_looked_up_once_while_nothing_is_written(sqlite_records: Engine) -> None:
    text, key = keys.create(sqlite_records, PURPOSES, "service")
    known, asked = KnownKeys(sqlite_records), counted(sqlite_records)
    assert [known.verify(text) for _ in range(5)] == 5 * [key]
    assert len(asked) == 1


def test_a_key_is_not_looked_up_again_since_something_else_is_written(sqlite_records: Engine) -> None:
    text, _ = keys.create(sqlite_records, PURPOSES, "service")
    known, asked = KnownKeys(sqlite_records), counted(sqlite_records)
    known.verify(text)
    before = len(asked)
    audit.write(sqlite_records, [Access(1.0, 1, None, "get_score", ("a",))])
    written = len(asked)
    known.verify(text)
    assert written > before
    assert len(asked) == written


def test_a_change_by_other_means_counts_after_a_second(
    sqlite_records: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, _ = keys.create(sqlite_records, PURPOSES, "service")
    known = KnownKeys(sqlite_records)
    known.verify(text)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM key")
    monkeypatch.setattr("service.records.known_keys.LONGEST", 0.0)
    with pytest.raises(KeyRefused, match="unknown"):
        known.verify(text)


def test_a_key_that_another_process_revokes_is_refused_at_once(sqlite_records: Engine) -> None:
    text, key = keys.create(sqlite_records, PURPOSES, "service")
    known = KnownKeys(sqlite_records)
    known.verify(text)
    url = sqlite_records.url.render_as_string()
    subprocess.run([sys.executable, "-c", REVOKE, url, str(key.id)], cwd=ROOT, check=True)
    with pytest.raises(KeyRefused, match="revoked"):
        known.verify(text)


def test_a_key_that_is_remembered_expires_all_the_same(sqlite_records: Engine) -> None:
    text, _ = keys.create(sqlite_records, PURPOSES, "service", limits=Limits(datetime.now(UTC) + timedelta(seconds=1)))
    known = KnownKeys(sqlite_records)
    known.verify(text)
    time.sleep(1.1)
    with pytest.raises(KeyRefused, match="expired"):
        known.verify(text)


def test_another_file_in_its_place_counts_at_once(sqlite_records: Engine, file: Path, tmp_path: Path) -> None:
    text, _ = keys.create(sqlite_records, PURPOSES, "service")
    known = KnownKeys(sqlite_records)
    known.verify(text)
    other = tmp_path / "other.db"
    open_records(f"sqlite:///{other}").dispose()
    other.replace(file)
    with pytest.raises(KeyRefused, match="unknown"):
        known.verify(text)
    file.unlink()
    with pytest.raises(StoreUnavailable):
        known.verify(text)


def test_nothing_is_remembered_where_a_write_does_not_show_in_the_file(sqlite_records: Engine, file: Path) -> None:
    """A write-ahead log, which somebody may have turned on."""
    text, key = keys.create(sqlite_records, PURPOSES, "service")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    known = KnownKeys(sqlite_records)
    known.verify(text)
    keys.revoke(open_records(f"sqlite:///{file}"), key.id)
    with pytest.raises(KeyRefused, match="revoked"):
        known.verify(text)


def test_other_databases_are_asked_each_time(records: Engine) -> None:
    text, key = keys.create(records, PURPOSES, "service")
    known = KnownKeys(records)
    assert known.verify(text) == key
    keys.revoke(records, key.id)
    with pytest.raises(KeyRefused, match="revoked"):
        known.verify(text)
