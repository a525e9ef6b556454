"""API keys: what one looks like, what is kept of it, and which are refused."""

from __future__ import annotations

import hashlib
import re
import zlib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from graph.errors import KeyRefused, StoreUnavailable, UnknownPurpose, UsageError
from graph.purposes import PURPOSES
from service.records import keys
from service.records.database import open_records


def test_a_key_is_a_prefix_a_secret_and_a_checksum(records: Engine) -> None:
    text, key = keys.create(records, PURPOSES, "service", ["lending"])
    form = re.fullmatch(r"(kith_([0-9a-f]{8})_[0-9a-f]{32})_([0-9a-f]{8})", text)
    assert form is not None
    assert form[2] == key.prefix and int(form[3], 16) == zlib.crc32(form[1].encode())


def test_a_key_is_what_it_was_made_for(records: Engine) -> None:
    text, made = keys.create(records, PURPOSES, "service", ["lending", "lending"])
    assert keys.verify(records, text) == made
    assert made.role == "service" and made.purposes == {"lending"}


def test_a_key_has_every_purpose_only_where_that_was_said(records: Engine) -> None:
    for role in ("service", "investigator", "admin"):
        assert keys.create(records, PURPOSES, role, ["all"])[1].purposes == set(PURPOSES)
    assert keys.create(records, PURPOSES, "admin", ["lending", "all"])[1].purposes == set(PURPOSES)
    assert keys.create(records, PURPOSES, "service")[1].purposes == {"lending"}
    assert keys.create(records, PURPOSES, "investigator")[1].purposes == {"fraud_investigation"}
    assert keys.create(records, PURPOSES, "admin")[1].purposes == {"fraud_investigation"}


def test_only_the_digest_of_a_key_is_kept(sqlite_records: Engine, file: Path) -> None:
    text, _ = keys.create(sqlite_records, PURPOSES, "service")
    sqlite_records.dispose()
    kept = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert hashlib.sha256(text.encode()).hexdigest().encode() in kept
    assert text.encode() not in kept and text.split("_")[2].encode() not in kept


def test_a_revoked_key_is_refused_and_stays_in_the_list(records: Engine) -> None:
    text, made = keys.create(records, PURPOSES, "service")
    keys.revoke(records, made.id)
    with pytest.raises(KeyRefused, match="revoked"):
        keys.verify(records, text)
    assert [key.revoked is not None for key in keys.all_keys(records)] == [True]
    with pytest.raises(UsageError, match="no key 7"):
        keys.revoke(records, 7)


def with_checksum(text: str) -> str:
    return f"{text}_{zlib.crc32(text.encode()):08x}"


@pytest.mark.parametrize(
    "text",
    ["", "kith", "kith___", "a_b_c_d", "Bearer x", "kith_ø_é_ü", "kith_00000000_" + 32 * "0" + "_00000000", 5000 * "_"],
)
def test_what_is_no_key_is_refused_without_asking_the_database(records: Engine, text: str) -> None:
    with pytest.raises(KeyRefused, match="no Kith key"):
        keys.verify(records, text)


def test_a_mistyped_key_and_a_made_up_key_are_refused(records: Engine) -> None:
    text, _ = keys.create(records, PURPOSES, "service")
    typed = text[:20] + ("0" if text[20] != "0" else "1") + text[21:]
    with pytest.raises(KeyRefused, match="no Kith key"):
        keys.verify(records, typed)
    for unknown in (with_checksum(f"{text[:13]}_{32 * '0'}"), with_checksum(f"kith_00000000_{32 * '0'}")):
        with pytest.raises(KeyRefused, match="unknown here"):
            keys.verify(records, unknown)


def test_keys_are_made_only_for_roles_and_purposes_that_exist(records: Engine) -> None:
    with pytest.raises(UsageError, match="investigator"):
        keys.create(records, PURPOSES, "boss")
    with pytest.raises(UnknownPurpose, match="gossip"):
        keys.create(records, PURPOSES, "service", ["gossip"])
    assert keys.all_keys(records) == []


@pytest.mark.parametrize("url", ["no url", "postgresql+nothing://user:secret@127.0.0.1/kith"])
def test_what_is_no_database_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UsageError, match="KITH_RECORDS_URL") as refused:
        open_records(url)
    assert "secret" not in str(refused.value)


def test_a_records_database_that_breaks_is_unavailable(sqlite_records: Engine, file: Path) -> None:
    text, _ = keys.create(sqlite_records, PURPOSES, "service")
    sqlite_records.dispose()
    file.write_bytes(b"no database any more" * 500)
    with pytest.raises(StoreUnavailable, match="does not answer") as refused:
        keys.verify(sqlite_records, text)
    assert text not in str(refused.value)


def test_a_records_database_that_cannot_be_opened_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable):
        open_records("sqlite:////proc/nowhere/records.db")


def test_a_subjects_key_is_bound_to_one_party_and_asks_for_no_purpose(records: Engine) -> None:
    holder = keys.Holder("ann", "document")
    text, key = keys.create(records, PURPOSES, "subject", holder=holder)
    assert (key.party, key.assurance, key.purposes) == ("ann", "document", frozenset())
    assert keys.verify(records, text) == key
    assert keys.rotate(records, key.id, timedelta())[1].party == "ann"


@pytest.mark.parametrize(
    ("role", "holder", "purposes"),
    [
        ("subject", None, []),
        ("service", keys.Holder("ann", "document"), []),
        ("subject", keys.Holder("ann", "guess"), []),
        ("subject", keys.Holder("", "bank"), []),
        ("subject", keys.Holder("ann", "bank"), ["lending"]),
    ],
)
def test_no_other_key_is_bound_and_none_without_a_check(
    sqlite_records: Engine, role: str, holder: keys.Holder | None, purposes: list[str]
) -> None:
    with pytest.raises(UsageError):
        keys.create(sqlite_records, PURPOSES, role, purposes, holder=holder)
