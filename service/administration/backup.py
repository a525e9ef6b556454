"""Backups of a workspace, made while it is served, and put back.

A backup is a folder: the two SQLite databases as of one moment each, the snapshots and the models, and a manifest with
the size and SHA-256 of every file. The records come first and the facts after them, so that every revision that the
records name is among the facts. Feature tables are left out: they are made again.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from graph.errors import InputError, UsageError
from graph.snapshots.files import sha256_of, sync_folder
from service.engine import engine

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
RECORDS, FACTS = "records.db", "kith.db"
FOLDERS: Final = ("snapshots", "models")
PARTS: Final = (RECORDS, FACTS, *FOLDERS)
PAGES: Final = 1_000  # of a database at once, between which others can write
PATIENCE: Final = 30.0  # seconds that a database may be locked


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup: made in seconds since 1970, its files with their sizes, and what of the installation lies elsewhere.

    tenant: the institution whose workspace it is of, None on a server of one.
    """

    folder: Path
    made: float
    files: Mapping[str, int]
    not_covered: tuple[str, ...]
    tenant: str | None


def make_backup(home: Path, folder: Path, records_url: str | None = None, tenant: str | None = None) -> Backup:
    """A backup of a workspace in a new folder.

    records_url: where the records lie if that is not the workspace: they are not covered then. tenant: the institution
    whose workspace it is, where a server has several; it is put back as the same one's alone.
    Raises UsageError where the folder is there already, or the workspace holds nothing.
    """
    if folder.exists():
        raise UsageError(f"{folder} is there already; name a folder that is not")
    present = [part for part in PARTS if (home / part).exists() and not (part == RECORDS and records_url)]
    if not present:
        raise UsageError(f"there is nothing to back up in {home}")
    beside = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}.backing-up")
    beside.mkdir(mode=0o700, parents=True)
    try:
        made = time.time()
        for part in present:
            _copy(home / part, beside / part)
        files = {path: _described(beside / path) for path in _files(beside)}
        missing = list(_not_covered(home, records_url))
        said = {"format": FORMAT, "engine": engine(), "made": made, "files": files, "not_covered": missing}
        manifest = said if tenant is None else {**said, "tenant": tenant}
        (beside / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
        _sync(beside)
        beside.rename(folder)
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return _backup(folder, manifest)


def read_backup(folder: Path) -> Backup:
    """A backup, every byte of which is as its manifest says. Raises InputError that names what is not."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        if manifest["format"] != FORMAT:
            raise InputError(f"{folder / MANIFEST}: format {manifest['format']}, and this Kith reads {FORMAT}")
        backup = _backup(folder, manifest)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder}: is no backup of Kith, which has a whole {MANIFEST}") from error
    present = set(_files(folder)) - {MANIFEST}
    for path in sorted(present ^ set(backup.files)):
        raise InputError(f"{folder / path}: {'is not of this backup' if path in present else 'is missing'}")
    for path, described in sorted(manifest["files"].items()):
        if _described(folder / path) != described:
            raise InputError(f"{folder / path}: its bytes differ from the manifest")
    return backup


def restore(folder: Path, home: Path, replace: bool = False, tenant: str | None = None) -> tuple[Backup, Path | None]:
    """The backup that was put back, and where what was there before lies now, None where nothing was.

    replace: move aside what the workspace holds. Raises InputError for a damaged backup, before anything is changed,
    UsageError where the workspace holds something and it is not to be replaced.
    """
    backup = read_backup(folder)
    if backup.tenant != tenant:
        of, here = (f"the institution {name}" if name else "a server of one" for name in (backup.tenant, tenant))
        raise UsageError(f"{folder} is a backup of {of} and {home} the workspace of {here}; nothing was put back")
    there = [part for part in PARTS if (home / part).exists()]
    if there and not replace:
        raise UsageError(f"{home} holds {', '.join(there)}; name an empty KITH_HOME, or move them aside with --replace")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    coming = home / f".{secrets.token_hex(6)}.restoring"
    aside = home / f"before-restore-{secrets.token_hex(4)}" if there else None
    try:
        shutil.copytree(folder, coming)
        (coming / MANIFEST).unlink()
        _sync(coming)
        if aside is not None:
            aside.mkdir(mode=0o700)
            for part in [*there, *_journals(home), *(["tables"] if (home / "tables").exists() else [])]:
                (home / part).rename(aside / part)
        for restored in coming.iterdir():
            restored.rename(home / restored.name)
        sync_folder(home)
    finally:
        shutil.rmtree(coming, ignore_errors=True)
    return backup, aside


def _copy(source: Path, target: Path) -> None:
    if source.suffix == ".db":
        target.touch(mode=0o600)
        with (
            closing(sqlite3.connect(source, timeout=PATIENCE)) as there,
            closing(sqlite3.connect(target)) as here,
        ):
            there.backup(here, pages=PAGES)
            here.execute("PRAGMA journal_mode = DELETE")
        return
    # What is still being made has a name with a dot. `latest` comes first, so that what it names is there to be copied.
    target.mkdir(mode=0o700)
    visible = [path for path in source.iterdir() if not path.name.startswith(".")]
    for path in sorted(visible, key=lambda path: path.is_dir()):
        if path.is_dir():
            shutil.copytree(path, target / path.name)
        else:
            shutil.copy2(path, target / path.name)


def _not_covered(home: Path, records_url: str | None) -> Iterator[str]:
    if records_url:
        yield "the records, which KITH_RECORDS_URL keeps elsewhere"
    if not (home / FACTS).exists():
        yield "the facts, which are in no kith.db"


def _described(file: Path) -> dict[str, Any]:
    return {"size": file.stat().st_size, "sha256": sha256_of(file)}


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _journals(home: Path) -> list[str]:
    """What SQLite keeps beside its databases and would take for part of others of the same name."""
    endings = ("-wal", "-shm", "-journal")
    return [name + ending for name in (RECORDS, FACTS) for ending in endings if (home / (name + ending)).exists()]


def _backup(folder: Path, manifest: Mapping[str, Any]) -> Backup:
    sizes = {path: int(described["size"]) for path, described in manifest["files"].items()}
    return Backup(folder, float(manifest["made"]), sizes, tuple(manifest["not_covered"]), manifest.get("tenant"))


def _sync(folder: Path) -> None:
    """Have everything below a folder on the disk."""
    for path in folder.rglob("*"):
        if path.is_dir():
            sync_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    sync_folder(folder)
