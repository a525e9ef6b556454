"""Rings."""

from __future__ import annotations

from pydantic import Field

from api.schemas.common import Cursor, Id
from service.closed import Closed
from service.wording.reasons import Language


class RingQuery(Closed):
    """Which rings to list."""

    party: Id | None = Field(None, description="Only rings that this party is a member of.")
    limit: int = Field(50, ge=1, le=500, description="How many on a page.")
    cursor: Cursor = None
    language: Language = Field("en", description="Of texts.")
