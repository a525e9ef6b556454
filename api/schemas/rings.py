"""Rings."""

from __future__ import annotations

from pydantic import Field

from api.schemas.common import Cursor, FreshQuery, Id
from service.wording.reasons import Language


class RingQuery(FreshQuery):
    """Which rings to list."""

    party: Id | None = Field(None, description="Only rings that this party is a member of.")
    limit: int = Field(50, ge=1, le=500, description="How many on a page.")
    cursor: Cursor = None
    language: Language = Field("en", description="Of texts.")


class RingComparisonQuery(FreshQuery):
    """Which two rings to compare, by the names that /v1/rings gives."""

    ring: Id = Field(description="A ring.")
    other: Id = Field(description="Another one.")
    language: Language = Field("en", description="Of texts.")
