"""The bytes of an answer: what is sent over HTTP, what a receipt is the digest of, and what a replay has to give again.

Nothing of a single request, such as its id, stands in an answer, so the same question has the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

from service.closed import Closed

LATER: Final = "statements"  # of an answer: those of parties, which are no part of what is given again
_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical_bytes(answer: Closed) -> bytes:
    """The JSON of an answer: keys sorted, no spaces, everything beyond ASCII escaped."""
    return _encoded(answer.to_json())


def canonical_list(name: str, answers: Sequence[bytes]) -> bytes:
    """The canonical JSON of an object whose one field `name` is a list of answers, of each its canonical bytes."""
    return b"{%s:[%s]}" % (json.dumps(name).encode(), b",".join(answers))


def receipt_of(answer: Closed) -> str:
    """SHA-256, hex, of the canonical JSON of an answer without its field `receipt`, and without what may come later."""
    content = answer.to_json()
    del content["receipt"]
    content.pop(LATER, None)
    return sha256(_encoded(content))


def sha256(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def _encoded(content: dict[str, Any]) -> bytes:
    return _ENCODER.encode(content).encode()
