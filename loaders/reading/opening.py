"""Opening inputs as streams of bytes: plain files, files packed by gzip, and members of ZIP archives.

A member of an archive has a path of its own: that of the archive, and below it the member's name.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from graph.errors import InputError

GZIP_SUFFIX: Final = ".gz"
ZIP_SUFFIX: Final = ".zip"
_DAMAGE: Final = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)


def unpacked_name(path: Path) -> str:
    """The name of what a file holds: its own, without `.gz`."""
    return path.stem if path.suffix.lower() == GZIP_SUFFIX else path.name


def is_packed(path: Path) -> bool:
    """Whether a file is packed by gzip or lies in an archive."""
    return path.suffix.lower() == GZIP_SUFFIX or archive_of(path) is not None


def is_archive(path: Path) -> bool:
    """Whether a path is a ZIP archive."""
    return path.suffix.lower() == ZIP_SUFFIX and path.is_file()


def archive_of(path: Path) -> Path | None:
    """The archive of which a path names a member; None for other paths."""
    return next((parent for parent in path.parents if is_archive(parent)), None)


def is_input(path: Path) -> bool:
    """Whether there is a file, or a member of an archive, at a path."""
    if path.is_file():
        return True
    archive = archive_of(path)
    return archive is not None and path in members(archive)


def members(archive: Path) -> list[Path]:
    """The paths of the files in an archive, sorted; without folders and what systems hide there. Raises InputError."""
    try:
        with zipfile.ZipFile(archive) as opened:
            names = [info.filename for info in opened.infolist() if not info.is_dir()]
    except _DAMAGE as error:
        raise InputError(f"{archive} cannot be read as a ZIP archive ({error}); write it again") from error
    parts = [Path(name).parts for name in names]
    shown = [p for p in parts if "__MACOSX" not in p and ".." not in p and not p[-1].startswith(".")]
    return sorted(archive.joinpath(*p) for p in shown)


def open_input(path: Path) -> BinaryIO:
    """The bytes of an input, unpacked as they are read.

    Raises InputError where it cannot be opened or, when it is read, where it is damaged.
    """
    try:
        archive = archive_of(path)
        if archive is not None:
            member = path.relative_to(archive).as_posix()
            return io.BufferedReader(_Unpacked(path, zipfile.ZipFile(archive).open(member)))
        if path.suffix.lower() == GZIP_SUFFIX:
            return io.BufferedReader(_Unpacked(path, gzip.open(path, "rb")))
        return path.open("rb")
    except KeyError as error:
        raise InputError(f"{path} is not in its archive") from error
    except OSError as error:
        raise InputError(f"{path} cannot be opened: {error.strerror or error}") from error
    except _DAMAGE as error:
        raise InputError(f"{path} cannot be unpacked: {error}") from error


class Readable(Protocol):
    """What a packed file is read through."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most this many; none at the end."""

    def close(self) -> None:
        """Let go of the file."""


class _Unpacked(io.RawIOBase):
    """A stream that is unpacked as it is read. Damage is an InputError that names the file."""

    def __init__(self, path: Path, stream: Readable) -> None:
        self._path, self._stream = path, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            read = self._stream.read(len(buffer))
        except _DAMAGE as error:
            raise InputError(f"{self._path} is damaged ({error}); write it again") from error
        buffer[: len(read)] = read
        return len(read)

    def close(self) -> None:
        self._stream.close()
        super().close()
