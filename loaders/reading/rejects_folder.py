"""The folder of a load's rejects. It is named like the source, so that what is loaded from it belongs to that source.

A source that is no name of a folder (`shop/2025`, or one longer than names may be) stands in a small file beside the
rejects, and the folder has a name made from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Final

from graph.errors import InputError

SOURCE_FILE: Final = ".source"
LONGEST: Final = 100  # bytes of a folder's name; file systems take 255 at most
_REFUSED: Final = '/\\:*?"<>|\0'  # by one file system or another
_DIGITS: Final = 8  # of a hash


@dataclass(frozen=True, slots=True)
class RejectsFolder:
    """Where rejects of a source go; it need not be there yet."""

    path: Path
    source: str

    def other(self, number: int) -> RejectsFolder:
        """Another one of this name, for rejects files of the same name."""
        return RejectsFolder(self.path.parent / str(number) / self.path.name, self.source)

    def make(self) -> None:
        """Raises OSError."""
        self.path.mkdir(parents=True, exist_ok=True)
        if self.path.name != self.source:
            (self.path / SOURCE_FILE).write_bytes(self.source.encode())


def folder_for(source: str, fingerprint: str, inputs: Collection[Path], below: Path) -> RejectsFolder:
    """A folder below `below`, and never where one of the inputs lies.

    The rejects of a rejects file that nobody corrected have its bytes, and would else be written over it.
    """
    taken = {path.resolve() for path in inputs}
    name = fingerprint[:12]
    for tried in chain([name], (f"{name}-{number}" for number in count(2))):
        found = below / tried
        if not any(path.is_relative_to(found.resolve()) for path in taken):
            break
    return RejectsFolder(found / _named(source), source)


def source_of(rejects: Path) -> str:
    """The source that the rows of a rejects file belong to. Raises InputError."""
    folder = rejects.resolve().parent
    told = folder / SOURCE_FILE
    try:
        return told.read_bytes().decode() if told.exists() else folder.name
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{told} cannot be read ({error}); say what these rows belong to with --source") from error


def _named(source: str) -> str:
    """The source as it is, or its beginning and a hash, so that no two sources share a folder."""
    plain = "".join("_" if c in _REFUSED else c for c in source).strip(". ")
    if plain and plain == source and len(source.encode()) <= LONGEST:
        return source
    begin = plain.encode()[: LONGEST - 1 - _DIGITS].decode(errors="ignore")
    return f"{begin}-{hashlib.sha256(source.encode()).hexdigest()[:_DIGITS]}"
