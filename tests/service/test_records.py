"""The records' database: made by migrations, and an older one is migrated with a copy kept."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect

from graph.errors import StoreError, StoreUnavailable
from graph.purposes import PURPOSES
from service.records import keys
from service.records.database import open_records
from service.records.tables import Table

ROOT = Path(__file__).parents[2]
NEWEST, LATER = "0050", "0051"
MIGRATIONS = Path(str(files("service.records") / "migrations"))
# What Kith made before it had migrations, as SQLite keeps it.
BEFORE_MIGRATIONS = """
CREATE TABLE "key" (
    id INTEGER NOT NULL,
    prefix VARCHAR(16) NOT NULL,
    digest VARCHAR(64) NOT NULL,
    role VARCHAR(32) NOT NULL,
    purposes VARCHAR(500) NOT NULL,
    created DATETIME NOT NULL,
    revoked DATETIME,
    PRIMARY KEY (id),
    UNIQUE (prefix)
)
"""


def old_database(file: Path) -> list[str]:
    """A database without migrations; the texts of its three keys, of which the last is revoked."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(BEFORE_MIGRATIONS)
    elsewhere = open_records("sqlite://")
    texts = [keys.create(elsewhere, PURPOSES, role)[0] for role in ("service", "investigator", "admin")]
    columns = "id, prefix, digest, role, purposes, created, revoked"
    with elsewhere.connect() as source, closing(sqlite3.connect(file)) as old:
        rows = source.exec_driver_sql(f"SELECT {columns} FROM key").all()
        old.executemany(f'INSERT INTO "key" ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)', [tuple(row) for row in rows])
        old.execute('UPDATE "key" SET revoked = created WHERE id = 3')
        old.commit()
    return texts


def revision(file: Path) -> str | None:
    with create_engine(f"sqlite:///{file}").connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def content(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


def tables(records: Engine) -> set[str]:
    return set(inspect(records).get_table_names())


def test_an_old_database_is_migrated_with_its_keys_and_a_copy_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    first, second, revoked = old_database(file)
    file.chmod(0o640)
    before = content(file)
    records = open_records(f"sqlite:///{file}")
    assert (keys.verify(records, first).role, keys.verify(records, second).role) == ("service", "investigator")
    with pytest.raises(keys.KeyRefused, match="revoked"):
        keys.verify(records, revoked)
    assert keys.create(records, PURPOSES, "service")[1].id == 4
    copy = tmp_path / f"records.db.before-{NEWEST}"
    assert (revision(file), revision(copy)) == (NEWEST, None)
    assert content(copy) == before and stat.S_IMODE(copy.stat().st_mode) == 0o640
    assert {path.name for path in tmp_path.iterdir()} == {file.name, copy.name}


def test_the_copy_can_be_put_back_and_is_migrated_again(tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    first, *_ = old_database(file)
    open_records(f"sqlite:///{file}").dispose()
    (tmp_path / f"records.db.before-{NEWEST}").replace(file)
    assert keys.verify(open_records(f"sqlite:///{file}"), first).role == "service"


def test_a_new_database_has_what_the_tables_say_and_needs_no_copy(tmp_path: Path) -> None:
    records = open_records(f"sqlite:///{tmp_path}/new/records.db")
    assert tables(records) == {"alembic_version", *Table.metadata.tables}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["records.db"]


@pytest.mark.parametrize("old", [False, True])
def test_the_revisions_make_exactly_the_tables_that_the_code_reads(tmp_path: Path, old: bool) -> None:
    if old:
        old_database(tmp_path / "records.db")
    with open_records(f"sqlite:///{tmp_path}/records.db").connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Table.metadata) == []


def test_every_database_gets_the_tables_that_the_code_reads(records_url: str) -> None:
    for _ in range(2):
        records = open_records(records_url)
        with records.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Table.metadata) == []
        records.dispose()


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    open_records(f"sqlite:///{file}").dispose()
    before = file.read_bytes()
    open_records(f"sqlite:///{file}").dispose()
    assert file.read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("old", [False, True])
def test_several_processes_may_start_together(tmp_path: Path, old: bool) -> None:
    file = tmp_path / "records.db"
    texts = old_database(file)[:2] if old else []
    program = f"from service.records.database import open_records; open_records('sqlite:///{file}')"

    def start(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(start, range(4)))
    assert [one.stderr for one in done] == [""] * 4
    records = open_records(f"sqlite:///{file}")
    assert [keys.verify(records, text).role for text in texts] == ["service", "investigator"][: len(texts)]
    assert revision(file) == NEWEST


def test_who_starts_while_another_migrates_waits_for_it(tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    old_database(file)
    with ThreadPoolExecutor(1) as pool, closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        opening = pool.submit(open_records, f"sqlite:///{file}")
        assert not wait([opening], timeout=0.5).done
        other.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        other.execute("INSERT INTO alembic_version VALUES (?)", (NEWEST,))
        other.execute("COMMIT")
        assert opening.result(timeout=20)
    assert not list(tmp_path.glob("*.before-*")), "nothing was left to be migrated"


def with_another_revision(folder: Path, body: str) -> str:
    """The migrations with one more, as a later Kith has them."""
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / f"r{LATER}_later.py").write_text(
        f'import sqlalchemy as sa\nfrom alembic import op\nrevision = "{LATER}"\ndown_revision = "{NEWEST}"\n\n'
        f"def upgrade():\n    {body}\n"
    )
    return str(folder)


def test_a_later_revision_is_followed_and_the_earlier_state_kept(tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    text, _ = keys.create(open_records(f"sqlite:///{file}"), PURPOSES, "service")
    later = with_another_revision(tmp_path / "later", 'op.add_column("key", sa.Column("colour", sa.String(80)))')
    records = open_records(f"sqlite:///{file}", later)
    assert "colour" in {column["name"] for column in inspect(records).get_columns("key")}
    assert keys.verify(records, text).role == "service"
    assert (revision(file), revision(tmp_path / f"records.db.before-{LATER}")) == (LATER, NEWEST)
    with pytest.raises(StoreError, match=f"revision {LATER}, which this Kith does not know"):
        open_records(f"sqlite:///{file}")


def test_a_revision_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    first, *_ = old_database(file)
    body = 'op.drop_column("key", "role"); op.create_table("half"); op.execute("no sql")'
    later = with_another_revision(tmp_path / "later", body)
    before = file.read_bytes()
    with pytest.raises(StoreUnavailable):
        open_records(f"sqlite:///{file}", later)
    assert revision(file) is None and file.read_bytes() == before
    assert keys.verify(open_records(f"sqlite:///{file}"), first).role == "service"


def test_a_relative_path_is_the_same_file_for_every_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_records("sqlite:///here/records.db").url.database == str(tmp_path / "here" / "records.db")


@pytest.mark.slow
def test_an_installed_wheel_has_the_migrations(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "requirements.txt"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "service", source / "service", ignore=shutil.ignore_patterns("__pycache__"))
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    subprocess.run([*build, str(source)], check=True, capture_output=True, text=True)
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    here = {f"service/records/migrations/{path.relative_to(MIGRATIONS)}" for path in MIGRATIONS.rglob("*.py")}
    assert here <= names and "service/records/migrations/versions/r0001_keys.py" in here
