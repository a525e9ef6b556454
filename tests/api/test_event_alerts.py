"""Alerts from events: they stand in the queue before the next snapshot is made, once, and say what they know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from api.administration import background
from graph.purposes import PURPOSES
from graph.stores.open import open_store
from loaders.ingest import load
from service.casework.events import looking
from service.casework.findings import LEAST_MOVE, LEAST_UNHARMED
from service.job_worker import Worker
from service.records import jobs, keys
from tests.api.conftest import Asker
from tests.api.own_home import Server
from tests.house import House

RING = [f"ringleader-{number}" for number in range(8)]
DEVICES = ["device-a", "device-b", "device-c"]


class Town:
    """A server over a home of its own, a shop that sends events and an investigator who reads alerts."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.number = 0
        self.revision = 0

    def send(self, *events: dict[str, Any]) -> int:
        sent = []
        for event in events:
            self.number += 1
            sent.append({"id": f"e-{self.number}", "time": 1.764e9 + self.number, **event})
        answer = self.server.ask("service")("/v1/events", "POST", json={"events": sent}).json
        assert answer["recorded"] == len(events), answer
        self.revision = answer["revision"]
        return self.number

    def page(self, **query: Any) -> Any:
        answer = self.ada("/v1/alerts", limit=500, **query)
        assert answer.status_code == 200, answer.json
        return answer.json

    def new(self, **query: Any) -> list[Any]:
        """Alerts that events brought, the first first."""
        alerts = self.page(at_least=self.revision, **query)["alerts"]
        return sorted((one for one in alerts if one["before"] == one["snapshot"]), key=lambda one: one["revision"])

    @cached_property
    def ada(self) -> Asker:
        assert self.server.app is not None
        return Asker(self.server.app, keys.create(self.records, PURPOSES, "investigator", ["all"], "Ada Lim")[0])

    @property
    def records(self) -> Any:
        assert self.server.app is not None
        return self.server.app.extensions["kith.records"]


