"""Where Kith keeps what it makes: the folder of the setting KITH_HOME, `.kith/` by default.

The folder holds personal data: where Kith makes it, nobody else can enter it, and so nobody reads what lies inside.

kith.db                  the default store
records.db               keys, and copies from before a migration
snapshots/REVISION-ID/   and `latest`, which names the newest
models/ID/               and `latest`; state.json, see service.model_state
consented/PURPOSE/       snapshots of the facts with consent, see service.consented
live/                    what was recorded after each snapshot
batches/                 scores of many parties that somebody asked for over HTTP, a folder for each
tables/SNAPSHOT-FEATURES/  features of all parties, made again where they are missing
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graph.errors import KithError, ModelError, NoModel, SnapshotError
from service.model_state import read_state

if TYPE_CHECKING:  # what the methods need, they import: `kith --help` and `kith keys` read no arrays
    from gnn.models.model import Model
    from graph.snapshots.snapshot import Snapshot
    from graph.stores.base import FactReader

LATEST: Final = "latest"
SHOWN: Final = 16  # hex digits of an id in names and messages


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder, and what lies where in it."""

    folder: Path

    def made(self) -> Workspace:
        """This workspace, its folder made if it was missing, for its user alone; an existing one stays as it is."""
        missing = [folder for folder in (self.folder, *self.folder.parents) if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
        return self

    @property
    def store_url(self) -> str:
        return f"sqlite:///{self.folder / 'kith.db'}"

    @property
    def tables(self) -> Path:
        return self.folder / "tables"

    @property
    def live(self) -> Path:
        return self.folder / "live"

    def keep_snapshot(self, store: FactReader, as_of: float | None = None, revision: int | None = None) -> Snapshot:
        """A new snapshot under its own name, made the newest; a damaged one of that name is replaced."""
        from graph.snapshots.build import build_snapshot
        from graph.snapshots.snapshot import Snapshot

        snapshots = self.made().folder / "snapshots"
        beside = snapshots / f".{secrets.token_hex(6)}.building"
        try:
            built = build_snapshot(store, beside, as_of, revision)
            place = snapshots / f"{built.revision}-{built.id[:SHOWN]}"
            _put(beside, place, lambda there: _check_snapshot(there, built.id))
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        _point(snapshots, place.name)
        return Snapshot.open(place)

    def keep_model(self, model: Model) -> Path:
        """The folder of a model, saved under its own name and made the newest; a damaged one is replaced."""
        place = self.put_model(model)
        _point(place.parent, place.name)
        return place

    def put_model(self, model: Model) -> Path:
        """The folder of a model, saved under its own name; a damaged one is replaced."""
        from gnn.models import artifact

        models = self.made().folder / "models"
        beside = models / f".{secrets.token_hex(6)}.saving"
        try:
            id = artifact.save(model, beside)
            place = models / id[:SHOWN]
            _put(beside, place, lambda there: _check_model(there, id))
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return place

    def snapshot(self, folder: Path | None = None) -> Snapshot:
        """The named snapshot, or the newest, every byte of it hashed: no command answers from a damaged one.

        Raises SnapshotError.
        """
        from graph.snapshots.snapshot import Snapshot

        if folder is None:
            folder = _newest(self.folder / "snapshots")
            if folder is None:
                raise SnapshotError(f"there is no snapshot in {self.folder}; load something and run `kith snapshot`")
        return Snapshot.open(folder, verify=True)

    def named_snapshot(self, name: str) -> Snapshot:
        """The snapshot in a folder, or the one of this workspace whose id or folder begins with a name; hashed whole.

        Raises SnapshotError for a name of none or of several.
        """
        if Path(name).is_dir():
            return self.snapshot(Path(name))
        fitting = [one for one in self.snapshots() if one.id.startswith(name) or one.folder.name.startswith(name)]
        if len(fitting) != 1:
            of_several = f"{len(fitting)} snapshots begin" if fitting else "no snapshot begins"
            raise SnapshotError(f"{of_several} with {name!r}; `kith snapshots` lists them, and a folder names one too")
        return self.snapshot(fitting[0].folder)

    def snapshots(self) -> list[Snapshot]:
        """Every snapshot that this Kith reads, by revision and id; those of other formats are left out."""
        from graph.snapshots.snapshot import Snapshot

        found = []
        for folder in (self.folder / "snapshots").glob("[!.]*/"):
            with suppress(SnapshotError):
                found.append(Snapshot.open(folder))
        return sorted(found, key=lambda snapshot: (snapshot.revision, snapshot.id))

    def snapshot_before(self, snapshot: Snapshot) -> Snapshot | None:
        """The newest snapshot of an earlier revision, or of the same as of an earlier time; hashed whole.

        None where there is none. Raises SnapshotError for a damaged one.
        """
        earlier = [one for one in self.snapshots() if _place(one) < _place(snapshot)]
        return self.snapshot(max(earlier, key=_place).folder) if earlier else None

    @contextmanager
    def scratch(self, ending: str) -> Iterator[Path]:
        """A folder of its own in the workspace, for its user alone, that is gone afterwards with all it holds."""
        folder = self.made().folder / f".{secrets.token_hex(6)}.{ending}"
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def model_of_id(self, id: str) -> Path | None:
        """The folder of the model with this id, None where it is not kept."""
        folder = self.folder / "models" / id[:SHOWN]
        return folder if folder.is_dir() else None

    def newest_snapshot(self) -> Path | None:
        """The folder of the snapshot that commands take where none is named."""
        return _newest(self.folder / "snapshots")

    def newest_model(self) -> Path | None:
        """The folder of the model that was trained last."""
        return _newest(self.folder / "models")

    def live_model(self) -> Path | None:
        """The folder of the model that was promoted, None where none was. Raises ModelError."""
        live = read_state(self.folder / "models").live
        return None if live is None else self.folder / "models" / live[:SHOWN]

    def model_folder(self, folder: Path | None = None) -> Path:
        """The named model's folder, or that of the promoted one, or of the newest where none was. Raises ModelError."""
        chosen = folder if folder is not None else self.live_model() or self.newest_model()
        if chosen is None:
            raise NoModel(str(self.folder))
        return chosen


def _place(snapshot: Snapshot) -> tuple[int, float]:
    """Where a snapshot stands in the line of those of one store; one of everything known comes last of its revision."""
    return snapshot.revision, inf if snapshot.as_of is None else snapshot.as_of


def _check_snapshot(folder: Path, id: str) -> None:
    """Raises SnapshotError unless the folder holds this snapshot with every byte."""
    from graph.snapshots.snapshot import Snapshot

    if Snapshot.open(folder, verify=True).id != id:
        raise SnapshotError(f"{folder}: holds another snapshot than its name says")


def _check_model(folder: Path, id: str) -> None:
    """Raises ModelError unless the folder holds this model with every byte."""
    from gnn.models import artifact

    artifact.load(folder)
    if artifact.model_id(folder) != id:
        raise ModelError(f"{folder}: holds another model than its name says")


def _put(made: Path, place: Path, check: Callable[[Path], None]) -> None:
    """Move what was made to its place; what is there already stays if it is whole, and is replaced if it is damaged.

    It is renamed and never written into, so that a process which has the old files mapped goes on with them. Raises
    KithError where files that are not ours lie among them, since they would go too.
    """
    try:
        made.rename(place)  # refused where a folder with anything in it is there
        return
    except OSError:
        if not place.exists():
            raise
    try:
        check(place)
    except KithError as error:
        foreign = sorted(_files(place) - _files(made))
        if foreign:
            raise KithError(f"{place / foreign[0]}: does not belong there; move it away") from error
        _replace(place, made)


def _replace(place: Path, made: Path) -> None:
    aside = place.parent / f".{secrets.token_hex(6)}.damaged"
    place.rename(aside)
    try:
        made.rename(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*")}


def _point(folder: Path, name: str) -> None:
    beside = folder / f".{secrets.token_hex(6)}.{LATEST}"
    beside.write_text(f"{name}\n")
    beside.replace(folder / LATEST)


def _newest(folder: Path) -> Path | None:
    try:
        return folder / (folder / LATEST).read_text().strip()
    except FileNotFoundError:
        return None
