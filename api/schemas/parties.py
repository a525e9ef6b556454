"""Search, profiles, neighbours and exports."""

from __future__ import annotations

from pydantic import Field

from api.schemas.common import Cursor, FreshQuery, Purpose, Text, VoiceQuery


class SearchQuery(FreshQuery):
    """Which parties to find."""

    q: Text = Field("", description="Words of an id or a name, in any order and writing; one typo a word.")
    limit: int = Field(50, ge=1, le=500, description="How many on a page.")
    cursor: Cursor = None


class LinkQuery(FreshQuery):
    """Which links of a party to list."""

    kind: Text | None = Field(None, description="Only links of this kind; separate several by commas.")
    limit: int = Field(100, ge=1, le=1_000, description="How many on a page.")
    cursor: Cursor = None


class ProfileQuery(VoiceQuery):
    """For which purpose the score of a profile is, for whom and in which language its reasons are."""


class PartyChangesQuery(FreshQuery):
    """For which purpose the scores before and after are."""

    purpose: Purpose = None


class ExportQuery(FreshQuery):
    """How much of the surroundings of a party to export."""

    hops: int = Field(1, ge=0, le=3, description="Links from the party to the farthest one.")
    kind: Text | None = Field(None, description="Only links of this kind; separate several by commas.")
    limit: int = Field(1_000, ge=1, le=10_000, description="At most so many parties, the nearest.")
