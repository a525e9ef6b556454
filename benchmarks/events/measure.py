"""Events sent to a server with two processes: how many a second, and how soon every process answers with them.

Batches of 1,000 events go over one connection, each after the one before was acknowledged. After each, questions that
ask for the acknowledged revision go over connections to both processes; the slowest counts. At the end the answers are
held to those of a snapshot that is built from all the facts. The peer writes the same facts with bare `executemany`
into the same tables of a new SQLite file. `python -m benchmarks.events.measure [PARTIES BATCHES]`.
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.http.server import home_with_town, new_key, served
from benchmarks.rows import row
from graph.stores.open import open_store
from graph.stores.sqlite_tables import SCHEMA, TABLES
from service.context import ServingContext
from service.settings import Settings
from service.workspace import Workspace

PARTIES: Final = 10_000
BATCHES: Final = 40
BATCH: Final = 1_000
ASKING: Final = 8  # connections that ask after each batch, so that both processes are among them
MARK_EVENTS: Final = 5_000.0  # a second
MARK_MS: Final = 1_000.0
COMPARED: Final = 200  # parties whose answers are compared at the end
PATIENCE: Final = 120.0
START: Final = 1.7e9

Event = dict[str, Any]


def batch_of(number: int, people: list[str], shops: list[str], chance: random.Random) -> list[Event]:
    """Events of a day: payments, calls, orders, and what became of some."""
    found: list[Event] = []
    for at in range(BATCH):
        id, (a, b), when = f"{number}-{at}", chance.sample(people, 2), START + 86_400.0 * number + at
        kind = chance.random()
        if kind < 0.4:
            event: Event = {"type": "payment", "payer": a, "payee": b, "amount": round(100 * chance.random(), 2)}
        elif kind < 0.7:
            event = {"type": "call", "caller": a, "callee": b}
        elif kind < 0.9:
            event = {"type": "order_placed", "order": id, "party": a, "merchant": chance.choice(shops), "amount": 20}
        elif kind < 0.98:
            event = {"type": "order_fulfilled", "order": id, "party": a}
        elif kind < 0.99:
            event = {"type": "outcome_opened", "party": a, "outcome": "default"}
        else:
            event = {"type": "party", "party": f"new {id}", "attributes": {"income": 1_500}}
        found.append({"id": id, "time": when, **event})
    return found


def run(parties: int = PARTIES, batches: int = BATCHES) -> dict[str, Any]:
    """The rows of `kith bench events`."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        home_with_town(home, Path(name), parties)
        key = new_key(home)
        snapshot = Workspace(home).snapshot()
        kinds = [snapshot.kind_of(at) for at in range(snapshot.n_parties)]
        people = [snapshot.id_of(at) for at, kind in enumerate(kinds) if kind == "Person"]
        shops = [snapshot.id_of(at) for at, kind in enumerate(kinds) if kind == "Merchant"][:50]
        chance = random.Random(0)
        days = [batch_of(number, people, shops, chance) for number in range(batches)]
        with served(home) as address:
            port = int(address.rpartition(":")[2])
            sent, met = _measure(port, key, days, people)
            asked = people[:: max(len(people) // COMPARED, 1)]
            answers = [_score(HTTPConnection("127.0.0.1", port, timeout=PATIENCE), key, one) for one in asked]
        exact = answers == _rebuilt(home, asked)
        bare = _bare(home, Path(name) / "bare.db", batches)
    rows = [
        row(f"{BATCH:,} events by HTTP, middle", 1000 * float(np.median(sent)), "executemany", 1000 * bare, "ms"),
        row("events a second against the mark", MARK_EVENTS, "ours", BATCH / float(np.mean(sent)), "1/s"),
        row("every process at the revision, p99", float(np.quantile(met, 0.99)) * 1000, "mark", MARK_MS, "ms"),
        row("answers that differ from a rebuilt snapshot's", 1.0, "expected", float(exact), "1 = none"),
    ]
    return {"name": "events", "rows": rows}


def _measure(port: int, key: str, days: list[list[Event]], people: list[str]) -> tuple[list[float], list[float]]:
    """Seconds of each batch until it was acknowledged, and from then until all connections answered at its revision."""
    sending = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    asking = [HTTPConnection("127.0.0.1", port, timeout=PATIENCE) for _ in range(ASKING)]
    sent, met = [], []
    for number, events in enumerate(days):
        body = json.dumps({"events": events})
        began = time.perf_counter()
        answer = _asked(sending, key, "POST", "/v1/events", body)
        acknowledged = time.perf_counter()
        assert answer["recorded"] == len(events), answer["events"][:3]
        for connection in asking:
            _score(connection, key, people[number], answer["revision"])
        sent.append(acknowledged - began)
        met.append(time.perf_counter() - acknowledged)
    return sent, met


def _score(connection: HTTPConnection, key: str, party: str, at_least: int = 0) -> float | None:
    path = f"/v1/scores/{party}?purpose=lending&at_least={at_least}"
    score: float | None = _asked(connection, key, "GET", path)["score"]
    return score


def _asked(connection: HTTPConnection, key: str, method: str, path: str, body: str | None = None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    value: dict[str, Any] = json.loads(answer.read())
    assert answer.status == 200, value
    return value


def _rebuilt(home: Path, parties: list[str]) -> list[float | None]:
    """The scores of a snapshot of all the facts."""
    from service.answers.scores import score

    workspace = Workspace(home)
    store = open_store(workspace.store_url)
    workspace.keep_snapshot(store)
    store.close()
    context = ServingContext.open(Settings(home=home))
    return [score(context, party, context.purpose("lending")).score for party in parties]


def _bare(home: Path, place: Path, batches: int) -> float:
    """Seconds in which bare inserts write the facts of a middle batch."""
    with sqlite3.connect(home / "kith.db") as facts:
        rows = {
            table: facts.execute(f"SELECT {', '.join(table.columns)}, load FROM {table.name} WHERE load > 1").fetchall()
            for table in TABLES
        }
    facts.close()
    loads = sorted({one[-1] for some in rows.values() for one in some})
    bare, seconds = sqlite3.connect(place, isolation_level=None), []
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = NORMAL")
    bare.executescript(SCHEMA)
    for one_load in loads[:batches]:
        began = time.perf_counter()
        bare.execute("BEGIN")
        for table in TABLES:
            marks = ", ".join("?" * (len(table.columns) + 2))
            statement = f"INSERT INTO {table.name} ({', '.join(table.columns)}, load, origin) VALUES ({marks})"
            bare.executemany(statement, [(*one, 1) for one in rows[table] if one[-1] == one_load])
        bare.execute("COMMIT")
        seconds.append(time.perf_counter() - began)
    bare.close()
    return float(np.median(seconds))


if __name__ == "__main__":
    print(json.dumps(run(*(int(argument) for argument in sys.argv[1:])), indent=1))
