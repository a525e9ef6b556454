"""Events sent to a real server with two processes: what was acknowledged is answered, whoever is asked."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from standardwebhooks import Webhook as Verifier

from graph.snapshots.snapshot import Snapshot
from graph.stores.open import open_store
from loaders.ingest import load
from service.records.database import open_records
from service.records.tables import ToldScoreRow
from service.settings import Settings
from tests.api.test_server import PATIENCE, Running, environment, serve, until
from tests.house import House
from tests.service.receiver import receiving

pytestmark = pytest.mark.slow

SCORED_BY = re.compile(r'"route": "/v1/scores/\{id\}"[^}]*"pid": (\d+)')


@dataclass(frozen=True)
class Live:
    """A server over a home of its own, and a key of a service."""

    running: Running
    home: House
    key: str

    def ask(self, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        connection = HTTPConnection("127.0.0.1", self.running.port, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", "Connection": "close"}
        try:
            sent = None if body is None else json.dumps(body)
            connection.request("GET" if body is None else "POST", path, sent, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def send(self, *events: dict[str, Any]) -> int:
        """Record events; returns the revision."""
        status, answer = self.ask("/v1/events", {"events": [{"time": 1.6e9, **event} for event in events]})
        assert status == 200 and answer["recorded"] == len(events), answer
        return int(answer["revision"])

    def score(self, party: str, at_least: int | None = None) -> dict[str, Any]:
        more = "" if at_least is None else f"&at_least={at_least}"
        status, answer = self.ask(f"/v1/scores/{party}?purpose=fraud_investigation{more}")
        assert status == 200, answer
        return answer

    def of_both(self, party: str, revision: int) -> dict[str, Any]:
        """The one answer of both processes at a revision."""
        answers: list[dict[str, Any]] = []
        seen = len(self.running.log.read_text())

        def both_answered() -> bool:
            answers.append(self.score(party, revision))
            return len(set(SCORED_BY.findall(self.running.log.read_text()[seen:]))) == 2

        until(both_answered, "both processes have answered")
        assert all(answer == answers[0] for answer in answers) and answers[0]["revision"] == revision
        return answers[0]


@contextmanager
def serving(home: House, key: str, log: Path, store: str | None = None) -> Iterator[Live]:
    """A server with two processes over a home, and over a store where it is not the home's own."""
    variables = environment(home) | {"KITH_WEBHOOK_PRIVATE": "true"}
    variables |= {} if store is None else {"KITH_STORE_URL": store}
    with log.open("w") as errors:
        process = subprocess.Popen(
            serve(), env=variables, cwd=log.parent, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            assert process.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:(\d+)/docs", process.stdout.readline())
            assert found is not None, log.read_text()
            running = Running(process, int(found[1]), key, log)
            until(lambda: running.get("/readyz")[0] == 200 and len(running.workers()) == 2, "both workers are ready")
            yield Live(running, home, key)
        finally:
            children = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            process.wait(PATIENCE)
            for child in children:
                if child.is_running():
                    child.kill()


@pytest.fixture
def live(house: House, tmp_path: Path) -> Iterator[Live]:
    home = house.copy(tmp_path / "home")
    key = home.key("service", name="shop")
    with serving(home, key, tmp_path / "log") as found:
        yield found


@pytest.fixture(params=["sqlite", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def store(request: pytest.FixtureRequest, house: House, tmp_path: Path) -> str | None:
    """None for the store of the home, and the URL of a real Neo4j that holds the same facts."""
    if request.param == "sqlite":
        return None
    url: str = request.getfixturevalue("neo4j_url")
    with closing(open_store(url)) as opened:
        for files in ("town", "odd"):
            load([house.folder.parent / files], opened, rejects_dir=tmp_path / "rejects")
    return url


def friends_of(snapshot: Snapshot, party: str) -> list[str]:
    row, links = snapshot.row_of(party), snapshot.links("FRIEND_OF")
    rows = {*links.out(row).party.tolist(), *links.into(row).party.tolist()}
    return [snapshot.id_of(other) for other in sorted(rows)]


def unharmed(home: House) -> tuple[str, list[str]]:
    """The person with the most friends of those of whom no outcome is known, and these friends."""
    snapshot = home.context().snapshot
    known = set(snapshot.outcomes.party.tolist())
    rows = [row for row in range(snapshot.n_parties) if snapshot.kind_of(row) == "Person" and row not in known]
    friends = {party: friends_of(snapshot, party) for party in map(snapshot.id_of, rows)}
    return max(friends.items(), key=lambda one: len(one[1]))


def without_revision(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in {"revision", "receipt"}}


def test_a_default_of_friends_counts_on_every_process_until_it_is_corrected(live: Live) -> None:
    party, friends = unharmed(live.home)
    before = live.of_both(party, 2)
    opened = [
        {"id": f"d{at}", "type": "outcome_opened", "party": friend, "outcome": "default"}
        for at, friend in enumerate(friends)
    ]
    during = live.of_both(party, live.send(*opened))
    assert during["score"] < before["score"]
    corrections = [{"id": f"c{at}", "type": "outcome_corrected", "of": one["id"]} for at, one in enumerate(opened)]
    after = live.of_both(party, live.send(*corrections))
    assert without_revision(after) == without_revision(before)

    assert live.ask(f"/v1/scores/{party}?purpose=fraud_investigation&at_least=99")[0] == 503
    assert live.ask(f"/v1/scores/{party}?purpose=fraud_investigation&exactly=3")[0] == 410
    assert live.ask(f"/v1/scores/{party}?purpose=fraud_investigation&exactly=4")[0] == 200

    # A process that is killed comes back without the store, and answers the same.
    opened = [{**one, "id": f"again {one['id']}"} for one in opened]
    revision = live.send(*opened)
    answer = live.of_both(party, revision)
    (live.home.folder / "kith.db").rename(live.home.folder / "away.db")
    killed = live.running.workers()[0]
    killed.kill()
    until(
        lambda: len(live.running.workers()) == 2 and killed.pid not in {one.pid for one in live.running.workers()},
        "the killed worker was replaced",
    )
    assert live.of_both(party, revision) == answer


def test_a_webhook_is_told_of_a_score_that_changed(live: Live) -> None:
    party, friends = unharmed(live.home)
    opened = [
        {"id": f"d{at}", "type": "outcome_opened", "party": friend, "outcome": "default"}
        for at, friend in enumerate(friends)
    ]
    with receiving() as receiver:
        hook = {"url": receiver.url, "types": ["score.changed"], "parties": [party]}
        status, made = live.ask("/v1/webhooks", hook)
        assert status == 201, made
        until(lambda: bool(told_of(live, party)), "the first figures are kept")
        before, revision = told_of(live, party), live.send(*opened)
        until(lambda: len(receiver.got) >= 1, "the webhook was told")
        headers, body = receiver.got[0]
        Verifier(made["secret"]).verify(body, headers)
        data = json.loads(body)["data"]
        assert (data["party"], data["revision"]) == (party, revision)
        assert data["before"] == before[data["purpose"]] and data["score"] < data["before"]["score"]


def told_of(live: Live, party: str) -> dict[str, dict[str, Any]]:
    """What was told last of a party, by purpose."""
    with Session(open_records(Settings(home=live.home.folder).records)) as session:
        rows = session.scalars(select(ToldScoreRow).where(ToldScoreRow.party == party))
        return {row.purpose: json.loads(row.figures) for row in rows}


def test_a_newer_snapshot_is_swapped_in_while_questions_are_answered(live: Live) -> None:
    party, before = live.home.member, live.score(live.home.member)["snapshot"]
    answers: list[list[tuple[str, int]]] = [[], [], []]
    stop = threading.Event()

    def ask(of: list[tuple[str, int]]) -> None:
        while not stop.is_set():
            answer = live.score(party)  # which fails at any other status than 200
            of.append((answer["snapshot"], answer["revision"]))

    threads = [threading.Thread(target=ask, args=(of,)) for of in answers]
    for thread in threads:
        thread.start()
    try:
        for number in range(4):
            live.send({"id": f"n{number}", "type": "friendship_made", "a": party, "b": f"newcomer{number}"})
        assert live.home.kith("snapshot").code == 0
        live.send({"id": "last", "type": "friendship_made", "a": party, "b": "the last"})
        until(lambda: live.score(party)["snapshot"] != before, "a newer snapshot answers")
        newer = live.score(party)["snapshot"]
        until(lambda: all(live.score(party)["snapshot"] == newer for _ in range(20)), "it answers in both processes")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for of in answers:
        revisions = [revision for _, revision in of]
        assert revisions == sorted(revisions), "an answer went back in time"
    assert {snapshot for of in answers for snapshot, _ in of} == {before, newer}
    assert live.of_both(party, 7)["snapshot"] == newer


def test_an_answer_in_between_still_replays_after_its_cause_was_corrected(
    house: House, store: str | None, tmp_path: Path
) -> None:
    """A friend defaults, the score falls everywhere, it is corrected, and the receipt gives the answer again."""
    home = house.copy(tmp_path / "home")
    key = home.key("service", name="shop")
    party, friends = unharmed(home)
    with serving(home, key, tmp_path / "first", store) as live:
        before = live.of_both(party, 2)
        opened = [
            {"id": f"d{at}", "type": "outcome_opened", "party": friend, "outcome": "default"}
            for at, friend in enumerate(friends)
        ]
        during = live.of_both(party, live.send(*opened))
        assert during["score"] < before["score"]
        corrected = [{"id": f"c{at}", "type": "outcome_corrected", "of": one["id"]} for at, one in enumerate(opened)]
        after = live.of_both(party, live.send(*corrected))
        assert without_revision(after) == without_revision(before)

    shutil.rmtree(home.folder / "tables")
    shutil.rmtree(home.folder / "live")
    named = [] if store is None else ["--store", store]
    assert home.kith("snapshot", *named).code == 0
    with serving(home, key, tmp_path / "second", store) as live:
        assert without_snapshot(live.of_both(party, after["revision"])) == without_snapshot(before)
        status, replayed = live.ask("/v1/replays", {"receipt": during["receipt"]})
        assert (status, replayed["identical"]) == (200, True), replayed["finding"]
        assert replayed["answer"] == during


def without_snapshot(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in without_revision(answer).items() if name != "snapshot"}
