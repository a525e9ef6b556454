"""The folder of a snapshot: its manifest and its files, checked, mapped and written."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph import leases
from graph.errors import SnapshotError

FORMAT: Final = "kith-snapshot"
VERSION: Final = 4
MANIFEST: Final = "manifest.json"
ID: Final = "id"

_SAFE_PATH: Final = re.compile(r"[A-Za-z0-9_]+(/[A-Za-z0-9_]+){0,2}\.(i8|i4|f8|f4|u1|utf8|json)")
_MAPPED_FROM: Final = 1 << 16  # bytes; a mapped file is an open one, of which a process may have a thousand
_DTYPES: Final = {"i8": "<i8", "i4": "<i4", "f8": "<f8", "f4": "<f4", "u1": "|u1", "utf8": "|u1"}
BUILD_AGAIN: Final = "build the snapshot again with `kith snapshot`"

Array = npt.NDArray[Any]


def canonical_json(value: Any) -> bytes:
    """The JSON of a value with sorted keys, no spaces and raw UTF-8, so that equal values have equal bytes.

    >>> canonical_json({"b": 1, "a": "é"}).decode()
    '{"a":"é","b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


class MappedFiles:
    """The files of one folder, checked against the manifest; large ones are mapped on demand, small ones read."""

    def __init__(self, folder: Path, sizes: Mapping[str, int]) -> None:
        self.folder = folder
        self._sizes = sizes

    @property
    def paths(self) -> list[str]:
        """The paths of all files, ascending."""
        return sorted(self._sizes)

    def array(self, path: str, length: int | None = None) -> Array:
        """The file `path` as a read-only array of the type of its suffix.

        length: number of elements to check the file's size by, where it is known.

        Raises SnapshotError.
        """
        dtype = np.dtype(_DTYPES[path.rsplit(".", 1)[1]])
        if path not in self._sizes:
            raise SnapshotError(f"{self.folder / path}: the manifest does not list it; {BUILD_AGAIN}")
        size = self._sizes[path]
        if size % dtype.itemsize or (length is not None and size != length * dtype.itemsize):
            raise SnapshotError(f"{self.folder / path}: {size} bytes do not fit the manifest's counts; {BUILD_AGAIN}")
        get = _mapped if size >= _MAPPED_FROM else _read
        try:
            return get(self.folder / path, size, dtype)
        except (OSError, ValueError) as error:
            raise SnapshotError(f"{self.folder / path}: cannot be read ({error}); {BUILD_AGAIN}") from error

    def texts(self, path: str) -> tuple[Array, memoryview]:
        """Offsets and blob of texts: text i is blob[offsets[i]:offsets[i + 1]].

        Raises SnapshotError.
        """
        return self.array(f"{path}.i8"), self.array(f"{path}.utf8").data


