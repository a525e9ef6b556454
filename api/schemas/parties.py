"""Parties: search, record, neighbours."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.common import Closed, Directions, Text


class SearchQuery(Closed):
    q: Text = Field("", description="First letters of an id, or any part of a name; without case.")
    limit: int = Field(50, ge=1, le=500, description="How many on a page.")
    cursor: Text | None = Field(None, description="`next` of the page before.")


class PartySummary(Closed):
    party: str
    kind: str
    name: str | None


class PartyPage(Closed):
    parties: list[PartySummary]
    next: str | None
    snapshot: str


class PartyRecord(Closed):
    party: str
    kind: str
    name: str | None
    implied: bool
    attributes: dict[str, float | str]
    protected_attributes: dict[str, float | str]
    links: dict[str, Directions]
    snapshot: str


class NeighbourQuery(Closed):
    kind: Text | None = Field(None, description="Only links of this kind; separate several by commas.")
    limit: int = Field(100, ge=1, le=1_000, description="How many on a page.")
    cursor: Text | None = Field(None, description="`next` of the page before.")


class NeighbourLink(Closed):
    party: str
    kind: str
    category: str
    direction: Literal["out", "in", "both"]
    weight: float | None
    first: float | None
    last: float | None
    count: int
    amount: float | None
    context: str | None


class NeighbourPage(Closed):
    party: str
    neighbours: list[NeighbourLink]
    counts: dict[str, Directions]
    total: int
    next: str | None
    snapshot: str
