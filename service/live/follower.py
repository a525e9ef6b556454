"""The context of a process that follows the journal of its snapshot, and that swaps in a newer snapshot.

A question reads the context once, after it has caught up with the newest revision that anybody was told of. So answers
of all processes go forward in time, and whoever sent something in reads it wherever it asks next.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pyarrow as pa

from gnn.features.network_state import NetworkState, changed_state
from graph.errors import Lagging, RebuildNeeded
from graph.schema import RELATIONSHIPS
from graph.snapshots.live.advance import advance
from graph.snapshots.live.changes import Changes, joined, read_changes
from graph.snapshots.live.snapshot import LiveSnapshot
from graph.stores.base import GraphStore
from service.context import ServingContext
from service.live.journal import Acknowledged, Journal, Record, locked

WAIT: Final = 1.0  # seconds that a question waits for a revision
SWAP_WAIT: Final = 10.0  # seconds that a newer snapshot waits for those who record
PAUSE: Final = 0.01  # between two looks at the journal
MOST_CHANGES: Final = 50_000  # facts in a record; a larger load wants a new snapshot

FEWEST_PARTIES: Final = 2  # of a network with a link

Store = Callable[[], GraphStore]


@dataclass(frozen=True)
class Position:
    """Where a process stands: its context, the end of the last record that it has read, and why it cannot go on, if so.

    facts: number of those in the records.
    """

    base: ServingContext
    journal: Journal
    context: ServingContext
    live: LiveSnapshot
    state: NetworkState | None
    revision: int
    offset: int
    facts: int = 0
    blocked: str | None = None

    @staticmethod
    def of(folder: Path, base: ServingContext) -> Position:
        """The position before the first record of the journal of a snapshot."""
        state = base.state() if base.can_score else None
        live, revision = LiveSnapshot.of(base.snapshot), base.snapshot.revision
        return Position(base, Journal.of(folder, base.snapshot), base, live, state, revision, 0)


class Follower:
    """What a process answers from; `folder` is the folder `live` of its workspace.

    store: opens the store, which only who records or looks for other writers needs.
    """

    def __init__(self, folder: Path, base: ServingContext, store: Store) -> None:
        self.folder, self.store = folder, store
        self._acknowledged = Acknowledged(folder)
        self._position = Position.of(folder, base)
        self._lock = threading.Lock()
        self._tails: dict[Path, Record] = {}  # of journals of other snapshots, as far as they were read
        self._position = self._read(self._position)

    @property
    def position(self) -> Position:
        """Where this process stands now."""
        return self._position

    @property
    def behind(self) -> int:
        """How many revisions this process is behind the newest that was acknowledged."""
        return max(self._acknowledged.revision - self._position.revision, 0)

    @property
    def behind_seconds(self) -> float:
        """For how long it has been behind, 0 where it is not."""
        return max(time.time() - self._acknowledged.at, 0.0) if self.behind else 0.0

    def warm(self) -> None:
        """Compile and map what a first change needs, by one that nobody sees."""
        position = self._position
        live = position.live
        if live.n_parties < FEWEST_PARTIES or not live.kinds:
            return
        ends = [live.id_of(row) for row in range(2)]
        link = {"source": ends[0], "target": ends[1], "kind": next(iter(live.kinds)), "key": ""}
        changes = Changes(position.revision, position.revision, links=pa.RecordBatch.from_pylist([link], RELATIONSHIPS))
        try:
            unseen = _after(position, [Record(position.revision, position.revision, changes, position.offset)])
        except RebuildNeeded:
            return
        context = unseen.context
        for purpose in context.purposes.values() if context.can_score else ():
            if purpose.consent:  # which is answered from facts of its own
                continue
            context.scorer(purpose).assess(0, context.terms(purpose))

    def context(self, at_least: int | None = None) -> ServingContext:
        """The context of the newest acknowledged revision, and not before `at_least`.

        Raises Lagging where that takes longer than WAIT.
        """
        wanted, until = max(self._acknowledged.revision, at_least or 0), time.monotonic() + WAIT
        while (position := self._position).revision < wanted:
            if position.blocked is not None and (at_least or 0) <= position.revision:
                break
            if self._lock.acquire(timeout=max(until - time.monotonic(), 0)):
                try:
                    self._position = position = self._read(self._position)
                finally:
                    self._lock.release()
            if position.revision < wanted and position.blocked is None:
                self.poll()  # others recorded it in the store alone, or in the journal of another snapshot
                position = self._position
            if position.revision < wanted and time.monotonic() >= until:
                raise Lagging(wanted, position.revision, position.blocked)
            if position.revision < wanted:
                time.sleep(PAUSE)
        return position.context

    @contextmanager
    def writing(self, wait: float = WAIT) -> Iterator[Callable[[int], None]]:
        """Nobody else records or publishes meanwhile; gives the function that publishes what the store has until then.

        Raises Busy where others write for longer than `wait` seconds.
        """
        with locked(self.folder / "writers.lock", wait):
            yield self._publish

    def poll(self) -> bool:
        """Whether other programs had recorded something in the store, which is taken in. Raises StoreError, Busy."""
        position, store = self._position, self.store()
        if store.revision() <= position.revision or position.blocked is not None:
            return False
        with self.writing() as publish:
            publish(store.revision())
        return True

    def swap(self, base: ServingContext) -> None:
        """Answer from a newer snapshot, as far as the answers that were given."""
        position = Position.of(self.folder, base)
        with self.writing(SWAP_WAIT), self._lock:
            wanted = max(self._position.revision, self._acknowledged.revision)
            self._write_until(position, wanted)
            before, self._position = self._position, self._read(position)
        position.journal.forget_others(before.journal)

    def _publish(self, until: int) -> None:
        """Write what the store has until a revision into the journal, and acknowledge it."""
        with self._lock:
            self._position = self._read(self._position)
            self._write_until(self._position, until)
            if until > self._acknowledged.revision:
                self._acknowledged.set(until)
            self._position = self._read(self._position)

    def _write_until(self, position: Position, until: int) -> None:
        """Append to the journal of a position what it lacks."""
        journal = position.journal
        last = journal.tail(Record(position.revision, position.revision, None, position.offset))
        changes: Changes | None = None
        if last.until < until:
            changes = self._changes(last.until, until)
            journal.append(Record(last.until, until, changes, last.end))
        # Whoever answers from another snapshot shall not wait for the store.
        for other in journal.others():
            tail = self._tails[other.path] = other.tail(self._tails.get(other.path))
            if tail.until < until:
                same = tail.until == last.until
                self._tails[other.path] = other.append(
                    Record(tail.until, until, changes if same else self._changes(tail.until, until), tail.end)
                )

    def _changes(self, after: int, until: int) -> Changes | None:
        """What changed in the store, None where it is too much for a journal."""
        store = self.store()
        return read_changes(store, after, until) if store.count_changes(after, until) <= MOST_CHANGES else None

    def _read(self, position: Position) -> Position:
        """The position after every record that can be taken in: all at once, or else one by one."""
        if position.blocked is not None:
            return position
        records = list(position.journal.read(position.offset))
        if not records:
            return position
        if len(records) > 1 and all(record.changes is not None for record in records):
            try:
                return _after(position, records)
            except RebuildNeeded:
                pass
        for record in records:
            try:
                position = _after(position, [record])
            except RebuildNeeded as why:
                return replace(position, blocked=str(why))
        return position


def _after(position: Position, records: list[Record]) -> Position:
    """The position after records. Raises RebuildNeeded."""
    changes = [record.changes for record in records if record.changes is not None]
    if len(changes) < len(records):
        raise RebuildNeeded("much was loaded at once")
    live, touched = advance(position.live, joined(changes))
    state = position.state
    if state is not None:
        state = changed_state(state, live, touched.ends, touched.rows)
    context = ServingContext.following(position.base, live, state)
    last = records[-1]
    facts = position.facts + sum(one.size for one in changes)
    return Position(position.base, position.journal, context, live, state, last.until, last.end, facts)