@pytest.fixture(scope="module")
def town(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    server = Server(house.copy(tmp_path_factory.mktemp("events") / "home"))
    server.start()
    yield Town(server)


@pytest.fixture(scope="module")
def defaulted(town: Town, house: House) -> int:
    """The number of the event by which the popular shop defaulted."""
    assert town.page()["revision"] == town.ada("/readyz").json["revision"]
    return town.send({"type": "outcome_opened", "party": house.shop, "outcome": "default"})


@dataclass(frozen=True)
class Fallen:
    """A party whose contacts all defaulted, by these events, which cost it most of all parties of good score."""

    party: str
    score: int
    events: range


@pytest.fixture(scope="module")
def fallen(town: Town, defaulted: int) -> Fallen:
    people = [one["party"] for one in town.ada("/v1/parties", q="p0", limit=60).json["parties"]]
    scores = town.ada("/v1/scores", "POST", json={"parties": people}).json["scores"]
    good = [one for one in scores if one["level"] == "low"]
    chosen = max(good, key=lambda one: _fall(town, one["party"]))
    others = _contacts(town, chosen["party"])
    last = town.send(*({"type": "outcome_opened", "party": one, "outcome": "default"} for one in others))
    return Fallen(chosen["party"], chosen["score"], range(last - len(others) + 1, last + 1))


def _contacts(town: Town, party: str) -> list[str]:
    links = town.ada.of(party, "neighbours", limit=1000).json["neighbours"]
    return sorted({link["party"] for link in links if link["category"] != "identifier"} - {party})


def _fall(town: Town, party: str) -> float:
    """By how much the odds of a party grow were all its contacts to default."""
    supposed = {"defaults": _contacts(town, party), "limit": 1000}
    affected = town.ada("/v1/simulations", "POST", json=supposed).json["affected"]
    found = [one["after"] / one["before"] for one in affected if one["party"] == party]
    return found[0] if found else 1.0


def test_a_default_beside_many_unharmed_is_an_alert_at_its_revision(town: Town, house: House, defaulted: int) -> None:
    (alert,) = town.new(kind="outcome_opened")
    assert (alert["party"], alert["revision"], alert["state"]) == (house.shop, town.revision, "new")
    assert int(alert["why"][1].split()[0]) >= LEAST_UNHARMED
    page = town.page()
    assert page["revision"] == town.revision and alert in page["alerts"]


def test_whose_score_moved_much_by_it_is_an_alert_with_both_scores(town: Town, fallen: Fallen) -> None:
    moved = town.new(kind="score_moved")
    (one,) = (one for one in moved if one["party"] == fallen.party)
    assert abs(one["score_before"] - fallen.score) < LEAST_MOVE, "as it was in the snapshot"
    for one in moved:
        assert one["score_before"] - one["score_after"] >= LEAST_MOVE - 1
        assert one["score_after"] == town.ada(f"/v1/scores/{one['party']}").json["score"]
        if one["score_after"] > 350:
            assert sum(one["points"].values()) == pytest.approx(one["score_after"] - one["score_before"], abs=2)


def test_nothing_is_told_twice(town: Town, house: House, fallen: Fallen) -> None:
    """A score is told of again from where it was told of last, when it has moved as much once more."""
    before = town.new()
    town.send({"type": "payment", "payer": house.member, "payee": house.shop, "amount": 1})
    after = town.new()
    assert {one["alert"] for one in before} <= {one["alert"] for one in after}
    opened = [one["party"] for one in after if one["kind"] == "outcome_opened"]
    assert house.shop in opened and len(set(opened)) == len(opened)
    last: dict[str, int] = {}
    for one in after:
        if one["kind"] == "score_moved":
            assert one["score_before"] == last.get(one["party"], one["score_before"])
            assert abs(one["score_after"] - one["score_before"]) >= LEAST_MOVE - 1
            last[one["party"]] = one["score_after"]


def test_who_falls_and_rises_again_is_told_of_both(town: Town, fallen: Fallen) -> None:
    told = {one["party"]: one["score_after"] for one in town.new(kind="score_moved")}
    town.send(*({"type": "outcome_corrected", "of": f"e-{number}"} for number in fallen.events))
    risen = [one for one in town.new(kind="score_moved") if one["revision"] == town.revision]
    assert fallen.party in {one["party"] for one in risen} & told.keys()
    for one in risen:
        assert one["score_before"] == told.get(one["party"], one["score_before"]) < one["score_after"]
        assert "rose by" in one["why"][0]


def uses(party: str) -> list[dict[str, Any]]:
    return [{"type": "identifier", "party": party, "kind": "Device", "identifier": device} for device in DEVICES]


def test_a_new_ring_is_an_alert_and_so_is_who_joins_it(town: Town) -> None:
    town.send(*({"type": "party", "party": one, "kind": "Person"} for one in RING))
    town.send(*(use for party in RING[:-1] for use in uses(party)))
    (new,) = town.new(kind="ring_new")
    assert set(new["parties"]) == set(RING[:-1]) and new["revision"] == town.revision
    assert town.new(kind="ring_grown") == []
    town.send(*uses(RING[-1]))
    (grown,) = town.new(kind="ring_grown")
    assert set(grown["parties"]) == set(RING) and "grew by 1 to 8" in grown["why"][0]
    town.send({"type": "payment", "payer": RING[0], "payee": RING[1], "amount": 1})
    assert [one["alert"] for one in town.new(kind="ring_grown")] == [grown["alert"]]


def test_a_job_looks_through_events_without_anybody_asking(town: Town, house: House) -> None:
    app, kind = town.server.app, looking.KIND
    assert app is not None
    town.send({"type": "payment", "payer": house.member, "payee": house.shop, "amount": 1})
    assert town.page()["revision"] < town.revision and jobs.is_queued(town.records, kind)
    handler = background.within(app, app.extensions["kith.job_handlers"][kind])
    far = 1e6  # seconds, so that it need not rest before
    worker = Worker(town.records, {kind: handler}, clock=lambda: 1e9 + far * far)
    assert worker.work_once()
    assert town.page()["revision"] == town.revision


def test_what_another_program_recorded_is_looked_through_too(town: Town, tmp_path: Any) -> None:
    app = town.server.app
    assert app is not None
    (tmp_path / "relationships.csv").write_text("source,target,kind\nsomebody,else,KNOWS\n")
    store = open_store(f"sqlite:///{town.server.home}/kith.db")
    load([tmp_path], store)
    store.close()
    app.extensions["kith.follower"].poll()  # as the watcher does every second
    assert town.page(at_least=town.revision + 1)["revision"] == town.revision + 1


def test_the_next_snapshot_does_not_tell_again_what_events_told(town: Town, house: House) -> None:
    """The ring of before is known; what happened is found between the two snapshots as well, and is no news."""
    told = {(one["kind"], one["party"], one["ring"]) for one in town.new()}
    said = House(town.server.home, house.truth, {}).kith("snapshot")
    assert said.code == 0, said.err
    town.server.start()
    del town.ada  # of the application before
    page = town.page()
    assert page["before"] is not None and page["revision"] == said.json["revision"]  # type: ignore[index]
    between = [one for one in page["alerts"] if one["before"] != one["snapshot"]]
    assert not told & {(one["kind"], one["party"], one["ring"]) for one in between}
    assert not any(set(one["parties"]) & set(RING) for one in between if one["kind"].startswith("ring"))
