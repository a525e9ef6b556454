"""The folder of a load's rejects files, and the source that rows loaded from it belong to.

The folder is named like the source. A source that cannot name a folder (`shop/2025`, or one longer than names may be)
stands in a small file `.source` beside the rejects, and the folder has a name made from it.
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
MAX_NAME_BYTES: Final = 100  # of a folder's name; file systems take 255 at most
_FINGERPRINT_DIGITS: Final = 12
_HASH_DIGITS: Final = 8
_RESERVED: Final = '/\\:*?"<>|\0'  # in names of one file system or another


@dataclass(frozen=True, slots=True)
class RejectsFolder:
    """A folder for the rejects files of a source; it need not exist yet."""

    path: Path
    source: str

    def numbered(self, number: int) -> RejectsFolder:
        """Another folder of this name, for a rejects file whose name is taken in this one."""
        return RejectsFolder(self.path.parent / str(number) / self.path.name, self.source)

    def create(self) -> None:
        """Make the folder, with its `.source` where its name is not the source. Raises OSError."""
        self.path.mkdir(parents=True, exist_ok=True)
        if self.path.name != self.source:
            (self.path / SOURCE_FILE).write_bytes(self.source.encode())


def rejects_folder(source: str, fingerprint: str, inputs: Collection[Path], parent: Path) -> RejectsFolder:
    """The folder for the rejects of a load, below `parent` and never where one of the inputs lies.

    The rejects of a rejects file that nobody corrected have its bytes, and would else be written over it.
    """
    resolved = {path.resolve() for path in inputs}
    name = fingerprint[:_FINGERPRINT_DIGITS]
    for candidate in chain([name], (f"{name}-{number}" for number in count(2))):
        folder = parent / candidate
        if not any(path.is_relative_to(folder.resolve()) for path in resolved):
            break
    return RejectsFolder(folder / _folder_name(source), source)


def source_of_rejects(rejects_file: Path) -> str:
    """The source that the rows of a rejects file belong to. Raises InputError."""
    folder = rejects_file.resolve().parent
    source_file = folder / SOURCE_FILE
    try:
        return source_file.read_bytes().decode() if source_file.exists() else folder.name
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{source_file} cannot be read ({error}); name the source of these rows with --source"
        ) from error


def _folder_name(source: str) -> str:
    """The source itself, or its beginning and a hash, so that no two sources share a folder."""
    allowed = "".join("_" if c in _RESERVED else c for c in source).strip(". ")
    if allowed and allowed == source and len(source.encode()) <= MAX_NAME_BYTES:
        return source
    begin = allowed.encode()[: MAX_NAME_BYTES - 1 - _HASH_DIGITS].decode(errors="ignore")
    return f"{begin}-{hashlib.sha256(source.encode()).hexdigest()[:_HASH_DIGITS]}"
