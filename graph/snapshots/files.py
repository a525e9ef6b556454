"""The folder of a snapshot: its manifest, its files, how they are checked, mapped and written."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.errors import SnapshotError

FORMAT: Final = "kith-snapshot"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
ID: Final = "id"
MARK: Final = b"\xff"  # begins every text of the search blobs

_SAFE_PATH: Final = re.compile(r"[A-Za-z0-9_]+(/[A-Za-z0-9_]+){0,2}\.(i8|i4|f8|f4|u1|utf8|json)")
_DTYPES: Final = {"i8": "<i8", "i4": "<i4", "f8": "<f8", "f4": "<f4", "u1": "|u1", "utf8": "|u1"}
DAMAGED: Final = "build the snapshot again with `kith snapshot`"

Array = npt.NDArray[Any]


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces and raw UTF-8, so that equal values have equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


class MappedFiles:
    """The files of one folder, checked against the manifest and mapped on demand."""

    def __init__(self, folder: Path, sizes: Mapping[str, int]) -> None:
        self.folder = folder
        self._sizes = sizes

    def array(self, path: str, length: int | None = None) -> Array:
        """Map `path` read-only; its suffix is its type. `length` in elements is checked where it is known."""
        dtype = np.dtype(_DTYPES[path.rsplit(".", 1)[1]])
        if path not in self._sizes:
            raise SnapshotError(f"{self.folder / path}: the manifest does not list it; {DAMAGED}")
        size = self._sizes[path]
        if size % dtype.itemsize or (length is not None and size != length * dtype.itemsize):
            raise SnapshotError(f"{self.folder / path}: {size} bytes do not fit the manifest's counts; {DAMAGED}")
        if size == 0:
            empty = np.empty(0, dtype)
            empty.flags.writeable = False
            return empty
        try:
            return np.asarray(np.memmap(self.folder / path, dtype=dtype, mode="r", shape=(size // dtype.itemsize,)))
        except (OSError, ValueError) as error:
            raise SnapshotError(f"{self.folder / path}: cannot be mapped ({error}); {DAMAGED}") from error

    def texts(self, path: str) -> tuple[Array, memoryview]:
        """Offsets and the bytes they cut: text i is blob[offsets[i]:offsets[i + 1]]."""
        return self.array(f"{path}.i8"), self.array(f"{path}.utf8").data


def read_manifest(folder: Path) -> tuple[dict[str, Any], str]:
    """The manifest and its SHA-256, after checking that it is ours and unchanged."""
    try:
        raw, id = (folder / MANIFEST).read_bytes(), (folder / ID).read_bytes()
    except OSError as error:
        missing = error.filename or folder
        raise SnapshotError(f"{missing}: cannot be read ({error.strerror}); is {folder} a snapshot?") from error
    actual = hashlib.sha256(raw).hexdigest()
    if id != f"{actual}\n".encode():
        raise SnapshotError(f"{folder / MANIFEST}: it does not match the file `{ID}` beside it; {DAMAGED}")
    try:
        manifest = json.loads(raw)
    except ValueError as error:
        raise SnapshotError(f"{folder / MANIFEST}: not JSON; {DAMAGED}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise SnapshotError(f"{folder / MANIFEST}: not the manifest of a Kith snapshot")
    if manifest.get("version") != VERSION:
        raise SnapshotError(
            f"{folder / MANIFEST}: format version {manifest.get('version')!r}, this Kith reads {VERSION}; {DAMAGED}"
        )
    return manifest, actual


def check_files(folder: Path, files: Mapping[str, Any]) -> None:
    """Raise SnapshotError unless exactly the listed files are there, each with its size."""
    present = {path: size for path, size in _walk(folder) if path not in (MANIFEST, ID)}
    for path, entry in sorted(files.items()):
        if not _SAFE_PATH.fullmatch(path):
            raise SnapshotError(f"{folder / MANIFEST}: lists the impossible file {path!r}; {DAMAGED}")
        if path not in present:
            raise SnapshotError(f"{folder / path}: missing; {DAMAGED}")
        if present[path] != entry["size"]:
            raise SnapshotError(f"{folder / path}: {present[path]} bytes instead of {entry['size']}; {DAMAGED}")
    for path in sorted(present.keys() - files.keys()):
        raise SnapshotError(f"{folder / path}: does not belong to the snapshot; move it away")


def _walk(folder: Path) -> Iterator[tuple[str, int]]:
    """Every file below as (path with /, size); anything that is not a plain file has the size -1."""
    pending = [PurePosixPath()]
    while pending:
        below = pending.pop()
        with os.scandir(folder / below) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(below / entry.name)
                else:
                    plain = entry.is_file(follow_symlinks=False)
                    yield str(below / entry.name), entry.stat(follow_symlinks=False).st_size if plain else -1


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SnapshotError(f"{path}: cannot be read ({error.strerror}); {DAMAGED}") from error


class FileWriter:
    """Writes raw arrays below a folder and remembers their sizes and hashes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, dict[str, Any]] = {}

    def array(self, path: str, values: Array, dtype: str) -> None:
        """Write `values` as little-endian `dtype` ("<i4" ...)."""
        self.bytes(path, np.ascontiguousarray(values, dtype).data.cast("B") if len(values) else b"")

    def texts(self, path: str, texts: pa.Array) -> None:
        """Write a string array (null as empty) as int64 offsets and the bytes."""
        offsets, blob = text_buffers(texts)
        self.array(f"{path}.i8", offsets, "<i8")
        self.bytes(f"{path}.utf8", blob)

    def bytes(self, path: str, content: bytes | memoryview) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self.files[path] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    def manifest(self, manifest: dict[str, Any]) -> None:
        raw = canonical(manifest | {"files": dict(self.files)})
        self.bytes(MANIFEST, raw)
        self.bytes(ID, f"{hashlib.sha256(raw).hexdigest()}\n".encode())

    def sync(self) -> None:
        """Make the folders durable; every file already is."""
        for folder, _, _ in os.walk(self.folder):
            sync_folder(Path(folder))


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def text_buffers(texts: pa.Array) -> tuple[Array, memoryview]:
    """Offsets int64[n + 1] from 0 and the bytes between them."""
    texts = pc.fill_null(texts.cast(pa.large_string()), "")
    if len(texts) == 0:
        return np.zeros(1, np.int64), memoryview(b"")
    _, offsets_buffer, blob = texts.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    content = memoryview(blob)[int(offsets[0]) : int(offsets[-1])] if blob is not None else memoryview(b"")
    return offsets - offsets[0], content
