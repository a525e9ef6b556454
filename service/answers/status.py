"""How the server is: whether it lives, and from what it answers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from service.closed import Closed
from service.context import ServingContext


class Health(Closed):
    """That the process answers."""

    status: Literal["ok"] = "ok"


class Readiness(Closed):
    """That the process can answer, and from what."""

    status: Literal["ready"] = "ready"
    snapshot: str
    revision: int
    model: str | None = Field(description="null: the network can be explored, and nothing scored")
    engine: str


def readiness(context: ServingContext) -> Readiness:
    """What this process answers from."""
    return Readiness(
        snapshot=context.snapshot.id,
        revision=context.snapshot.revision,
        model=context.model_id if context.can_score else None,
        engine=context.engine,
    )
