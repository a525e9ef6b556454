"""The application over the house, in this process, and keys to ask it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from apiflask import APIFlask
from werkzeug.test import TestResponse

from api.app import create_app
from tests.house import House

if TYPE_CHECKING:
    from tests.api.institution import Institution
    from tests.api.own_home import Server


@pytest.fixture(scope="session")
def app(house: House) -> Iterator[APIFlask]:
    with house.here():
        yield create_app()


@pytest.fixture(scope="session")
def make_key(house: House) -> Callable[..., str]:
    return lambda role="investigator", *purposes, name="Ada Lim": house.key(role, *purposes, name=name)


@dataclass(frozen=True)
class Asker:
    """Asks the application with one key."""

    app: APIFlask
    key: str | None

    def __call__(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None, json: Any = None, **query: Any
    ) -> TestResponse:
        sent = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return self.app.test_client().open(
            path, method=method, query_string=query, headers=sent | (headers or {}), json=json
        )

    def of(self, party: str, what: str = "parties", **query: Any) -> TestResponse:
        """Ask about a party; its id goes into the path as one segment."""
        return self(f"/v1/{what}/{quote(party, safe='')}", **query)


@pytest.fixture(scope="session")
def ask(app: APIFlask, make_key: Callable[..., str]) -> Asker:
    return Asker(app, make_key())


@pytest.fixture
def server(house: House, tmp_path: Path) -> Server:
    """The application over a copy of the house."""
    from tests.api.own_home import Server

    server = Server(house.copy(tmp_path / "home"))
    server.start()
    return server


@pytest.fixture
def institution(house: House, tmp_path: Path) -> Iterator[Institution]:
    """An institution that a bank sends files to."""
    from tests.api.institution import founded

    made = founded(house, tmp_path / "home")
    yield made
    made.records.dispose()
