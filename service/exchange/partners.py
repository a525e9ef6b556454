"""With whom files are exchanged: the own signing key, and of each partner its public key and the secret of both.

They lie in `exchange/` in the workspace, for its user alone: `signing.key`, and NAME.json of each partner.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field, ValidationError

from graph.errors import InputError, UsageError
from service.closed import Closed
from service.tenant_file import NAME

FOLDER: Final = "exchange"
KEY_FILE: Final = "signing.key"
SECRET_BYTES: Final = 32


class Partner(Closed):
    """An institution that files are exchanged with. public_key: Ed25519, base64. secret: of both, base64."""

    name: Annotated[str, Field(pattern=NAME)]
    title: Annotated[str, Field(min_length=1, max_length=200)]
    public_key: str
    secret: str

    @property
    def source(self) -> str:
        """The source of the facts that come from it."""
        return f"{FOLDER}:{self.name}"

    def hashed(self, what: str, value: str) -> str:
        """HMAC-SHA256 of an identifier under the secret of both, hex; `what` keeps kinds of identifiers apart."""
        text = f"{what}\0{value}".encode("utf-8", "surrogatepass")
        return hmac.new(_decoded(self.secret, SECRET_BYTES, "secret"), text, hashlib.sha256).hexdigest()


def new_secret() -> str:
    """A secret for two institutions, base64."""
    return base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def own_public_key(home: Path) -> str:
    """The public key of this installation, base64; the pair is made where there is none."""
    return base64.b64encode(_private_key(home).public_key().public_bytes_raw()).decode()


def add_partner(home: Path, partner: Partner) -> None:
    """Keep a partner, in place of what was known of it. Raises UsageError for a key or a secret that is none."""
    _decoded(partner.public_key, 32, "public key")
    _decoded(partner.secret, SECRET_BYTES, "secret")
    _write(_folder(home) / f"{partner.name}.json", json.dumps(partner.to_json(), indent=1).encode())


def partner_named(home: Path, name: str) -> Partner:
    """The partner of that name. Raises UsageError."""
    if re.fullmatch(NAME, name) is None:
        raise UsageError(f"{name!r} names no partner: small letters, digits and -, at most 32")
    try:
        return Partner.model_validate_json((home / FOLDER / f"{name}.json").read_bytes())
    except FileNotFoundError:
        there = ", ".join(sorted(file.stem for file in (home / FOLDER).glob("*.json"))) or "none"
        raise UsageError(f"no partner is called {name}; there are {there}; `kith exchange partner` adds one") from None
    except ValidationError as error:
        raise InputError(f"{home / FOLDER / name}.json: is no partner; add it again") from error


def sign(home: Path, content: bytes) -> str:
    """The signature of this installation, base64."""
    return base64.b64encode(_private_key(home).sign(content)).decode()


def check_signature(public_keys: Iterable[str], content: bytes, signature: str, where: Path) -> None:
    """Raises InputError unless one of the keys signed the content."""
    for key in public_keys:
        try:
            public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
            public.verify(base64.b64decode(signature, validate=True), content)
            return
        except (InvalidSignature, ValueError):
            continue
    raise InputError(f"{where}: not signed by whom it says; nothing was read of it")


def _private_key(home: Path) -> Ed25519PrivateKey:
    file = _folder(home) / KEY_FILE
    if not file.exists():
        _write(file, Ed25519PrivateKey.generate().private_bytes_raw())
    return Ed25519PrivateKey.from_private_bytes(file.read_bytes())


def _folder(home: Path) -> Path:
    folder = home / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _write(file: Path, content: bytes) -> None:
    beside = file.with_name(f".{secrets.token_hex(6)}.{file.name}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(content)
    beside.replace(file)


def _decoded(text: str, length: int, what: str) -> bytes:
    try:
        decoded = base64.b64decode(text, validate=True)
    except ValueError:
        decoded = b""
    if len(decoded) != length:
        raise UsageError(f"this is no {what}: {length} bytes as base64, whole")
    return decoded
