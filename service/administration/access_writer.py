"""The writer of the access log: one thread of a process that writes what was noted in batches, so no answer waits."""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from service.records import audit, keys
from service.records.audit import Access
from service.threads import daemon

PAUSE: Final = 0.2  # seconds between batches: what a process that is killed may lose
BATCH: Final = 1_000  # lines at once, while which other writers wait
MOST: Final = 100_000  # lines that wait where the records are away; further ones are counted and lost
AGAIN: Final = 60.0  # seconds after which a later use of a key is written down


class AccessWriter:
    """Notes accesses and writes them to the records; its thread begins with the first one."""

    def __init__(self, records: Engine) -> None:
        self._records = records
        self._waiting: deque[Access] = deque()
        self._uses: dict[int, float] = {}
        self._written_uses: dict[int, float] = {}
        self._lost = 0
        self._begun = threading.Lock()
        self._writing = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, access: Access) -> None:
        """Write this down soon; returns at once."""
        if len(self._waiting) >= MOST:
            self._lost += 1
            return
        self._waiting.append(access)
        self._begin()

    def note_use(self, key: int, now: float) -> None:
        """Write down soon that a key (id) was used, unless that was done less than a minute ago."""
        if now - self._written_uses.get(key, 0.0) >= AGAIN:
            self._written_uses[key] = self._uses[key] = now
            self._begin()

    def flush(self) -> None:
        """Write down now what has been noted. Raises SQLAlchemyError."""
        with self._writing:
            while self._uses:
                id, used = self._uses.popitem()
                keys.note_uses(self._records, {id: used})
            while self._waiting or self._lost:
                batch = [self._waiting[i] for i in range(min(BATCH, len(self._waiting)))]
                lost = self._lost
                audit.write(self._records, [*batch, *_loss(lost)])
                self._lost -= lost
                for _ in batch:
                    self._waiting.popleft()

    def close(self) -> None:
        """Write down the rest and end the thread."""
        self._closed.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._try_flush()

    def _begin(self) -> None:
        if self._thread is not None:
            return
        with self._begun:
            if self._thread is None:
                self._thread = daemon(self._run, "kith-access-log")
                self._thread.start()
                atexit.register(self.close)

    def _run(self) -> None:
        while not self._closed.wait(PAUSE):
            self._try_flush()

    def _try_flush(self) -> None:
        try:
            self.flush()
        except SQLAlchemyError:  # what was noted stays for the next time
            structlog.get_logger().exception("access_log", waiting=len(self._waiting), lost=self._lost)


def _loss(lines: int) -> list[Access]:
    return [Access(time.time(), None, None, "log.lost", details={"lines": lines})] if lines else []
