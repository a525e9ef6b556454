"""A furnisher's file, a store on SQLite and on a real Neo4j, and records, each new for a test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.ingest import LoadResult, load
from service.records.database import open_records
from service.rights.disputes.dispute import Claim
from service.rights.disputes.handling import Office
from service.rights.disputes.items import Item, items_about

DAY = 86_400.0
RECEIVED = 1_796_040_000.0  # Monday, 30 November 2026, 12:00 UTC
CLAIM = Claim(
    text="I paid on the day.", evidence=("receipt 7",), channel="letter", representative=None, identity_theft=False
)


@pytest.fixture(params=["sqlite", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphStore]:
    sqlite = request.param == "sqlite"
    opened = open_store(f"sqlite:///{tmp_path / 'kith.db'}" if sqlite else request.getfixturevalue("neo4j_url"))
    yield opened
    opened.close()


@dataclass(frozen=True)
class Bank:
    """A furnisher that sends its whole file again and again. keyed: its outcomes have row keys."""

    folder: Path
    store: GraphStore
    keyed: bool = False

    def sends(self, outcome: str = "default", time: str = "2026-01-05", amount: int = 100) -> LoadResult:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "parties.csv").write_text("id,kind\nann,Person\nbo,Person\n")
        (self.folder / "relationships.csv").write_text("source,target,kind\nann,bo,LENDS_TO\n")
        key, ann, bo = (",key", ",loan 7", ",loan 8") if self.keyed else ("", "", "")
        (self.folder / "outcomes.csv").write_text(
            f"id,outcome,time,amount{key}\nann,{outcome},{time},{amount}{ann}\nbo,good,2026-02-01,1{bo}\n"
        )
        return load([self.folder], self.store, source="bank", replace=True, rejects_dir=self.folder.parent)

    def default(self) -> Item:
        """What it says of ann."""
        return next(item for item in items_about(self.store, "ann") if item.name.table == "outcomes")

    def link(self) -> Item:
        return next(item for item in items_about(self.store, "ann") if item.name.table == "relationships")

    def says(self) -> list[tuple[object, object, object]]:
        """Outcome, state and amount of what stands in the store about ann."""
        found = [item.content for item in items_about(self.store, "ann") if item.name.table == "outcomes"]
        return [(said["outcome"], said["state"], said["amount"]) for said in found]


@pytest.fixture
def bank(tmp_path: Path, store: GraphStore) -> Bank:
    made = Bank(tmp_path / "bank", store)
    made.sends()
    return made


@pytest.fixture
def office(tmp_path: Path, store: GraphStore) -> Iterator[Office]:
    records: Engine = open_records(f"sqlite:///{tmp_path / 'records.db'}")
    yield Office(records, store, RECEIVED)
    records.dispose()


def later(office: Office, days: float) -> Office:
    return replace(office, now=office.now + days * DAY)
