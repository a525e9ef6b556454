"""What a party takes along or an authority is sent: consent records as JSON-LD, and reports that are sealed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from graph.errors import InputError
from loaders.ingest import load
from service.rights.consents.consent_records import consent_records
from service.rights.disputes.handling import Office
from service.rights.legal.legal_profiles import law_of
from service.rights.reports.sealed import seal, unseal
from service.settings import Settings
from tests.service.rights.conftest import Bank

Halves = tuple[Path, Path]


def test_consents_are_records_per_source_and_purpose_with_their_events(office: Office, bank: Bank) -> None:
    (bank.folder / "consents.csv").write_text(
        "id,source,purpose,given,withdrawn\nann,bank,lending,2026-01-01,2026-03-01\n"
        "ann,bank,deposit_waiver,2026-02-01,\nbo,bank,lending,2026-01-01,\n"
    )
    load([bank.folder], bank.store, source="portal", rejects_dir=bank.folder.parent)
    said = json.loads(json.dumps(consent_records(office.store, "ann").to_json()))
    assert set(said["@context"]) == {"dpv", "dct"}
    first, second = said["@graph"]
    assert first["dct:conformsTo"] == "https://w3id.org/dpv/schema/dpv-27560#record"
    assert first["dpv:hasProcess"]["dpv:hasPurpose"]["dct:identifier"] == "lending"
    assert first["dpv:hasProcess"]["dpv:hasDataSource"]["dct:identifier"] == "bank"
    assert (first["dpv:hasConsentStatus"], second["dpv:hasConsentStatus"]) == (
        "dpv:ConsentWithdrawn", "dpv:ConsentGiven",
    )  # fmt: skip
    assert [(event["@type"], event["dct:date"]) for event in first["dct:hasPart"]] == [
        ("dpv:ConsentGiven", "2026-01-01T00:00:00Z"), ("dpv:ConsentWithdrawn", "2026-03-01T00:00:00Z"),
    ]  # fmt: skip
    assert {one["dpv:hasDataSubject"]["dct:identifier"] for one in said["@graph"]} == {"ann"}


@pytest.fixture
def keys(tmp_path: Path) -> Callable[[str], Halves]:
    """Makes the public and the private half of a key, as openssl writes them."""

    def made(name: str) -> Halves:
        key, public, private = X25519PrivateKey.generate(), tmp_path / f"{name}.pub", tmp_path / f"{name}.pem"
        public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return public, private

    return made


def test_only_the_authority_opens_what_is_sealed_to_it(keys: Callable[[str], Halves], tmp_path: Path) -> None:
    (public, private), (_, other) = keys("authority"), keys("other")
    sealed = tmp_path / "report.sealed"
    sealed.write_text(seal(b"bo", public).model_dump_json())
    assert "bo" not in json.loads(sealed.read_text())["sealed"] and unseal(sealed, private) == b"bo"
    with pytest.raises(InputError, match="another key"):
        unseal(sealed, other)
    said = json.loads(sealed.read_text())
    sealed.write_text(json.dumps(said | {"sealed": said["sealed"][:-8] + "AAAAAAA="}))
    with pytest.raises(InputError, match="changed since"):
        unseal(sealed, private)
    for file in (private, tmp_path / "none.pub"):
        with pytest.raises(InputError, match="no public key"):
            seal(b"bo", file)


def test_an_installation_gives_more_free_reports_than_its_law_and_never_fewer() -> None:
    for law, more, free in (("us_fcra", 3, 3), ("cn_zhengxin", 1, 2), ("cn_zhengxin", None, 2), ("strict", 1, None)):
        settings = Settings.model_validate({"legal_profile": law, "free_reports": more})
        assert law_of(settings).free_reports == free
