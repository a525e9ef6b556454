"""Receipts are kept in batches, without an answer waiting, and none twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from graph.purposes import PURPOSES
from service.records import keys, receipts
from service.records.database import open_records
from service.records.receipts import ReceiptWriter, StoredReceipt
from service.records.tables import PolicyRow, ReceiptRow

LENDING = PURPOSES["lending"]


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Engine]:
    engine = open_records(f"sqlite:///{tmp_path / 'records.db'}")
    for _ in range(2):
        keys.create(engine, PURPOSES, "service")
    yield engine
    engine.dispose()


def receipt(id: str, key: int = 1, time: float = 5.0) -> StoredReceipt:
    policy = LENDING.policy()
    return StoredReceipt(id, key, time, '"a"', "{}", policy, "s" * 64, 1, 2, None, "m" * 64, 1 / 19, "0", "f" * 64)


def count(records: Engine) -> int:
    with Session(records) as session:
        return session.scalar(select(func.count()).select_from(ReceiptRow)) or 0


def test_a_receipt_is_kept_once_for_each_key_with_its_first_time_and_its_policy(records: Engine) -> None:
    writer = ReceiptWriter(records)
    writer.add([receipt("x"), receipt("x", 2), receipt("y")], LENDING.rules())
    assert writer.flush()
    other = ReceiptWriter(records)  # of another process, which does not know what was written
    other.add([receipt("x", time=9.0)], LENDING.rules())
    assert other.flush() and count(records) == 3
    found = receipts.find(records, "x", 1)
    assert found == receipt("x")
    assert receipts.find(records, "y", 2) is None and receipts.find(records, "y") == receipt("y")
    assert receipts.rules_of(records, LENDING.policy()) == LENDING.rules()
    with Session(records) as session:
        assert session.scalar(select(func.count()).select_from(PolicyRow)) == 1


def test_receipts_wait_while_the_database_does_not_answer_and_no_more_than_may(
    tmp_path: Path, records: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "MOST_WAITING", 3)
    writer = ReceiptWriter(records)
    place = tmp_path / "records.db"
    records.dispose()
    place.rename(tmp_path / "away")
    place.mkdir()  # so that nobody makes another file there
    writer.add([receipt(f"r{number}") for number in range(5)], LENDING.rules())
    assert not writer.flush() and writer.lost == 2
    place.rmdir()
    (tmp_path / "away").rename(place)
    assert writer.flush() and count(records) == 3
