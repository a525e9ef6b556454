"""The form of a bench's answer."""

from __future__ import annotations

from typing import Any


def row(case: str, ours: float, peer: str, peer_value: float, unit: str) -> dict[str, Any]:
    """One line of the answer; ratio > 1 where we are ahead (less time, less memory)."""
    return {
        "case": case,
        "ours": round(ours, 4),
        "peer": peer,
        "peer_value": round(peer_value, 4),
        "unit": unit,
        "ratio": round(peer_value / ours, 2),
    }
