"""A folder of an exchange: numbered parts, a manifest with the SHA-256 of each, and a signature of the manifest.

A part is written once, whole, and never again, so that work which was stopped goes on after the last one. The manifest
says which parts there are of how many: it is signed anew with every part that is added.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import ValidationError

from graph.errors import InputError, UsageError
from service.closed import Closed
from service.exchange.partners import check_signature, sign

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
FORMAT: Final = 1


class Part(Closed):
    """A part: its number, lines and the SHA-256 of its file."""

    number: int
    lines: int
    sha256: str


class Manifest(Closed):
    """What a folder holds. of: SHA-256 of the manifest of the question that it answers, None for a question.

    sender, recipient: how the sender calls itself and whom it is for. parts: those that are there, of `total`.
    """

    format: int = FORMAT
    kind: Literal["question", "answer"]
    sender: str
    recipient: str
    purpose: str
    by: tuple[str, ...]
    made: float
    of: str | None
    total: int
    parts: tuple[Part, ...]

    @property
    def missing(self) -> list[int]:
        """The numbers of parts that are not there."""
        return sorted(set(range(self.total)) - {part.number for part in self.parts})


def part_file(folder: Path, number: int) -> Path:
    """Where a part lies."""
    return folder / f"part-{number:05d}.jsonl"


def write_part(folder: Path, number: int, rows: Iterable[Mapping[str, Any]]) -> Part:
    """Write a part, or leave it as it is where it was written before."""
    file = part_file(folder, number)
    if not file.exists():
        text = "".join(json.dumps(row, sort_keys=True, separators=(",", ":")) + "\n" for row in rows)
        _put(file, text.encode())
    content = file.read_bytes()
    return Part(number=number, lines=content.count(b"\n"), sha256=hashlib.sha256(content).hexdigest())


def write_manifest(home: Path, folder: Path, manifest: Manifest) -> None:
    """Write and sign the manifest, in place of an earlier one."""
    content = json.dumps(manifest.to_json(), indent=1, sort_keys=True).encode()
    _put(folder / SIGNATURE, sign(home, content).encode())
    _put(folder / MANIFEST, content)


def read_manifest(folder: Path, public_keys: Iterable[str]) -> tuple[Manifest, str]:
    """The manifest of a folder that one of these signed, and its SHA-256. Raises InputError."""
    try:
        content, signature = (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{folder}: holds no {MANIFEST} with its {SIGNATURE}") from error
    check_signature(public_keys, content, signature, folder / MANIFEST)
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        raise InputError(f"{folder / MANIFEST}: is no manifest of an exchange") from error
    if manifest.format != FORMAT:
        raise InputError(f"{folder / MANIFEST}: format {manifest.format}, and this Kith reads {FORMAT}")
    return manifest, hashlib.sha256(content).hexdigest()


def read_part(folder: Path, part: Part) -> Iterator[dict[str, Any]]:
    """The lines of a part. Raises InputError where its bytes are not those of the manifest."""
    file = part_file(folder, part.number)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file}: is missing, and the manifest names it") from error
    if hashlib.sha256(content).hexdigest() != part.sha256:
        raise InputError(f"{file}: its bytes differ from the manifest")
    for line in content.splitlines():
        yield json.loads(line)


def new_folder(folder: Path) -> Path:
    """A folder to write into, made if it is missing. Raises UsageError for one of something else."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    foreign = [path.name for path in folder.iterdir() if not path.name.startswith(("part-", "manifest.", "."))]
    if foreign:
        raise UsageError(f"{folder} holds {foreign[0]}, which is of no exchange; name another folder")
    return folder


def _put(file: Path, content: bytes) -> None:
    beside = file.with_name(f".{secrets.token_hex(6)}.part")
    beside.write_bytes(content)
    beside.replace(file)
