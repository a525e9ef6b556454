"""Search and neighbours."""

from __future__ import annotations

from pydantic import Field

from api.schemas.common import Cursor, Text
from service.closed import Closed


class SearchQuery(Closed):
    """Which parties to find."""

    q: Text = Field("", description="Words of an id or a name, in any order and writing; one typo a word.")
    limit: int = Field(50, ge=1, le=500, description="How many on a page.")
    cursor: Cursor = None


class LinkQuery(Closed):
    """Which links of a party to list."""

    kind: Text | None = Field(None, description="Only links of this kind; separate several by commas.")
    limit: int = Field(100, ge=1, le=1_000, description="How many on a page.")
    cursor: Cursor = None
