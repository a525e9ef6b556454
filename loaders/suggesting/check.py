"""What of a mapping does not fit its files: names, columns, encodings, and the rows that would be rejected."""

from __future__ import annotations

import fnmatch
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from graph.errors import InputError
from graph.stores.open import open_store
from loaders.ingest import LoadResult, Progress, load
from loaders.mapping_file import read_mapping
from loaders.plan import resolve_files

NO_STORE: Final = "a check asks no store, so parties of other loads are unknown to it; kith load --dry-run asks it"


@dataclass(frozen=True, slots=True)
class MappingCheck:
    """What was found: `faults` do not fit, `warnings` are taken with a doubt; rows were read of files."""

    files: tuple[Path, ...]
    rows: int
    rejected: int
    faults: tuple[str, ...]
    warnings: tuple[str, ...]


def check_mapping(mapping: Path, paths: Sequence[Path] = (), progress: Progress | None = None) -> MappingCheck:
    """What of a mapping file does not fit the files at `paths`, or beside it; they are loaded into a store of its own.

    Raises MappingError for a mapping that cannot be read.
    """
    described = read_mapping(mapping)
    candidates = [path for place in paths or [mapping.parent] for path in _files(place)]
    names = dict.fromkeys(file.name for file in described.files)
    fitting = [path for path in candidates if any(fnmatch.fnmatchcase(path.name, name) for name in names)]
    faults = [
        f"{name}: no file has this name; it is looked for {'among those given' if paths else 'beside the mapping'}"
        for name in names
        if not any(fnmatch.fnmatchcase(path.name, name) for path in candidates)
    ]
    readable = []
    for path in fitting:
        try:
            resolve_files([path], described)
            readable.append(path)
        except InputError as error:
            faults.append(str(error))
    if not readable:
        return MappingCheck(tuple(fitting), 0, 0, tuple(faults), ())
    with (
        tempfile.TemporaryDirectory(prefix="kith-check-") as folder,
        closing(open_store(f"sqlite:///{folder}/kith.db")) as store,
    ):
        try:
            result = load(readable, store, mapping, rejects_dir=Path(folder) / "rejects", progress=progress)
        except InputError as error:
            return MappingCheck(tuple(fitting), 0, 0, (*faults, str(error)), ())
    faults += _rejects(result)
    return MappingCheck(tuple(fitting), result.read, result.rejected, tuple(faults), result.warnings)


def _files(place: Path) -> list[Path]:
    """A file, or the files of a folder. Raises InputError where there is neither."""
    if not place.exists():
        raise InputError(f"{place} does not exist; name a folder or a file")
    return sorted(path for path in place.iterdir() if path.is_file()) if place.is_dir() else [place]


def _rejects(result: LoadResult) -> Iterator[str]:
    """For each reason, how many rows it rejects and the first of them that is at hand."""
    for code, count in result.reasons.items():
        example = next((reject.render() for reject in result.examples if reject.code == code), "")
        yield (
            f"{code}: {count:,} {'row' if count == 1 else 'rows'} would be rejected"
            + (f", as {example}" if example else "")
            + (f"; {NO_STORE}" if code == "dangling_end" else "")
        )
