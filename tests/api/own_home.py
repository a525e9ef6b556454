"""The application over a home of its own, which a test may change and start anew."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from apiflask import APIFlask

from api.app import create_app
from graph.purposes import PURPOSES
from service.records import keys
from service.records.database import open_records
from service.settings import Settings
from tests.api.conftest import Asker
from tests.house import House


class Server:
    """The application over a copy of the house, with keys of its own; it can be started anew."""

    def __init__(self, house: House) -> None:
        self.house, self.home = house, house.folder
        self.keys: dict[str, str] = {}
        self.app: APIFlask | None = None

    def start(self) -> None:
        """Answer from what lies on disk now; what an earlier process had to keep was kept at its end."""
        if self.app is not None:
            self.flush()
        self.app = create_app(settings=Settings(home=self.home))

    def flush(self) -> None:
        """Keep the receipts that wait."""
        assert self.app is not None
        self.app.extensions["kith.receipts"].flush()

    def ask(self, role: str = "investigator") -> Asker:
        assert self.app is not None
        if role not in self.keys:
            self.keys[role] = keys.create(open_records(Settings(home=self.home).records), PURPOSES, role, ["all"])[0]
        return Asker(self.app, self.keys[role])

    def replay(self, receipt: str) -> Any:
        answer = self.ask()("/v1/replays", method="POST", json={"receipt": receipt})
        assert answer.status_code == 200, answer.data
        return answer.json

    def change(self, statement: str) -> None:
        """Change a fact behind the store's back."""
        with closing(sqlite3.connect(self.home / "kith.db")) as store:
            assert store.execute(statement).rowcount
            store.commit()
