"""Keys that a process has seen, so that it need not ask the database at each request.

What was read from an SQLite file holds as long as the file is the same and the number that `keys` puts into its header
with every change of a key, in the same transaction (`PRAGMA user_version`). So a key that another process revokes is
refused at the next request, and the lines of the access log, which are written all the time, are no reason to wait for
the database. Whatever else wrote to the file, as its change counter shows, counts after a second. A write-ahead log
leaves the header as it is, and other databases have none: there, keys are looked up each time.
Source: the file format of SQLite, the database header (offsets 18, 19: journal mode; 24: change counter; 60: user
version).
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from typing import Final, NamedTuple

from sqlalchemy import Engine

from service.records import keys
from service.records.database import sqlite_file
from service.records.keys import Key, refuse_over

HEADER: Final = 64  # bytes up to the end of the user version
ROLLBACK: Final = b"\x01\x01"  # written and read with a rollback journal
LONGEST: Final = 1.0  # seconds until something else that was written counts


class _State(NamedTuple):
    """file: device and inode. keys_changed, written: what the header says of changes of keys, and of any."""

    file: tuple[int, int]
    keys_changed: bytes
    written: bytes


class KnownKeys:
    """Verifies keys, and remembers those that it has seen since a key was changed last."""

    def __init__(self, records: Engine) -> None:
        self._records = records
        self._file = sqlite_file(records.url)
        self._lock = threading.Lock()
        self._descriptors: dict[tuple[int, int], int] = {}
        self._state: _State | None = None
        self._since = 0.0  # when the remembered keys were begun
        self._keys: dict[str, Key] = {}

    def verify(self, text: str) -> Key:
        """The key of this text. Raises KeyRefused, StoreUnavailable."""
        before = self._read_state()
        if before is None:
            return keys.verify(self._records, text)
        digest = _digest(text)
        with self._lock:
            if self._is_outdated(before):
                self._state, self._since, self._keys = before, time.monotonic(), {}
            begun, known = self._since, self._keys.get(digest)
        if known is not None:
            refuse_over(known, "this key")
            return known
        key = keys.verify(self._records, text)
        with self._lock:
            if self._since == begun:  # what was read is of that state or a later one, which makes it outdated
                self._keys[digest] = key
        return key

    def remembers(self, text: str) -> bool:
        """Whether the key of this text is one that was verified since a key was changed last: nothing is waited for."""
        now, digest = self._read_state(), _digest(text)
        with self._lock:
            return now is not None and not self._is_outdated(now) and digest in self._keys

    def _is_outdated(self, now: _State) -> bool:
        """Whether what is remembered was read before a change that counts."""
        if self._state is None or now[:2] != self._state[:2]:
            return True
        return now.written != self._state.written and time.monotonic() - self._since >= LONGEST

    def _read_state(self) -> _State | None:
        """What the file is and what was written to it; None where that does not show.

        A file that was opened stays open: to close it would give up the locks that SQLite holds on it in this process.
        """
        if self._file is None:
            return None
        try:
            there = self._file.stat()
            file = (there.st_dev, there.st_ino)
            descriptor = self._descriptors.get(file)
            if descriptor is None:
                with self._lock:
                    if file not in self._descriptors:
                        self._descriptors[file] = os.open(self._file, os.O_RDONLY | os.O_CLOEXEC)
                descriptor = self._descriptors[file]
            header = os.pread(descriptor, HEADER, 0)
        except OSError:
            return None
        if header[18:20] != ROLLBACK or len(header) < HEADER:
            return None
        return _State(file, header[60:], header[24:28])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
