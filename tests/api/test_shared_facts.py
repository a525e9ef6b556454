"""`shared_facts`: who contributed is told to those who investigate and to the person scored, and to no service."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from graph.purposes import PURPOSES
from graph.schema import Consent, Outcome, Party
from graph.stores.open import open_store
from service.exchange.answering import answer
from service.exchange.asking import ask
from service.exchange.partners import Partner, add_partner, new_secret, own_public_key, partner_named
from service.exchange.taking import take
from service.records import keys
from service.records.database import open_records
from service.settings import Settings
from tests.api.conftest import Asker
from tests.api.own_home import Server
from tests.graph.networks import load_facts
from tests.house import House

NOW, LENDING = 1_000.0, PURPOSES["lending"]
BANK = "South Bank"


@pytest.fixture
def told(server: Server, house: House, tmp_path: Path) -> Server:
    """The south tells the house of a default of one who consents to it on either side."""
    homes = {"north": server.home, "south": tmp_path / "south"}
    titles, secret = {"north": "North Bank", "south": BANK}, new_secret()
    for name, other in (("north", "south"), ("south", "north")):
        public = own_public_key(homes[other])
        add_partner(homes[name], Partner(name=other, title=titles[other], public_key=public, secret=secret))
    question, answered = tmp_path / "question", tmp_path / "answer"
    with (
        closing(open_store(f"sqlite:///{server.home / 'kith.db'}")) as north,
        closing(open_store(f"sqlite:///{tmp_path / 'south.db'}")) as south,
    ):
        load_facts(north, [Consent(house.shop, "exchange:south", "lending", 1.0)], source="consents")
        facts = [Party(house.shop, "Merchant"), Outcome(house.shop, "default", "loan 1", 5.0, amount=70.0)]
        load_facts(south, [*facts, Consent(house.shop, "files", "lending", 1.0)], source="files")
        to_south, to_north = partner_named(homes["north"], "south"), partner_named(homes["south"], "north")
        ask(homes["north"], north, to_south, "north", LENDING, ("id",), None, question, NOW)
        answer(homes["south"], south, to_north, "south", LENDING, question, answered, NOW, lambda _: None)
        assert take(homes["north"], north, to_south, LENDING, question, answered, NOW).parties == 1
    assert server.house.kith("snapshot").code == 0
    server.start()
    return server


def test_an_investigator_is_told_who_contributed_with_the_reasons(told: Server, house: House) -> None:
    why = told.ask().of(house.shop, "scores", purpose="lending", include="reasons").json
    assert "shared_facts" in why["warnings"] and why["contributors"] == [BANK]
    assert told.ask().of(house.shop, "explanations", purpose="lending").json["contributors"] == [BANK]
    assert told.ask().of(house.shop, "scores", purpose="lending").json["contributors"] is None
    assert told.ask().of(house.member, "scores", purpose="lending", include="reasons").json["contributors"] == []
    replayed = told.replay(why["receipt"])
    assert replayed["identical"] is True, replayed


@pytest.mark.parametrize("audience", ["service", "subject"])
def test_a_service_is_told_only_that_somebody_did(told: Server, house: House, audience: str) -> None:
    shop = told.ask("service")
    asked = {"purpose": "lending", "audience": audience}
    score = shop.of(house.shop, "scores", include="reasons", **asked)
    assert "shared_facts" in score.json["warnings"] and score.json["contributors"] is None
    explained = shop.of(house.shop, "explanations", **asked)
    assert explained.json["contributors"] is None
    record = shop.of(house.shop, "parties")
    for said in (score, explained, record):
        assert said.status_code == 200 and BANK not in said.text and "south" not in said.text.lower()


def test_the_person_scored_is_told_who_in_the_own_report(told: Server, house: House) -> None:
    records = open_records(Settings(home=told.home).records)
    holder = keys.Holder(house.shop, "document")
    own = Asker(told.app, keys.create(records, PURPOSES, "subject", holder=holder)[0])  # type: ignore[arg-type]
    report = own("/v1/own-report").json
    assert report["contributors"] == [BANK]
    assert "exchange:south" in {one["source"] for one in report["held"]}
    assert BANK in own("/v1/own-report-page").text