def _mapped(file: Path, size: int, dtype: np.dtype[Any]) -> Array:
    mapped = np.memmap(file, dtype=dtype, mode="r", shape=(size // dtype.itemsize,))
    leases.hold(file, mapped)
    return np.asarray(mapped)


def _read(file: Path, size: int, dtype: np.dtype[Any]) -> Array:
    values = np.frombuffer(file.read_bytes(), dtype)
    if values.nbytes != size:
        raise ValueError(f"{values.nbytes} bytes instead of {size}")
    return values


def read_manifest(folder: Path) -> tuple[dict[str, Any], str]:
    """The manifest of a snapshot's folder and its SHA-256.

    Raises SnapshotError where it is missing, changed, or not of a snapshot of this version.
    """
    try:
        raw, id = (folder / MANIFEST).read_bytes(), (folder / ID).read_bytes()
    except OSError as error:
        missing = error.filename or folder
        raise SnapshotError(f"{missing}: cannot be read ({error.strerror}); is {folder} a snapshot?") from error
    actual = hashlib.sha256(raw).hexdigest()
    if id != f"{actual}\n".encode():
        raise SnapshotError(f"{folder / MANIFEST}: it does not match the file `{ID}` beside it; {BUILD_AGAIN}")
    try:
        manifest = json.loads(raw)
    except ValueError as error:
        raise SnapshotError(f"{folder / MANIFEST}: not JSON; {BUILD_AGAIN}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise SnapshotError(f"{folder / MANIFEST}: not the manifest of a Kith snapshot")
    if manifest.get("version") != VERSION:
        raise SnapshotError(
            f"{folder / MANIFEST}: format version {manifest.get('version')!r}, this Kith reads {VERSION}; {BUILD_AGAIN}"
        )
    return manifest, actual


def check_files(folder: Path, files: Mapping[str, Any]) -> None:
    """Check that a folder has exactly the files of a manifest, each with its size.

    Raises SnapshotError naming the first file that does not fit.
    """
    present = {path: size for path, size in _walk(folder) if path not in (MANIFEST, ID)}
    for path, entry in sorted(files.items()):
        if not _SAFE_PATH.fullmatch(path):
            raise SnapshotError(f"{folder / MANIFEST}: lists the impossible file {path!r}; {BUILD_AGAIN}")
        if path not in present:
            raise SnapshotError(f"{folder / path}: missing; {BUILD_AGAIN}")
        if present[path] != entry["size"]:
            raise SnapshotError(f"{folder / path}: {present[path]} bytes instead of {entry['size']}; {BUILD_AGAIN}")
    for path in sorted(present.keys() - files.keys()):
        raise SnapshotError(f"{folder / path}: does not belong to the snapshot; move it away")


def _walk(folder: Path) -> Iterator[tuple[str, int]]:
    """Every file of a folder as (path with /, size in bytes); what is not a plain file has the size -1."""
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
    """SHA-256 of a file, in hex.

    Raises SnapshotError where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SnapshotError(f"{path}: cannot be read ({error.strerror}); {BUILD_AGAIN}") from error


class FileWriter:
    """Writes files below a folder and collects their sizes and hashes in `files`, for the manifest.

    durable: whether each file is on the disk when it is written; one that is gone after a crash may not be.
    """

    def __init__(self, folder: Path, durable: bool = True) -> None:
        self.folder = folder
        self.durable = durable
        self.files: dict[str, dict[str, Any]] = {}

    def array(self, path: str, values: Array, dtype: str) -> None:
        """Write values as a little-endian array of `dtype`, such as "<i4"."""
        self.bytes(path, np.ascontiguousarray(values, dtype).data.cast("B") if len(values) else b"")

    def blocks(self, path: str, blocks: Iterable[Array], dtype: str) -> None:
        """Write arrays one after the other, as one array of `dtype` that need not fit into memory."""
        target, digest, size = self.folder / path, hashlib.sha256(), 0
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            for block in blocks:
                if block.size:
                    content = np.ascontiguousarray(block, dtype).data.cast("B")
                    digest.update(content)
                    size += file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self.files[path] = {"size": size, "sha256": digest.hexdigest()}

    def texts(self, path: str, texts: pa.Array) -> None:
        """Write a string array (null as empty) as int64 offsets and a blob."""
        offsets, blob = text_buffers(texts)
        self.array(f"{path}.i8", offsets, "<i8")
        self.bytes(f"{path}.utf8", blob)

    def bytes(self, path: str, content: bytes | memoryview) -> None:
        """Write raw bytes."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            file.write(content)
            file.flush()
            if self.durable:
                os.fsync(file.fileno())
        self.files[path] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    def share(self, folder: Path, files: Mapping[str, dict[str, Any]]) -> None:
        """Take these files of another folder on the same disk as they are, by hard links."""
        for path, entry in files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            os.link(folder / path, self.folder / path)
            self.files[path] = entry

    def manifest(self, manifest: dict[str, Any]) -> None:
        """Write the manifest with the entries of all files written so far, and its SHA-256."""
        raw = canonical_json(manifest | {"files": dict(self.files)})
        self.bytes(MANIFEST, raw)
        self.bytes(ID, f"{hashlib.sha256(raw).hexdigest()}\n".encode())

    def sync(self) -> None:
        """Make the entries of all folders durable, as the contents of all files are already."""
        for folder, _, _ in os.walk(self.folder):
            sync_folder(Path(folder))


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder durable (fsync)."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def text_buffers(texts: pa.Array) -> tuple[Array, memoryview]:
    """Offsets int64[n + 1] and blob of n texts, null as empty."""
    texts = pc.fill_null(texts.cast(pa.large_string()), "")
    if len(texts) == 0:
        return np.zeros(1, np.int64), memoryview(b"")
    _, offsets_buffer, blob = texts.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    content = memoryview(blob)[int(offsets[0]) : int(offsets[-1])] if blob is not None else memoryview(b"")
    return offsets - offsets[0], content
