"""The signatures of Standard Webhooks: v1 is HMAC-SHA256 with a shared secret, v1a Ed25519 with a key pair.

Source: the specification of Standard Webhooks, sections on signatures and on secrets.
"""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook as Hmac

from service.records.webhooks import Signature, Webhook

SHARED, PRIVATE, PUBLIC = "whsec_", "whsk_", "whpk_"  # how the secrets and public keys begin
SECRET_BYTES: Final = 32


def new_secret(signature: Signature) -> str:
    """A new secret, as the standard writes it."""
    if signature == "v1":
        return SHARED + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    return PRIVATE + base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def public_key(secret: str) -> str | None:
    """What a receiver checks v1a signatures with; None of a shared secret."""
    if not secret.startswith(PRIVATE):
        return None
    return PUBLIC + base64.b64encode(_private(secret).public_key().public_bytes_raw()).decode()


def headers(webhook: Webhook, id: str, now: float, body: str) -> dict[str, str]:
    """The headers of a request: its id, the time in whole seconds, and a signature by each secret that is valid."""
    valid = [webhook.secret]
    if webhook.old_secret is not None and webhook.old_until is not None and now < webhook.old_until:
        valid.append(webhook.old_secret)
    return {
        "webhook-id": id,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": " ".join(_signature(secret, id, int(now), body) for secret in valid),
    }


def _signature(secret: str, id: str, time: int, body: str) -> str:
    if secret.startswith(SHARED):
        signed: str = Hmac(secret).sign(id, datetime.fromtimestamp(time, UTC), body)
        return signed
    return f"v1a,{base64.b64encode(_private(secret).sign(f'{id}.{time}.{body}'.encode())).decode()}"


def _private(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret.removeprefix(PRIVATE)))
