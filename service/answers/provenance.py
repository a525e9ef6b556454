"""What every answer that a model gives says of itself: what was asked for, and from what it was answered."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from graph.purposes import Purpose
from service.context import ServingContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The purpose with the hash of its rules (`policy`), the snapshot with its revision and time, and the model."""

    purpose: str
    policy: str
    snapshot: str
    revision: int
    model: str
    as_of: float | None

    def to_json(self) -> dict[str, Any]:
        """The JSON object of the answer."""
        return asdict(self)


def provenance(state: ServingContext, purpose: Purpose) -> dict[str, Any]:
    """The fields of `Answer`, for an answer from this state. Raises NoModel."""
    return {
        "purpose": purpose.name,
        "policy": purpose.policy(),
        "snapshot": state.snapshot.id,
        "revision": state.snapshot.revision,
        "model": state.model_id,
        "as_of": state.snapshot.as_of,
    }
