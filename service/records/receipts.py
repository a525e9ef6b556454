"""Receipts of answers: kept in batches by one thread of each process, so that no answer waits for the database.

What was answered less than `EVERY` seconds before a process is killed outright may be without a receipt; a process that
ends in order keeps them all.
"""

from __future__ import annotations

import atexit
import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.records.tables import PolicyRow, ReceiptRow, Table
from service.threads import daemon

EVERY: Final = 0.25  # seconds between two batches
PAUSE: Final = 5.0  # seconds before it is tried again where the database did not answer
MOST_WAITING: Final = 100_000  # receipts that wait for a database that does not answer; further ones are lost
REMEMBERED: Final = 50_000  # receipts kept last, which need not be written again


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """A receipt; id, policy, snapshot, model and sha256 are hex. party and question are JSON. Times: since 1970.

    key: the number of the key that asked. snapshot and base_revision: what was read; revision: up to which change.
    """

    id: str
    key: int
    time: float
    party: str
    question: str
    policy: str
    snapshot: str
    base_revision: int
    revision: int
    as_of: float | None
    model: str
    odds0: float
    engine: str
    sha256: str


class ReceiptWriter:
    """Keeps receipts in the records, again and again where their database does not answer; the log says so.

    lost: how many could not be kept, because it did not answer for too long.
    """

    def __init__(self, records: Engine) -> None:
        self._records = records
        self._waiting: deque[StoredReceipt] = deque()
        self._rules: dict[str, str] = {}
        self._kept: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._lock = threading.Lock()  # of what waits
        self._writing = threading.Lock()  # one batch at a time
        self._some = threading.Event()
        self._thread: threading.Thread | None = None
        self.lost = 0

    def add(self, receipts: Sequence[StoredReceipt], rules: str) -> None:
        """Keep receipts of answers given under the rules of one purpose, soon; returns at once."""
        with self._lock:
            for receipt in receipts:
                known = (receipt.id, receipt.key)
                if known in self._kept:
                    self._kept.move_to_end(known)
                elif len(self._waiting) < MOST_WAITING:
                    self._waiting.append(receipt)
                    self._rules.setdefault(receipt.policy, rules)
                else:
                    self.lost += 1
            if self._thread is None:
                self._thread = daemon(self._run, "receipts")
                self._thread.start()
                atexit.register(self.flush)
        self._some.set()

    def flush(self) -> bool:
        """Whether all that waits was written now."""
        with self._writing:
            with self._lock:
                batch, rules = list(self._waiting), dict(self._rules)
            if not batch:
                return True
            try:
                _write(self._records, batch, rules)
            except SQLAlchemyError:
                structlog.get_logger().exception("receipts", waiting=len(batch), lost=self.lost)
                return False
            with self._lock:
                for receipt in batch:
                    self._waiting.popleft()
                    self._kept[receipt.id, receipt.key] = None
                while len(self._kept) > REMEMBERED:
                    self._kept.popitem(last=False)
            return True

    def _run(self) -> None:
        pause = threading.Event()
        while self._some.wait():
            pause.wait(EVERY)
            self._some.clear()
            if not self.flush():
                pause.wait(PAUSE)
                self._some.set()


def _write(records: Engine, receipts: Sequence[StoredReceipt], rules: dict[str, str]) -> None:
    policies = sorted({receipt.policy for receipt in receipts})
    with records.begin() as connection:
        for table, rows in (
            (PolicyRow, [{"id": policy, "rules": rules[policy]} for policy in policies]),
            (ReceiptRow, [{name: getattr(receipt, name) for name in StoredReceipt.__slots__} for receipt in receipts]),
        ):
            if rows:
                connection.execute(insert_new(records, table), rows)


def insert_new(records: Engine, table: type[Table]) -> Any:
    """The statement that inserts rows into a table and leaves those that are there as they are."""
    insert = postgresql.insert if records.dialect.name == "postgresql" else sqlite.insert
    return insert(table.__table__).on_conflict_do_nothing()  # type: ignore[arg-type]


def find(records: Engine, id: str, key: int | None = None) -> StoredReceipt | None:
    """The receipt that was given to this key, or to any (None); None where there is none."""
    chosen = select(ReceiptRow).where(ReceiptRow.id == id).order_by(ReceiptRow.time, ReceiptRow.key).limit(1)
    if key is not None:
        chosen = chosen.where(ReceiptRow.key == key)
    with Session(records) as session:
        row = session.scalar(chosen)
        return None if row is None else StoredReceipt(*(getattr(row, name) for name in StoredReceipt.__slots__))


def rules_of(records: Engine, policy: str) -> str | None:
    """The rules of the policy of this SHA-256 (JSON), None where they were not kept."""
    with Session(records) as session:
        row = session.get(PolicyRow, policy)
        return None if row is None else row.rules
