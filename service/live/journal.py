"""The journal of a snapshot: a file of what was recorded after it, which all processes of a workspace follow.

A record is its length (8 bytes), its SHA-256 and what changed from one revision to another. Whoever holds the lock
appends; a record that was cut off while it was written is overwritten by the next writer, who takes what it said from
the store. Readers need neither the lock nor the store.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import mmap
import os
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from graph.errors import Busy
from graph.schema import RelationshipKind
from graph.snapshots.live.changes import Changes
from graph.snapshots.snapshot import Snapshot

TABLES: Final = ("parties", "links", "ended_links", "outcomes", "ended_outcomes")
HEAD: Final = struct.Struct("<Q32s")
COUNTER: Final = struct.Struct("<Qd")
SHOWN: Final = 16  # hex digits of a snapshot's id in the name of its journal


@dataclass(frozen=True)
class Record:
    """One record. changes: None where there are so many that only a new snapshot takes them in. end: in the file."""

    after: int
    until: int
    changes: Changes | None
    end: int


@dataclass(frozen=True)
class Journal:
    """The journal in a file, of a snapshot of the revision `start`."""

    path: Path
    start: int

    @staticmethod
    def of(folder: Path, snapshot: Snapshot) -> Journal:
        """The journal of a snapshot in the folder `live` of a workspace, empty where there is none yet."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{snapshot.revision}-{snapshot.id[:SHOWN]}.journal"
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        return Journal(path, snapshot.revision)

    def others(self) -> list[Journal]:
        """The journals of other snapshots, which other processes may follow."""
        found = sorted(self.path.parent.glob("*-*.journal"))
        return [Journal(path, int(path.name.partition("-")[0])) for path in found if path != self.path]

    def tail(self, after: Record | None = None) -> Record:
        """The last whole record, looked for from an earlier one; one that says nothing where there is none."""
        last = after or Record(self.start, self.start, None, 0)
        for record in self.read(last.end):
            last = record
        return last

    def forget_others(self, before: Journal) -> None:
        """Remove the journals of other snapshots, but for that of the one before, which others may follow yet."""
        for other in self.others():
            if other.path != before.path:
                other.path.unlink(missing_ok=True)

    def read(self, offset: int) -> Iterator[Record]:
        """The whole records from a place on that is the end of one, or 0."""
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                while len(head := file.read(HEAD.size)) == HEAD.size:
                    length, digest = HEAD.unpack(head)
                    payload = file.read(length)
                    if len(payload) != length or hashlib.sha256(payload).digest() != digest:
                        return
                    offset += HEAD.size + length
                    yield _record(payload, offset)
        except FileNotFoundError:
            return

    def append(self, record: Record) -> Record:
        """Write a record behind the last one, which ends at `record.end`; returns it with its own end."""
        payload = _payload(record)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            file.truncate(record.end)
            file.seek(record.end)
            file.write(HEAD.pack(len(payload), hashlib.sha256(payload).digest()) + payload)
        return Record(record.after, record.until, record.changes, record.end + HEAD.size + len(payload))


class Acknowledged:
    """The newest revision that a writer was told of, and when, in a file that all processes map."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / "acknowledged", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_size < COUNTER.size:
                os.ftruncate(descriptor, COUNTER.size)
            self._map = mmap.mmap(descriptor, COUNTER.size)
        finally:
            os.close(descriptor)

    @property
    def revision(self) -> int:
        """The revision, 0 before any was acknowledged."""
        return int(COUNTER.unpack_from(self._map)[0])

    @property
    def at(self) -> float:
        """When it was acknowledged, seconds since 1970."""
        return float(COUNTER.unpack_from(self._map)[1])

    def set(self, revision: int) -> None:
        """Acknowledge a revision; only who holds the lock of the workspace may."""
        COUNTER.pack_into(self._map, 0, revision, time.time())


@contextmanager
def locked(path: Path, wait: float) -> Iterator[None]:
    """Holds a lock of the workspace, after at most `wait` seconds. Raises Busy where others hold it so long."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        until = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise Busy(f"others have been writing for {wait:g} s; try again") from None
                time.sleep(0.002)
        yield
    finally:
        os.close(descriptor)


def _payload(record: Record) -> bytes:
    head: dict[str, Any] = {"after": record.after, "until": record.until, "tables": []}
    body = io.BytesIO()
    if record.changes is not None:
        changes = record.changes
        head |= {
            "gone": changes.gone,
            "kinds": [asdict(kind) for kind in changes.kinds],
            "protected": sorted(changes.protected),
        }
        for name in TABLES:
            batch: pa.RecordBatch = getattr(changes, name)
            start = body.tell()
            with pa.ipc.new_stream(body, batch.schema) as stream:
                stream.write_batch(batch)
            head["tables"].append([name, start, body.tell()])
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + body.getvalue()


def _record(payload: bytes, end: int) -> Record:
    length = struct.unpack_from("<Q", payload)[0]
    head: Mapping[str, Any] = json.loads(payload[8 : 8 + length])
    if not head["tables"]:
        return Record(head["after"], head["until"], None, end)
    body = memoryview(payload)[8 + length :]
    tables = {name: _batch(body[start:stop]) for name, start, stop in head["tables"]}
    changes = Changes(
        head["after"],
        head["until"],
        gone=tuple(head["gone"]),
        kinds=tuple(RelationshipKind(**kind) for kind in head["kinds"]),
        protected=frozenset(head["protected"]),
        **tables,
    )
    return Record(head["after"], head["until"], changes, end)


def _batch(body: memoryview) -> pa.RecordBatch:
    with pa.ipc.open_stream(pa.py_buffer(body)) as stream:
        return stream.read_next_batch()
