"""The database of the records: an SQLite file by default, PostgreSQL by URL; opened, and migrated where it is older.

Migrations run in one transaction beside which no other process can migrate, so that several may start together: SQLite
lets one write at a time and the others wait, PostgreSQL holds a lock for us.
"""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from graph.errors import StoreError, StoreUnavailable, UsageError
from service.records.tables import KeyRow

MIGRATIONS: Final = "service.records:migrations"  # as alembic names a folder of a package
FIRST: Final = "0001"  # the revision of tables that were made before there were migrations
PATIENCE: Final = 30.0  # seconds that an SQLite connection waits for another's write
LOCKS: Final = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(7566444)"}


def open_records(url: str, migrations: str = MIGRATIONS, patience: float = PATIENCE) -> Engine:
    """The database of this URL, its tables those of the newest migration.

    A database that is older is migrated; of an SQLite file a copy is kept beside it first, `FILE.before-REVISION`.
    A new file is for its user alone. One that is replaced later is opened again, and one that is deleted is missed.
    patience: seconds that an SQLite connection waits for another's write.
    Raises UsageError, StoreUnavailable, StoreError for a database of a newer Kith.
    """
    try:
        parsed = _absolute(make_url(url))
        if parsed.get_backend_name() == "sqlite":
            engine = create_engine(parsed, connect_args={"timeout": patience})
            _follow(engine, sqlite_file(parsed))
        else:  # a server that was started again has forgotten the connections of before
            engine = create_engine(parsed, pool_pre_ping=True)
        config = Config()
        config.set_main_option("script_location", migrations)
        _migrate(engine, config)
    except ArgumentError as error:
        raise UsageError("KITH_RECORDS_URL is no database URL; write sqlite:///path or postgresql://...") from error
    except (SQLAlchemyError, sqlite3.Error, OSError, ImportError) as error:
        raise StoreUnavailable(
            f"the records database cannot be opened ({type(error).__name__}); check its URL"
        ) from error
    return engine


def check(records: Engine, patience: float) -> None:
    """Raises StoreUnavailable where the records do not answer, or let nobody write, within so many seconds."""
    sqlite = records.dialect.name == "sqlite"
    try:
        with records.connect() as connection:
            if sqlite:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(1000 * patience)}")
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE" if sqlite else "SET LOCAL lock_timeout = '1s'")
                connection.execute(text("SELECT id FROM access_head"))
                connection.rollback()
            finally:
                if sqlite:
                    connection.invalidate()  # with its patience
    except SQLAlchemyError as error:
        raise StoreUnavailable("the database of the records does not answer; try again") from error


def _absolute(url: URL) -> URL:
    """The URL with its SQLite file named from the root, for processes in other folders; the file's folder is made."""
    file = sqlite_file(url)
    if file is None:
        return url
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)  # SQLite gives its journals the permissions of the file
    return url.set(database=str(file))


def _follow(engine: Engine, file: Path | None) -> None:
    """Use a connection only while its file is the one that lies there: another may have fewer keys, or none."""
    if file is None:
        return

    @event.listens_for(engine, "do_connect")
    def refuse_missing(*_: object) -> None:
        if not file.exists():  # SQLite would make an empty one
            raise sqlite3.OperationalError("the file of the records is gone")

    @event.listens_for(engine, "connect")
    def remember(_: object, record: ConnectionPoolEntry) -> None:
        record.info["file"] = _identity(file)

    @event.listens_for(engine, "checkout")
    def compare(_: object, record: ConnectionPoolEntry, __: object) -> None:
        if record.info["file"] != _identity(file):
            raise DisconnectionError("the file of the records was replaced")


def _identity(file: Path) -> tuple[int, int] | None:
    """Which file lies at a path, None for none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def sqlite_file(url: URL) -> Path | None:
    """The file of an SQLite database; None for any other and for one in memory."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database)).absolute()


def _migrate(engine: Engine, config: Config) -> None:
    scripts = ScriptDirectory.from_config(config)
    newest = scripts.get_current_head()
    with engine.connect() as connection:
        if _revision(connection) == newest:
            return
    with _alone(engine) as connection:
        now = _revision(connection)  # another process may have been quicker
        if now == newest:
            return
        if now is not None and now not in {script.revision for script in scripts.walk_revisions()}:
            raise StoreError(
                f"the records are at revision {now}, which this Kith does not know: a newer one migrated them; "
                "use that one, or put back the copy that it kept beside them"
            )
        tables = inspect(connection).get_table_names()
        file = sqlite_file(engine.url)
        if tables and file is not None:  # other databases have backups of their own
            _keep_copy(file, f"before-{newest}")
        if now is None and KeyRow.__tablename__ in tables:
            MigrationContext.configure(connection).stamp(scripts, FIRST)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction that is taken back as a whole when it fails, and beside which nobody else migrates."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":  # Python's driver would commit before each change of a table
            connection.execution_options(isolation_level="AUTOCOMMIT")
        with connection.begin():
            if engine.dialect.name in LOCKS:
                connection.exec_driver_sql(LOCKS[engine.dialect.name])
            yield connection


def _keep_copy(file: Path, ending: str) -> None:
    """Copy an SQLite file beside itself, under the same permissions."""
    beside, copy = file.with_name(f".{secrets.token_hex(6)}.copying"), file.with_name(f"{file.name}.{ending}")
    try:
        beside.touch(mode=0o600)
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(beside)) as target:
            source.backup(target)
        shutil.copymode(file, beside)
        beside.replace(copy)
    finally:
        beside.unlink(missing_ok=True)
