"""The snapshots of facts with consent: one for each purpose that needs it, kept in the workspace for all processes.

A process asks the store before every answer whether consents changed since such a snapshot. If they did, nothing is
answered from it any more: it is built anew, by one process for all of them, and questions are refused until then. Where
other facts came in meanwhile, the snapshot is built anew too, at most every half minute, and answers go on from the one
that there is.

consented/PURPOSE/snapshots/REVISION-ID/   as in the workspace, but only the newest is kept
consented/PURPOSE/history                  of which loads it was built
"""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Final

import structlog

from graph.errors import ConsentPending, KithError, SnapshotError, StoreUnavailable
from graph.locks import locked
from graph.snapshots.snapshot import Snapshot
from graph.stores.base import GraphStore
from graph.stores.consented import ConsentedFacts
from graph.stores.open import open_store
from service.threads import daemon
from service.workspace import Workspace

HISTORY: Final = "history"
EVERY: Final = 30.0  # seconds between two snapshots that are built for other facts than consents


@dataclass(frozen=True, slots=True)
class _Held:
    """A snapshot, and the revision until which consents were seen not to have changed since."""

    snapshot: Snapshot
    checked: int


class ConsentedSnapshots:
    """Opens, checks and builds them. store_url: of the store that the main snapshots come from."""

    def __init__(self, workspace: Workspace, store_url: str) -> None:
        self._workspace, self._url = workspace, store_url
        self._lock = threading.Lock()
        self._opened: GraphStore | None = None
        self._opened_file: tuple[int, int] | None = None
        self._held: dict[str, _Held] = {}
        self._building: set[str] = set()
        self._began: dict[str, float] = {}  # when a process began to build last

    def current(self, purpose: str, main: Snapshot) -> Snapshot:
        """The snapshot of facts with consent for a purpose, as of the time of the main one.

        Raises ConsentPending where consents changed, until it is built anew; StoreUnavailable.
        """
        held = self._checked(purpose, main)
        if held is None:
            self._build_beside(purpose, main)
            raise ConsentPending(purpose)
        if held.snapshot.revision < main.revision and time.monotonic() - self._began.get(purpose, -inf) > EVERY:
            self._build_beside(purpose, main)
        return held.snapshot

    def refreshed(self, purpose: str, main: Snapshot) -> Snapshot:
        """The same, built anew first where it has to be. Raises StoreUnavailable, SnapshotError."""
        held = self._checked(purpose, main)
        return self._build(purpose, main) if held is None else held.snapshot

    def _checked(self, purpose: str, main: Snapshot) -> _Held | None:
        """What is held or lies in the workspace, if consents have not changed since; else None."""
        store = self._store()
        newest = store.revision()
        with self._lock:
            held, is_building = self._held.get(purpose), purpose in self._building
        if held is None or held.snapshot.as_of != main.as_of or self._has_changed(store, held, newest):
            held = None if is_building else self._on_disk(purpose, store)
            if held is None or held.snapshot.as_of != main.as_of or self._has_changed(store, held, newest):
                return None
            held = _whole(held)
            if held is None:
                return None
        held = _Held(held.snapshot, newest)
        with self._lock:
            self._held[purpose] = held
        return held

    @staticmethod
    def _has_changed(store: GraphStore, held: _Held, newest: int) -> bool:
        return newest != held.checked and store.consents_changed(held.checked)

    def _on_disk(self, purpose: str, store: GraphStore) -> _Held | None:
        """The snapshot in the workspace, not hashed yet, if it was built from this store as it is."""
        workspace = self._of(purpose)
        folder = workspace.newest_snapshot()
        if folder is None:
            return None
        try:
            opened = Snapshot.open(folder)
            history = (workspace.folder / HISTORY).read_text()
        except (SnapshotError, OSError):  # damaged, or just removed by the process that built a newer one
            return None
        if opened.revision > store.revision() or history != _history(store, opened):
            return None
        return _Held(opened, opened.revision)

    def _of(self, purpose: str) -> Workspace:
        return Workspace(self._workspace.folder / "consented" / purpose)

    def _store(self) -> GraphStore:
        """The store; one whose file was replaced is opened anew, since the old one says who had consented then.

        Raises StoreUnavailable.
        """
        file = self._file()
        with self._lock:
            if self._opened is None or self._opened_file != file:
                if self._opened is not None:
                    self._held.clear()
                self._opened, self._opened_file = open_store(self._url), file
            return self._opened

    def _file(self) -> tuple[int, int] | None:
        """Which file the store is, None for a server. Raises StoreUnavailable where it is not there."""
        path = self._url.removeprefix("sqlite:///")
        if path == self._url:
            return None
        try:
            found = Path(path).stat()
        except OSError as error:
            raise StoreUnavailable(
                "the store is not there, so consents cannot be looked up; name it with KITH_STORE_URL"
            ) from error
        return found.st_dev, found.st_ino

    def _build_beside(self, purpose: str, main: Snapshot) -> None:
        """Begin to build in a thread, unless one is at it."""
        with self._lock:
            if purpose in self._building:
                return
            self._building.add(purpose)
            self._began[purpose] = time.monotonic()
        daemon(self._built_beside, "kith-consent", purpose, main).start()

    def _built_beside(self, purpose: str, main: Snapshot) -> None:
        try:
            self._build(purpose, main)
        except (KithError, OSError):  # the next question begins again
            structlog.get_logger().exception("consent")
        finally:
            with self._lock:
                self._building.discard(purpose)

    def _build(self, purpose: str, main: Snapshot) -> Snapshot:
        """Build the snapshot, unless another process was quicker; earlier ones are removed."""
        store, workspace = self._store(), self._of(purpose).made()
        with locked(workspace.folder):
            newest, there = store.revision(), self._on_disk(purpose, store)
            if there is not None and (there.checked != newest or there.snapshot.as_of != main.as_of):
                there = None
            there = None if there is None else _whole(there)
            if there is not None:
                built = there.snapshot
            else:
                built = workspace.keep_snapshot(ConsentedFacts(store, purpose, main.as_of), main.as_of)
                (workspace.folder / HISTORY).write_text(_history(store, built))
            for folder in (workspace.folder / "snapshots").glob("[!.]*/"):
                if folder.name != built.folder.name:
                    shutil.rmtree(folder, ignore_errors=True)
        with self._lock:
            self._held[purpose] = _Held(built, built.revision)
        return built


def _whole(held: _Held) -> _Held | None:
    """The same snapshot with every byte hashed; None where it is damaged or gone."""
    try:
        return _Held(Snapshot.open(held.snapshot.folder, verify=True), held.checked)
    except SnapshotError:
        return None


def _history(store: GraphStore, snapshot: Snapshot) -> str:
    """What tells a store with the loads of a snapshot from one that was restored and has taken another way since."""
    loads = [
        (one.id, one.source, one.fingerprint, one.revision, one.details.to_text())
        for one in store.loads()
        if one.revision is not None and one.revision <= snapshot.revision
    ]
    return f"{snapshot.id} {hashlib.sha256(repr(loads).encode()).hexdigest()}"
