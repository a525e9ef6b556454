"""Headers of every answer, those of the gateway too."""

from __future__ import annotations

from typing import Final

SAFE: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"}
