"""Rings."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.common import Closed, Text
from service.wording.reasons import Language


class RingQuery(Closed):
    party: Text | None = Field(None, min_length=1, description="Only rings that this party is a member of.")
    limit: int = Field(50, ge=1, le=500, description="How many on a page.")
    cursor: Text | None = Field(None, description="`next` of the page before.")
    language: Language = Field("en", description="Of texts.")


class RingMember(Closed):
    party: str
    role: Literal["hub", "bridge", "feeder", "collector", "member"]


class RingEvidence(Closed):
    kind: Literal["shared_identifiers", "money_circle", "guarantee_loop", "burst"]
    strength: float = Field(ge=0, le=12, description="Minus log10 of how many such groups chance would make.")
    text: str
    figures: dict[str, int | float | None]
    identifiers: list[str]


class Ring(Closed):
    ring: str
    kind: Literal["shared_identifiers", "money_circle", "guarantee_loop", "burst", "mixed"]
    level: Literal["low", "medium", "high", "very_high"]
    strength: float
    members: list[RingMember]
    evidence: list[RingEvidence]


class RingPage(Closed):
    rings: list[Ring]
    total: int
    next: str | None
    snapshot: str
