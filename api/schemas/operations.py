"""How the server is, and what went wrong."""

from __future__ import annotations

from pydantic import Field

from api.schemas.common import Closed


class Health(Closed):
    status: str


class Ready(Closed):
    status: str
    snapshot: str
    revision: int
    model: str | None = Field(description="null: the network can be explored, and nothing scored")


class Problem(Closed):
    """Problem details, RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
