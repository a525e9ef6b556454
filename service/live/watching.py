"""What a serving process does beside answering: looks for other writers of the store and for newer snapshots.

Where the journal holds what only a new snapshot takes in, or has grown past a share of its snapshot, one process of the
workspace has a new one made, by a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import structlog

from graph.errors import Busy, KithError, ModelError, SnapshotError
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from service.consented import ConsentedSnapshots
from service.context import ServingContext
from service.live.follower import Follower
from service.live.journal import locked
from service.settings import NO_MODEL, Settings
from service.threads import daemon
from service.workspace import Workspace

EVERY: Final = 1.0  # seconds between two looks
AFTER_FAILURE: Final = 60.0  # seconds until a new snapshot is tried again
LARGEST_SHARE: Final = 0.2  # of the facts of a snapshot that its journal may have before a new one is made
FEWEST: Final = 20_000  # facts that a journal may have whatever the snapshot has
ROOT: Final = Path(__file__).parents[2]


def follower_of(settings: Settings, context: ServingContext) -> Follower | None:
    """What follows the journal of a context, None for a snapshot as of a time, which nothing is added to."""
    if context.snapshot.as_of is not None:
        return None

    @cache
    def store() -> GraphStore:
        return open_store(settings.store)

    follower = Follower(Workspace(settings.home).made().live, context, store)
    follower.warm()
    return follower


def served_snapshot(settings: Settings) -> Path | None:
    """The folder of the snapshot to answer from: a newer one than the settings name, where newer ones are followed."""
    named, newest = settings.snapshot, Workspace(settings.home).newest_snapshot()
    if not settings.follow or named is None or newest is None:
        return named
    with suppress(SnapshotError):
        newer = Snapshot.open(newest)
        if newer.as_of is None and newer.revision >= Snapshot.open(named).revision:
            return newest
    return named


class Watcher:
    """Looks after the follower of one process, in a thread of its own.

    report: is told how far it is behind. swapped: is called when it answers from a newer snapshot. recorded: is called
    when it took in what other programs recorded.
    """

    def __init__(
        self,
        settings: Settings,
        follower: Follower,
        report: Callable[[int, float], None],
        swapped: Callable[[], None] = lambda: None,
        recorded: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings, self._follower, self._report = settings, follower, report
        self._swapped, self._recorded = swapped, recorded
        self._workspace = Workspace(settings.home)
        self._unfit: Path | None = None  # a snapshot that cannot be answered from
        self._renewed_not_before = 0.0

    def start(self) -> None:
        """Begin to look, until the process ends."""
        daemon(self._run, "kith-watcher").start()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(EVERY):
            try:
                self.look()
            except Exception:  # whatever fails now may do at the next look, and answering goes on meanwhile
                structlog.get_logger().exception("watcher")

    def look(self) -> None:
        """Look once."""
        follower = self._follower
        self._report(follower.behind, follower.behind_seconds)
        if self._has_store():
            with suppress(Busy):
                if follower.poll():
                    self._recorded()
        if self._settings.follow:
            self._swap()
            self._renew()

    def _has_store(self) -> bool:
        """Whether there is a store to look at: an SQLite file is not made by looking."""
        path = self._settings.store.removeprefix("sqlite:///")
        return path == self._settings.store or Path(path).exists()

    def _swap(self) -> None:
        newest, base = self._workspace.newest_snapshot(), self._follower.position.base.snapshot
        if newest is None or newest == self._unfit or newest.resolve() == base.folder.resolve():
            return
        try:
            opened = self._workspace.snapshot(newest)
            if opened.as_of is not None or opened.revision < base.revision:
                self._unfit = newest
                return
            context = self._context(opened, newest)
        except (SnapshotError, ModelError):
            self._unfit = newest  # and is not tried again
            raise
        self._follower.swap(context)
        structlog.get_logger().info("snapshot", snapshot=opened.id, revision=opened.revision)
        self._swapped()

    def _context(self, opened: Snapshot, folder: Path) -> ServingContext:
        """A warm context of a snapshot, with the model that is served."""
        model = (self._workspace.live_model() if self._settings.follow_models else None) or self._settings.model
        if model == NO_MODEL:
            consented = ConsentedSnapshots(self._workspace, self._settings.store)
            context = ServingContext(opened, None, purposes=self._settings.purposes, consented=consented)
        else:
            context = ServingContext.open(self._settings, folder, model)
        context.warm()
        return context

    def _renew(self) -> None:
        """Have a new snapshot made where one is needed and nobody makes one."""
        position = self._follower.position
        manifest = position.base.snapshot.manifest
        most = max(LARGEST_SHARE * (manifest["relationships"] + manifest["parties"]), FEWEST)
        wanted = position.blocked is not None or position.facts > most
        if not wanted or not self._has_store() or time.monotonic() < self._renewed_not_before:
            return
        try:
            with locked(self._workspace.live / "snapshot.lock", 0):
                newest = self._workspace.newest_snapshot()
                if newest is not None and newest.resolve() != position.base.snapshot.folder.resolve():
                    return  # somebody has just made one
                command = [sys.executable, "-m", "service.live.renewing"]
                environment = self._settings.environment_of_a_process()
                subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        except Busy:
            return
        except subprocess.CalledProcessError as error:
            self._renewed_not_before = time.monotonic() + AFTER_FAILURE
            raise KithError("a new snapshot could not be made; see the log") from error
