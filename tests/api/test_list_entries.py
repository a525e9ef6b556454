"""/v1/list-entries and /v1/list-lookups: told to the party, answered, agreed on by two, shown as the minimum, ended."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from werkzeug.test import TestResponse

from graph.purposes import PURPOSES
from graph.stores.open import open_store
from loaders.ingest import load
from service.administration.webhooks import make_webhook
from service.job_worker import Worker
from service.records import keys, webhooks
from service.webhooks.delivering import Delivering
from tests.api.institution import ANN, FRIEND, Institution
from tests.api.office import Person
from tests.house import House
from tests.service.receiver import receiving

DAY = 86_400.0
ANSWER = {"told": "I paid late, not never."}


@pytest.fixture
def listing(institution: Institution, house: House) -> Institution:
    """The bank says that the friend defaulted."""
    assert institution.bank_sends(house.member, outcome=True).loaded["outcomes"] == 1
    return institution


@pytest.fixture
def ada(listing: Institution) -> Person:
    return listing.person("Ada Lim", "investigator")


@pytest.fixture
def shop(listing: Institution) -> Person:
    return listing.person("The shop", "service")


@pytest.fixture
def friend(listing: Institution) -> Person:
    return listing.subject(FRIEND)


def evidence(friend: Person) -> dict[str, Any]:
    item = friend.get("/v1/own-report")["outcomes"][0]["name"]
    return {"source": item["source"], "keys": [item["key"]]}


def proposed(ada: Person, friend: Person, **said: Any) -> int:
    body = {"party": FRIEND, "ground": "default", "purpose": "lending", **evidence(friend), **said}
    made = ada.post("/v1/list-entries", **body)
    assert (made["entry"]["state"], made["tell"]) == ("proposed", [])
    return int(made["entry"]["entry"])


def move(person: Person, entry: int, name: str, **said: Any) -> TestResponse:
    version = person.get(f"/v1/list-entries/{entry}")["entry"]["version"]
    return person.change(f"/v1/list-entries/{entry}", version, move=name, **said)


def moved(person: Person, entry: int, name: str, **said: Any) -> Any:
    answer = move(person, entry, name, **said)
    assert answer.status_code == 200, answer.text
    return answer.json


def shown(person: Person, **asked: Any) -> Any:
    return person.get(f"/v1/list-lookups/{FRIEND}", **{"purpose": "lending", **asked})


def in_use(ada: Person, friend: Person) -> int:
    entry = proposed(ada, friend)
    moved(ada, entry, "notify")
    moved(friend, entry, "answer", **ANSWER)
    moved(ada, entry, "activate", second="Bea Sun")
    return entry


def test_an_entry_is_shown_once_its_party_was_told_and_has_answered_and_two_agree(
    listing: Institution, ada: Person, shop: Person, friend: Person
) -> None:
    entry = proposed(ada, friend)
    assert shown(shop)["listed"] is False
    too_soon = move(ada, entry, "activate", second="Bea Sun")
    assert too_soon.status_code == 409 and "only" in too_soon.json["detail"]
    assert friend.ask("GET", f"/v1/list-entry-pages/{entry}").status_code == 404  # it was told nothing yet

    noticed = moved(ada, entry, "notify")["entry"]
    assert noticed["state"] == "noticed" and noticed["answer_by"] == pytest.approx(time.time() + 14 * DAY, abs=60)
    page = friend.ask("GET", f"/v1/list-entry-pages/{entry}", language="zh")
    assert page.status_code == 200 and FRIEND in page.text
    waits = move(ada, entry, "activate", second="Bea Sun")
    assert waits.status_code == 409 and "time to answer" in waits.json["detail"] and shown(shop)["listed"] is False

    assert move(friend, entry, "answer").status_code == 400  # without a word
    answered = moved(friend, entry, "answer", **ANSWER)["entry"]
    assert (answered["state"], answered["answer"]) == ("answered", ANSWER["told"])
    for second in ({}, {"second": "Ada Lim"}):
        alone = move(ada, entry, "activate", **second)
        assert alone.status_code == 400 and "second" in alone.json["detail"]
    active = moved(ada, entry, "activate", second="Bea Sun")["entry"]
    assert [(one["move"], one["by"]) for one in active["steps"]] == [
        ("notify", "Ada Lim"), ("answer", FRIEND), ("activate", "Ada Lim")
    ]  # fmt: skip

    found = shown(shop)
    assert set(found) == {"party", "listed", "penalty", "ground", "until"}  # the minimum
    assert (found["listed"], found["ground"], found["until"]) == (True, "default", active["ends"])
    assert shown(shop, purpose="merchant_onboarding")["listed"] is False
    assert shown(shop, measure="penalty")["listed"] is False
    assert [one["name"] for one in ada.get(f"/v1/list-entries/{entry}")["entry"]["recipients"]] == ["The shop"]
    assert [one["entry"] for one in friend.get("/v1/own-report")["entries"]] == [entry]


def test_while_an_appeal_is_open_nobody_is_shown_the_entry(
    listing: Institution, ada: Person, shop: Person, friend: Person
) -> None:
    entry = in_use(ada, friend)
    assert shown(shop)["listed"] is True
    moved(friend, entry, "appeal", told="It was another person.")
    assert shown(shop)["listed"] is False
    assert move(friend, entry, "grant").status_code == 409
    assert move(ada, entry, "uphold").status_code == 400  # it goes against the party: two decide
    assert moved(ada, entry, "uphold", second="Bea Sun")["entry"]["state"] == "active"
    assert shown(shop)["listed"] is True
    moved(friend, entry, "appeal", told="It was another person, here is the paper.")
    granted = moved(ada, entry, "grant", told="so it was")
    assert (granted["entry"]["state"], granted["tell"]) == ("withdrawn", ["The shop"])
    assert shown(shop)["listed"] is False and move(ada, entry, "uphold", second="Bea Sun").status_code == 409


def test_recipients_are_told_by_webhook_that_an_entry_counts_no_more(
    listing: Institution, ada: Person, shop: Person, friend: Person
) -> None:
    entry = in_use(ada, friend)
    other = listing.person("Another", "service")
    assert shown(shop)["listed"] is shown(shop)["listed"] is True  # twice by the same recipient
    owners = {key.name: key.owner for key in keys.all_keys(listing.records)}
    with receiving() as receiver:
        for name in ("The shop", "Another"):
            url, types = f"{receiver.url}/{owners[name]}", ["list_entry.ended"]
            make_webhook(listing.records, owners[name], url, types, None, "v1", True, time.time())  # type: ignore[arg-type]
        assert moved(ada, entry, "withdraw", told="a mistake")["tell"] == ["The shop"]
        worker = Worker(listing.records, {webhooks.JOB: Delivering(listing.records, True)})
        while worker.work_once():
            pass
    (told,) = [json.loads(body) for _, body in receiver.got]  # who was shown nothing is told nothing
    assert told["type"] == "list_entry.ended" and told["data"]["entry"] == entry
    assert (told["data"]["party"], told["data"]["state"]) == (FRIEND, "withdrawn")
    assert shown(other)["listed"] is False


def test_an_entry_ends_with_its_time_and_not_before(
    listing: Institution, ada: Person, shop: Person, friend: Person
) -> None:
    entry = in_use(ada, friend)
    early = move(ada, entry, "expire")
    assert early.status_code == 409 and "withdraw it instead" in early.json["detail"]
    soon = time.time() + 3 - PURPOSES["lending"].retention_days * DAY  # of an outcome that just may count yet
    bank = listing.folder.parent / "old"
    bank.mkdir()
    day = datetime.fromtimestamp(soon, UTC).isoformat()
    (bank / "outcomes.csv").write_text(f"id,outcome,time,closed\n{FRIEND},default,{day},{day}\n")
    with closing(open_store(listing.settings.store)) as store:
        load([bank], store, source="old bank", rejects_dir=listing.folder / "rejects")
    items = friend.get("/v1/own-report")["outcomes"]
    (key,) = [one["name"]["key"] for one in items if one["name"]["source"] == "old bank"]
    short = proposed(ada, friend, source="old bank", keys=[key])
    ends = ada.get(f"/v1/list-entries/{short}")["entry"]["ends"]
    while time.time() < ends:
        time.sleep(0.1)
    assert moved(ada, short, "expire")["entry"]["state"] == "ended"
    refused = ada.ask(
        "POST", "/v1/list-entries", party=FRIEND, ground="default", purpose="lending", source="old bank", keys=[key]
    )
    assert refused.status_code == 400 and "which are over" in refused.json["detail"]


def test_disputed_evidence_is_shown_to_nobody_and_an_entry_goes_with_it(
    listing: Institution, ada: Person, shop: Person, friend: Person
) -> None:
    in_use(ada, friend)
    item = friend.get("/v1/own-report")["outcomes"][0]["name"]
    dispute = friend.post("/v1/disputes", **item, text="I never owed this.")["dispute"]
    assert shown(shop)["listed"] is False
    assert friend.change(f"/v1/disputes/{dispute['dispute']}", dispute["version"], move="withdraw").status_code == 200
    assert shown(shop)["listed"] is True


def test_late_is_not_refused_refused_is_not_fraud_and_a_penalty_is_for_merchants(ada: Person, friend: Person) -> None:
    body = {"party": FRIEND, "purpose": "lending", **evidence(friend)}
    for said, why in (
        ({"ground": "late"}, "late is not refused"),
        ({"ground": "fraud"}, "refused is not fraud"),
        ({"ground": "default", "penalty": "no more deposits waived"}, "Merchant"),
        ({"ground": "default", "party": ANN}, "outcomes of its party"),
    ):
        refused = ada.ask("POST", "/v1/list-entries", **{**body, **said})
        assert refused.status_code == 400 and why in refused.json["detail"], refused.text
    unknown = ada.ask("POST", "/v1/list-entries", **body | {"ground": "default", "keys": [[FRIEND, "no such row"]]})
    assert unknown.status_code == 404


def test_nobody_moves_or_reads_what_is_not_theirs(
    listing: Institution, ada: Person, shop: Person, friend: Person
) -> None:
    entry = proposed(ada, friend)
    ann, path = listing.subject(ANN), f"/v1/list-entries/{entry}"
    assert ann.ask("GET", path).status_code == 404 and ann.get("/v1/list-entries") == {"entries": []}
    assert ann.ask("GET", "/v1/list-entries", party=FRIEND).status_code == 400
    assert shop.ask("GET", path).status_code == 403 and shop.ask("GET", "/v1/list-entries").status_code == 403
    assert friend.ask("POST", "/v1/list-entries", party=FRIEND, ground="default", **evidence(friend)).status_code == 403
    assert move(friend, entry, "withdraw").status_code == 409
    assert ada.change(path, 1, move="notify").status_code == 200
    stale = ada.change(path, 1, move="notify")
    assert stale.status_code == 412
    assert ada.ask("PATCH", path, move="withdraw").status_code in (400, 428)
    assert len(friend.get("/v1/list-entries")["entries"]) == len(ada.get("/v1/list-entries", party=FRIEND)["entries"])


def test_all_who_look_at_once_are_shown_the_entry_and_written_down(
    listing: Institution, ada: Person, friend: Person
) -> None:
    entry = in_use(ada, friend)
    askers = [listing.person(f"Shop {number}", "service") for number in range(8)]
    asks: list[Callable[[], Any]] = [lambda asker=asker: shown(asker)["listed"] for asker in askers]  # type: ignore[misc]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda ask: ask(), asks)) == [True] * 8
    recipients = ada.get(f"/v1/list-entries/{entry}")["entry"]["recipients"]
    assert sorted(one["name"] for one in recipients) == [f"Shop {number}" for number in range(8)]
