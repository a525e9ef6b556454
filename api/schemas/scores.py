"""Scores of a party, and why."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.common import Answered, AskedPurpose, Closed
from service.wording.reasons import Audience, Language


class VoiceQuery(Closed):
    purpose: AskedPurpose = None
    audience: Audience | None = Field(None, description="Whom reasons are told to; by default the role of the key.")
    language: Language = Field("en", description="Of texts.")


class ScoreQuery(VoiceQuery):
    include: Literal["reasons"] | None = Field(None, description="Why the score is what it is.")


class Linked(Closed):
    id: str
    name: str | None
    links: int
    known_bad: bool
    kinds: list[str]
    via: list[str]


class Evidence(Closed):
    """What lies behind a reason; `strongest` is told to investigators alone."""

    parties: int
    known_bad: int
    known_good: int
    strongest: list[Linked]
    negative: int
    received: int


class AttributeEffect(Closed):
    attribute: str
    points: float


class Reason(Closed):
    code: str
    points: float | None
    text: str
    evidence: Evidence | None
    attributes: list[AttributeEffect]
    capped: float | None


class Score(Answered):
    party: str
    score: int | None = Field(ge=350, le=950)
    probability: float | None = Field(ge=0, le=1)
    interval: tuple[float, float] | None
    level: Literal["low", "medium", "high", "very_high", "not_assessed"] | None
    approved: bool | None
    warnings: list[str]
    review: bool
    receipt: str
    audience: Audience | None
    language: Language | None
    reasons: list[Reason] | None


class Effect(Closed):
    """What relationships do to a score: `points` would go without them. `party` and `via` for investigators alone."""

    party: str | None
    via: list[str]
    kinds: list[str]
    shared: bool
    links: int
    log_odds: float
    points: float
    text: str


class Removals(Closed):
    """Effects found by removing relationships for real; of `candidates` parties `tried` were tried."""

    tried: int
    candidates: int
    parties: list[Effect]
    relationships: list[Effect]


class Change(Closed):
    code: str
    kind: str | None
    times: int | None
    party: str | None


class Counterfactual(Closed):
    """Changes after which the party has this level and score, found by recomputation."""

    changes: list[Change]
    cost: float
    level: str
    score: int
    text: str


class Explanation(Closed):
    party: str
    purpose: str
    audience: Audience
    language: Language
    base: float | None
    contributions: dict[str, float]
    log_odds: float | None
    uncapped_log_odds: float | None
    base_score: float | None
    points: dict[str, float]
    capped_points: float
    score: Score
    reasons: list[Reason]
    removals: Removals
    counterfactuals: list[Counterfactual]
