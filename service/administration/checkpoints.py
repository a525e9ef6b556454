"""Signed checkpoints of the access log: its head at a time, with an Ed25519 signature, to be kept elsewhere.

Whoever can rewrite the whole log, its head too, cannot rewrite a checkpoint that lies outside: the log has to run
through it. The signature says that this installation made it, so that nobody can put another in its place.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import ValidationError

from graph.errors import InputError, UsageError
from service.closed import Closed
from service.records.audit import Head

KEY_FILE: Final = "audit.key"  # in the folder of the installation, for its user alone
SCHEME: Final = "kith-audit-checkpoint-1"


class Checkpoint(Closed):
    """The head of the access log at a time (seconds since 1970); public_key and signature: Ed25519, base64."""

    scheme: str
    lines: int
    digest: str
    time: float
    public_key: str
    signature: str

    @property
    def head(self) -> Head:
        """The head that the log has to run through."""
        return Head(self.lines, self.digest)

    def signed(self) -> bytes:
        """What the signature is of."""
        said = {"scheme": self.scheme, "lines": self.lines, "digest": self.digest, "time": self.time}
        return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def make_checkpoint(home: Path, head: Head, now: float) -> Checkpoint:
    """A checkpoint of this head, signed with the key of the installation, which is made where there is none."""
    key = _private_key(home)
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    unsigned = Checkpoint(
        scheme=SCHEME, lines=head.number, digest=head.digest, time=now, public_key=public, signature=""
    )
    signature = base64.b64encode(key.sign(unsigned.signed())).decode()
    return unsigned.model_copy(update={"signature": signature})


def write_checkpoint(file: Path, checkpoint: Checkpoint, home: Path) -> None:
    """Write a checkpoint to a new file outside of the installation. Raises UsageError, InputError."""
    if file.resolve().is_relative_to(home.resolve()):
        raise UsageError(f"{file} lies in {home}: whoever changes the log there changes it too; write it elsewhere")
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(json.dumps(checkpoint.to_json(), indent=2) + "\n")
    except FileExistsError:
        raise UsageError(f"{file} is there already; a checkpoint is never replaced, so name another") from None
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror or error}") from error


def read_checkpoint(file: Path, public_key: str | None, home: Path) -> Checkpoint:
    """The checkpoint of a file, its signature checked with a public key (None: with that of the installation).

    Raises InputError for a file that is none or was changed, UsageError where there is no key to check it with.
    """
    try:
        checkpoint = Checkpoint.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise InputError(f"{file} is no checkpoint; name one that `kith audit checkpoint` wrote") from error
    expected = public_key or _known_public_key(home)
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(expected, validate=True))
        key.verify(base64.b64decode(checkpoint.signature), checkpoint.signed())
    except (InvalidSignature, ValueError):
        raise InputError(f"{file} was not signed with the key {expected}, or was changed since") from None
    return checkpoint


def _known_public_key(home: Path) -> str:
    file = home / KEY_FILE
    if not file.exists():
        raise UsageError(f"{home} has no key to check a checkpoint with; name the public key that it was printed with")
    return base64.b64encode(_private_key(home).public_key().public_bytes_raw()).decode()


def _private_key(home: Path) -> Ed25519PrivateKey:
    """The signing key of the installation, made where there is none. Raises InputError for a damaged one."""
    file = home / KEY_FILE
    try:
        with file.open("xb") as made:
            file.chmod(0o600)
            made.write(base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()))
    except FileExistsError:
        pass
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror or error}") from error
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(file.read_bytes(), validate=True))
    except (OSError, ValueError) as error:
        raise InputError(f"{file} is no signing key; put it back, or move it away for a new one") from error
