"""Records in a database of their own for each test, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine

from graph.errors import StoreUnavailable
from service.records.database import open_records
from tests.postgresql import cluster


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The run's server. In CI a missing one is a failure, elsewhere the test skips and says what is missing."""
    try:
        with cluster() as url:
            yield url
    except StoreUnavailable as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "records" / "records.db"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def records_url(request: pytest.FixtureRequest, file: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{file}"
        return
    server: str = request.getfixturevalue("postgresql")
    name = f"kith_{uuid4().hex}"
    administration = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    yield f"{server}/{name}"
    with administration.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    administration.dispose()


@pytest.fixture
def records(records_url: str) -> Iterator[Engine]:
    engine = open_records(records_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_records(file: Path) -> Engine:
    return open_records(f"sqlite:///{file}")
