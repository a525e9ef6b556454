"""Where Kith keeps what it makes: `.kith/` in the current folder, or KITH_HOME.

The folder holds personal data: where Kith makes it, nobody else can enter it, and so nobody reads what lies inside.

kith.db                  the default store
records.db               keys
snapshots/REVISION-ID/   and `latest`, which names the newest
models/ID/               and `latest`
"""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graph.errors import NoModel, SnapshotError

if TYPE_CHECKING:  # what the methods need, they import: `kith --help` and `kith keys` read no arrays
    from gnn.model import Model
    from graph.snapshot import Snapshot
    from graph.store import GraphStore

LATEST: Final = "latest"
SHOWN: Final = 16  # hex digits of an id in names and messages


@dataclass(frozen=True, slots=True)
class Home:
    """The folder, and what lies where in it."""

    folder: Path

    @staticmethod
    def here() -> Home:
        return Home(Path(os.environ.get("KITH_HOME", ".kith")))

    def made(self) -> Home:
        """This home, its folder made where there was none, for its user alone; one that is there stays as it is."""
        missing = [folder for folder in (self.folder, *self.folder.parents) if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
        return self

    @property
    def store_url(self) -> str:
        return f"sqlite:///{self.folder / 'kith.db'}"

    @property
    def records_url(self) -> str:
        return os.environ.get("KITH_RECORDS_URL", f"sqlite:///{self.folder / 'records.db'}")

    def keep_snapshot(self, store: GraphStore, as_of: float | None = None, revision: int | None = None) -> Snapshot:
        """Build a snapshot under its own name and make it the newest."""
        from graph.snapshot import Snapshot
        from graph.snapshot_build import build_snapshot

        snapshots = self.made().folder / "snapshots"
        beside = snapshots / f".{secrets.token_hex(6)}.building"
        try:
            built = build_snapshot(store, beside, as_of, revision)
            place = snapshots / f"{built.revision}-{built.id[:SHOWN]}"
            if not place.exists():
                beside.rename(place)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        _point(snapshots, place.name)
        return Snapshot.open(place)

    def keep_model(self, model: Model) -> Path:
        """Save a model under its own name and make it the newest."""
        from gnn import artifact

        models = self.made().folder / "models"
        beside = models / f".{secrets.token_hex(6)}.saving"
        try:
            place = models / artifact.save(model, beside)[:SHOWN]
            if not place.exists():
                beside.rename(place)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        _point(models, place.name)
        return place

    def snapshot(self, folder: Path | None = None) -> Snapshot:
        """The named snapshot, or the newest, every byte of it hashed: no command answers from a damaged one.

        Raises SnapshotError.
        """
        from graph.snapshot import Snapshot

        if folder is None:
            folder = _newest(self.folder / "snapshots")
            if folder is None:
                raise SnapshotError(f"there is no snapshot in {self.folder}; load something and run `kith snapshot`")
        return Snapshot.open(folder, verify=True)

    def model_folder(self, folder: Path | None = None) -> Path:
        """The named model's folder, or the newest. Raises ModelError."""
        found = folder if folder is not None else _newest(self.folder / "models")
        if found is None:
            raise NoModel(str(self.folder))
        return found


def _point(folder: Path, name: str) -> None:
    beside = folder / f".{secrets.token_hex(6)}.{LATEST}"
    beside.write_text(f"{name}\n")
    beside.replace(folder / LATEST)


def _newest(folder: Path) -> Path | None:
    try:
        return folder / (folder / LATEST).read_text().strip()
    except FileNotFoundError:
        return None
