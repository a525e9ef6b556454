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
    snapshot: str | None = Field(description="null: of several institutions, asked without a key")
    revision: int | None = Field(description="null: of several institutions, asked without a key")
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


class SessionAnswer(Closed):
    """Who is signed in to the workbench, what their key may ask, and from what is answered.

    key: the public prefix of the key. idle_seconds: after how long without a request the session ends.
    """

    open: bool
    person: str
    role: Literal["investigator", "admin"]
    purposes: tuple[str, ...]
    key: str
    idle_seconds: float
    snapshot: str
    revision: int
    as_of: float | None
    can_score: bool
