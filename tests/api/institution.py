"""An institution over the facts of the house that a test may change: its application, its people and its files."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.app import create_app
from cli.main import run
from cli.output import WIDTH, console
from graph.purposes import PURPOSES
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.ingest import LoadResult, load
from service.administration.webhooks import make_webhook
from service.context import ServingContext
from service.job_worker import Worker
from service.records import keys, webhooks
from service.records.database import open_records
from service.rights.disputes.handling import TELLING
from service.rights.disputes.telling import tell
from service.settings import Settings
from service.webhooks.delivering import Delivering
from service.workspace import Workspace
from tests.api.office import Office, Person
from tests.house import House
from tests.service.receiver import receiving

ANN, FRIEND = "ann", "friend"


@dataclass
class Institution:
    """A workspace of its own, the application over its newest snapshot, and a bank that sends it files."""

    settings: Settings
    records: Engine
    office: Office

    @property
    def folder(self) -> Path:
        return self.settings.home

    @staticmethod
    def settled(folder: Path, store: str | None) -> Institution:
        records = open_records(f"sqlite:///{folder}/records.db")
        settings = Settings(home=folder, store_url=store, legal_profile="us_fcra")
        return Institution(settings, records, Office(None, records))  # type: ignore[arg-type]

    @contextmanager
    def store(self) -> Iterator[GraphStore]:
        with closing(open_store(self.settings.store)) as opened:
            yield opened

    def renew(self) -> None:
        """Serve a snapshot of what is known now."""
        with self.store() as store:
            Workspace(self.folder).keep_snapshot(store)
        context = ServingContext.open(self.settings)
        self.office = Office(create_app(context, self.records, self.settings), self.records)

    def bank_sends(self, partner: str, outcome: bool) -> LoadResult:
        """Ann pays her friend, who is said to have defaulted."""
        bank = self.folder.parent / "bank"
        bank.mkdir(exist_ok=True)
        (bank / "parties.csv").write_text("id,kind\nann,Person\nfriend,Person\n")
        (bank / "relationships.csv").write_text(
            f"source,target,kind,count,amount\nann,friend,GUARANTEES,3,500\nann,{partner},PAYS,9,100\n"
            f"friend,{partner},PAYS,9,100\n"
        )
        row = "friend,default,2025-10-01\n" if outcome else ""
        (bank / "outcomes.csv").write_text(f"id,outcome,time\n{row}")
        with self.store() as store:
            return load([bank], store, source="bank", rejects_dir=self.folder / "rejects")

    def person(self, name: str, role: str) -> Person:
        return Person(self.office.app, keys.create(self.records, PURPOSES, role, ["all"], name)[0])

    def subject(self, party: str, assurance: str = "document") -> Person:
        holder = keys.Holder(party, assurance)
        return Person(self.office.app, keys.create(self.records, PURPOSES, "subject", holder=holder)[0])

    def told_by_webhook(self, name: str) -> tuple[dict[str, str], str]:
        """The headers and the body of the one event that a webhook of the holder of a key gets."""
        (owner,) = [key.owner for key in keys.all_keys(self.records) if key.name == name]
        now = time.time()
        handlers = {TELLING: partial(tell, self.records, self.settings), webhooks.JOB: Delivering(self.records, True)}
        worker = Worker(self.records, handlers)
        with receiving() as receiver:
            types: list[webhooks.EventType] = ["receipt.corrected"]
            make_webhook(self.records, owner, receiver.url, types, None, "v1", private=True, now=now)
            while worker.work_once():
                pass
        (got,) = receiver.got
        return got

    def commands(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
        """Runs `kith` on this installation; the answer is what it printed."""
        monkeypatch.setenv("KITH_HOME", str(self.folder))
        monkeypatch.setenv("KITH_STORE_URL", self.settings.store)
        monkeypatch.setattr(console, "width", WIDTH)  # a runner of tests may set COLUMNS

        def kith(*command: str, code: int = 0) -> str:
            out = io.StringIO()
            with redirect_stdout(out), redirect_stderr(out):
                assert run(list(command)) == code, out.getvalue()
            return " ".join(out.getvalue().split())

        return kith

    def at(self, person: Person) -> Person:
        """The person, at the application as it is now."""
        return Person(self.office.app, person.key)


def founded(house: House, folder: Path, store: str | None = None) -> Institution:
    """An institution over the facts of the house, in a store of its own."""
    house.copy(folder)
    made = Institution.settled(folder, store)
    if store is not None:
        with made.store() as opened:
            for files in ("town", "odd"):
                load([house.folder.parent / files], opened, rejects_dir=folder / "rejects")
    made.bank_sends(house.member, outcome=False)
    made.renew()
    return made
