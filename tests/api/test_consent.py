"""Purposes that need consent, over HTTP: 503 after a withdrawal until the facts are read again; no way around it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from api.app import create_app
from graph.stores.open import open_store
from loaders.ingest import load
from service.records import keys
from service.records.database import open_records
from service.settings import Settings
from tests.api.conftest import Asker
from tests.house import House

PURPOSES = '[purposes.tenancy]\nbarred = ["social"]\nretention_days = 3650\nconsent = true\n'


@pytest.fixture
def settings(house: House, tmp_path: Path) -> Settings:
    house.copy(tmp_path / "home")
    (tmp_path / "purposes.toml").write_text(PURPOSES)
    return Settings(home=tmp_path / "home", purposes_file=tmp_path / "purposes.toml")


@pytest.fixture
def tenancy(settings: Settings) -> Iterator[Asker]:
    """A service with a key for this purpose alone."""
    records = open_records(settings.records)
    key, _ = keys.create(records, settings.purposes, "service", ["tenancy"], "Landlord")
    yield Asker(create_app(settings=settings), key)
    records.dispose()


def consent(settings: Settings, party: str, withdrawn: str) -> None:
    folder = settings.home.parent / "portal"
    folder.mkdir(exist_ok=True)
    row = f"{party},town,tenancy,2020-01-01,{withdrawn}\n"
    (folder / "consents.csv").write_text(f"id,source,purpose,given,withdrawn\n{row}")
    with closing(open_store(settings.store)) as store:
        load([folder], store, source="portal", rejects_dir=folder / "rejects")


def answered(ask: Asker, party: str) -> dict[str, object]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        answer = ask.of(party, "scores")
        if answer.status_code == 200:
            return dict(answer.json or {})
        assert answer.status_code == 503 and answer.headers["Retry-After"] == "1"
        assert "consents changed" in (answer.json or {})["detail"]
        time.sleep(0.02)
    pytest.fail("no answer")


def test_a_score_follows_consent_and_its_withdrawal(settings: Settings, tenancy: Asker, house: House) -> None:
    assert answered(tenancy, house.member)["level"] == "not_assessed"
    consent(settings, house.member, "")
    assert tenancy.of(house.member, "scores").status_code == 503
    given = answered(tenancy, house.member)
    assert given["purpose"] == "tenancy" and given["revision"] == 3
    consent(settings, house.member, "2025-01-01")
    assert tenancy.of(house.member, "scores").status_code == 503
    withdrawn = answered(tenancy, house.member)
    assert withdrawn["level"] == "not_assessed" and withdrawn["revision"] == 4


def test_a_key_whose_purposes_all_need_consent_sees_no_facts_as_they_are(
    settings: Settings, tenancy: Asker, house: House
) -> None:
    assert tenancy.of(house.member).status_code == 403
    records = open_records(settings.records)
    key, _ = keys.create(records, settings.purposes, "investigator", ["tenancy"], "Ada")
    investigator = Asker(tenancy.app, key)
    for path in ("/v1/parties", f"/v1/neighbours/{house.member}", f"/v1/profiles/{house.member}", "/v1/rings"):
        assert investigator(path, **({"q": "a"} if path == "/v1/parties" else {})).status_code == 403
    records.dispose()
