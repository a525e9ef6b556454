"""Reports sealed for an authority, so that nobody else reads them: hybrid public key encryption (RFC 9180).

The authority makes a key (`openssl genpkey -algorithm X25519 -out authority.pem`) and gives its public half away
(`openssl pkey -in authority.pem -pubout -out authority.pub`). What is sealed to it opens with the private half alone.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from pydantic import ValidationError

from graph.errors import InputError
from service.closed import Closed

SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
INFO: Final = b"kith-sealed-report-1"


class SealedReport(Closed):
    """A sealed report. recipient: SHA-256 (hex) of the public key that it is sealed to; sealed: in base64."""

    format: Literal["kith-sealed-report-1"] = "kith-sealed-report-1"
    suite: Literal["DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305"] = (
        "DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305"
    )
    recipient: str
    sealed: str


def seal(content: bytes, public_key: Path) -> SealedReport:
    """Content that the holder of a key alone can read. Raises InputError for a file that holds no X25519 public key."""
    key = _public_key(public_key)
    sealed = base64.b64encode(SUITE.encrypt(content, key, INFO)).decode()
    return SealedReport(recipient=_digest(key), sealed=sealed)


def unseal(file: Path, private_key: Path) -> bytes:
    """What was sealed. Raises InputError for another key, or content that was changed."""
    try:
        report = SealedReport.model_validate_json(file.read_bytes())
        sealed = base64.b64decode(report.sealed, validate=True)
    except (OSError, ValidationError, ValueError) as error:
        raise InputError(f"{file} is no sealed report; name one that `kith report --sealed` wrote") from error
    key = _private_key(private_key)
    if report.recipient != _digest(key.public_key()):
        raise InputError(f"{file} is sealed to another key than {private_key}")
    try:
        return SUITE.decrypt(sealed, key, INFO)
    except (InvalidTag, ValueError):
        raise InputError(f"{file} was changed since it was sealed") from None


def _public_key(file: Path) -> X25519PublicKey:
    try:
        key = load_pem_public_key(file.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise InputError(f"{file} holds no public key in PEM; ask the authority for one") from error
    if not isinstance(key, X25519PublicKey):
        raise InputError(f"{file} holds a key of another kind than X25519")
    return key


def _private_key(file: Path) -> X25519PrivateKey:
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(f"{file} holds no private key in PEM that opens without a password") from error
    if not isinstance(key, X25519PrivateKey):
        raise InputError(f"{file} holds a key of another kind than X25519")
    return key


def _digest(key: X25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()
