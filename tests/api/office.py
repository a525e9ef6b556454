"""An office of investigators over the house: records of their own, and people who ask with their keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apiflask import APIFlask
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from graph.purposes import PURPOSES
from service.records import keys


@dataclass(frozen=True)
class Office:
    """The application and its records."""

    app: APIFlask
    records: Engine

    def person(self, name: str | None, *purposes: str, role: str = "investigator") -> Person:
        """Somebody with a new key; without purposes, for all."""
        key = keys.create(self.records, PURPOSES, role, purposes or ["all"], name)[0]
        return Person(self.app, key)


@dataclass(frozen=True)
class Person:
    """Asks with a key."""

    app: APIFlask
    key: str

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **sent: Any) -> TestResponse:
        """The answer to a request; what is sent goes as JSON, or as the query of a GET."""
        body: dict[str, Any] = {"query_string": sent} if method == "GET" else {"json": sent}
        return self.app.test_client().open(
            path, method=method, headers={"Authorization": f"Bearer {self.key}"} | (headers or {}), **body
        )

    def get(self, path: str, **query: Any) -> Any:
        answer = self.ask("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json

    def post(self, path: str, **body: Any) -> Any:
        answer = self.ask("POST", path, **body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json

    def change(self, path: str, version: int | str, **body: Any) -> TestResponse:
        """Change a case or an alert of this version."""
        return self.ask("PATCH", path, {"If-Match": f'"{version}"'}, **body)

    def changed(self, case: Any, **body: Any) -> Any:
        """A case or an alert after a change of it as it was answered."""
        path = f"/v1/cases/{case['case']}" if "case" in case else f"/v1/alerts/{case['alert']}"
        answer = self.change(path, case["version"], **body)
        assert answer.status_code == 200, answer.text
        return answer.json
