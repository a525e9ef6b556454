"""/v1/consents: given, withdrawn and given again, as records, and acted on from the next answer on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from api.app import create_app
from graph.stores.open import open_store
from loaders.ingest import load
from service.records import keys
from service.records.database import open_records
from service.settings import Settings
from tests.api.conftest import Asker
from tests.house import House

TENANCY = '[purposes.tenancy]\nbarred = ["social"]\nretention_days = 3650\nconsent = true\n'


class Portal:
    """Where people consent: each saving states all that was consented to by then."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.home.parent / "portal"
        self._folder.mkdir()

    def says(self, *rows: tuple[str, str, str, str, str]) -> None:
        """Consents by party, source, purpose, given, withdrawn."""
        lines = ["id,source,purpose,given,withdrawn", *(",".join(row) for row in rows)]
        (self._folder / "consents.csv").write_text("\n".join(lines) + "\n")
        with closing(open_store(self._settings.store)) as store:
            load([self._folder], store, source="portal", rejects_dir=self._folder / "rejects")


@pytest.fixture
def settings(house: House, tmp_path: Path) -> Settings:
    house.copy(tmp_path / "home")
    (tmp_path / "purposes.toml").write_text(TENANCY)
    return Settings(home=tmp_path / "home", purposes_file=tmp_path / "purposes.toml")


@pytest.fixture
def records(settings: Settings) -> Iterator[Engine]:
    opened = open_records(settings.records)
    yield opened
    opened.dispose()


@pytest.fixture
def asker(settings: Settings, records: Engine) -> Callable[..., Asker]:
    app = create_app(settings=settings)

    def made(role: str, *purposes: str, party: str | None = None) -> Asker:
        holder = None if party is None else keys.Holder(party, "document")
        return Asker(app, keys.create(records, settings.purposes, role, purposes, f"A {role}", holder=holder)[0])

    return made


@pytest.fixture
def portal(settings: Settings) -> Portal:
    return Portal(settings)


def settled(ask: Asker, party: str) -> Any:
    """The score once the facts were read again after a consent; before that there is no other answer."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        answer = ask.of(party, "scores")
        if answer.status_code == 200:
            return answer.json
        assert answer.status_code == 503 and "consents changed" in answer.json["detail"], answer.json
        time.sleep(0.05)
    pytest.fail("no answer")


def recorded(ask: Asker, **asked: Any) -> list[tuple[str, str, str, list[str]]]:
    """Of each record its source, purpose, status and events."""
    answer = ask("/v1/consents", **asked)
    assert answer.status_code == 200, answer.json
    return [
        (
            one["dpv:hasProcess"]["dpv:hasDataSource"]["dct:identifier"],
            one["dpv:hasProcess"]["dpv:hasPurpose"]["dct:identifier"],
            one["dpv:hasConsentStatus"],
            [event["@type"] for event in one["dct:hasPart"]],
        )
        for one in answer.json["@graph"]
    ]


def test_a_consent_acts_from_the_next_answer_on_and_so_does_its_withdrawal(
    asker: Callable[..., Asker], portal: Portal, house: House
) -> None:
    landlord, member, own = asker("service", "tenancy"), house.member, asker("subject", party=house.member)
    assert settled(landlord, member)["state"] == "thin" and recorded(own) == []

    portal.says((member, "town", "tenancy", "2020-01-01", ""))
    given = landlord.of(member, "scores")
    assert given.status_code == 503, "no answer of before the consent is given after it"
    assert settled(landlord, member)["state"] == "assessed"
    assert {one[2] for one in recorded(own)} == {"dpv:ConsentGiven"}

    portal.says((member, "town", "tenancy", "2020-01-01", "2025-01-01"))
    assert landlord.of(member, "scores").status_code == 503
    batch = landlord("/v1/scores", "POST", json={"parties": [member]})
    assert batch.status_code == 503
    assert settled(landlord, member)["state"] == "thin"
    assert {one[2] for one in recorded(own)} == {"dpv:ConsentWithdrawn"}
    assert {tuple(one[3]) for one in recorded(own)} == {("dpv:ConsentGiven", "dpv:ConsentWithdrawn")}


def test_a_consent_is_for_its_purpose_and_its_party_alone(
    asker: Callable[..., Asker], portal: Portal, house: House
) -> None:
    landlord, (one, two) = asker("service", "tenancy"), house.truth.rings["ring_01"][:2]
    portal.says((one, "town", "lending", "2020-01-01", ""), (two, "town", "tenancy", "2020-01-01", ""))
    assert settled(landlord, one)["state"] == "thin" and settled(landlord, two)["state"] == "assessed"
    assert [record[:3] for record in recorded(asker("subject", party=one))] == [("town", "lending", "dpv:ConsentGiven")]
    assert asker("service", "lending").of(one, "scores").status_code == 200  # which needs no consent


def test_a_consent_withdrawn_and_given_again(asker: Callable[..., Asker], portal: Portal, house: House) -> None:
    landlord, own, member = asker("service", "tenancy"), asker("subject", party=house.member), house.member
    portal.says((member, "town", "tenancy", "2020-01-01", "2021-01-01"), (member, "town", "tenancy", "2022-01-01", ""))
    assert settled(landlord, member)["state"] == "assessed"
    assert [one[2] for one in recorded(own)] == ["dpv:ConsentWithdrawn", "dpv:ConsentGiven"]


def test_consents_are_told_to_their_party_and_to_the_desk(
    asker: Callable[..., Asker], portal: Portal, house: House
) -> None:
    one, two = house.truth.rings["ring_01"][:2]
    portal.says((one, "town", "tenancy", "2020-01-01", ""), (two, "town", "tenancy", "2020-01-01", ""))
    own, ada = asker("subject", party=one), asker("investigator", "fraud_investigation")
    assert recorded(own) == recorded(own, party=one) == recorded(ada, party=one) != []
    assert two not in json.dumps(own("/v1/consents").json)
    assert own("/v1/consents", party=two).status_code == 400
    assert ada("/v1/consents").status_code == 403, "whose?"
    assert asker("service", "tenancy")("/v1/consents", party=one).status_code == 403
    assert own("/v1/consents").json["@context"] == {"dpv": "https://w3id.org/dpv#", "dct": "http://purl.org/dc/terms/"}
