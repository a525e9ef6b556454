"""The shapes of questions and answers over HTTP: closed pydantic models, from which the OpenAPI description is made."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from graph.explore import MAX_HOPS
from graph.purposes import PURPOSES, purpose_named
from service.reason_words import Audience, Language

LONGEST = 1_000  # characters of an id or a search text
Text = Annotated[str, Field(max_length=LONGEST)]
PurposeName = Annotated[
    str, AfterValidator(lambda name: purpose_named(name).name), Field(json_schema_extra={"enum": sorted(PURPOSES)})
]


AskedPurpose = Annotated[
    PurposeName | None,
    Field(description="Why it is asked; by default fraud_investigation, or the only purpose that the key has."),
]


class Closed(BaseModel):
    """A model that refuses what it does not know."""

    model_config = ConfigDict(extra="forbid")


class SearchQuery(Closed):
    q: Text = Field("", description="First letters of an id, or any part of a name; without case.")
    limit: int = Field(50, ge=1, le=500)
    cursor: Text | None = Field(None, description="`next` of the page before.")


class VoiceQuery(Closed):
    purpose: AskedPurpose = None
    audience: Audience | None = Field(None, description="Whom reasons are told to; by default the role of the key.")
    language: Language = "en"


class ScoreQuery(VoiceQuery):
    include: Literal["reasons"] | None = None


class NeighbourQuery(Closed):
    kind: Text | None = Field(None, description="Only links of this kind; separate several by commas.")
    limit: int = Field(100, ge=1, le=1_000)
    cursor: Text | None = Field(None, description="`next` of the page before.")


class PairQuery(Closed):
    source: Text = Field(min_length=1)
    target: Text = Field(min_length=1)
    purpose: AskedPurpose = None
    exposure: float | None = Field(None, ge=0, allow_inf_nan=False, description="Amount at stake.")
    include: Literal["contagion"] | None = None


class PathQuery(Closed):
    source: Text = Field(min_length=1)
    target: Text = Field(min_length=1)
    max_hops: int = Field(MAX_HOPS, ge=1, le=MAX_HOPS)
    limit: int = Field(3, ge=1, le=10)


class RingQuery(Closed):
    party: Text | None = Field(None, min_length=1, description="Only rings that this party is a member of.")
    limit: int = Field(50, ge=1, le=500)
    cursor: Text | None = Field(None, description="`next` of the page before.")


class Directions(Closed):
    out: int
    in_: int = Field(alias="in")


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


class Score(Closed):
    party: str
    score: int | None = Field(ge=350, le=950)
    probability: float | None = Field(ge=0, le=1)
    interval: tuple[float, float] | None
    level: Literal["low", "medium", "high", "very_high", "not_assessed"] | None
    approved: bool | None
    warnings: list[str]
    purpose: str
    review: bool
    snapshot: str
    revision: int
    model: str
    policy: str
    as_of: float | None
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
    base: float
    contributions: dict[str, float]
    log_odds: float
    uncapped_log_odds: float
    base_score: float
    points: dict[str, float]
    capped_points: float
    score: Score
    reasons: list[Reason]
    removals: Removals
    counterfactuals: list[Counterfactual]


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


class CodedText(Closed):
    code: str
    text: str


class Ground(Closed):
    code: str
    count: int = Field(ge=0)
    mean: float | None = Field(ge=-1, le=1)
    text: str


class RelationshipRisk(Closed):
    source: str
    target: str
    trust: float | None = Field(ge=-1, le=1)
    trust_back: float | None = Field(ge=-1, le=1)
    trust_positive: float | None = Field(ge=0, le=1)
    trust_back_positive: float | None = Field(ge=0, le=1)
    grounds: list[Ground]
    grounds_back: list[Ground]
    source_probability: float | None
    target_probability: float | None
    source_level: str | None
    target_level: str | None
    contagion: float | None
    exposure: float | None
    expected_loss: float | None
    shared_identifiers: list[str]
    links: dict[str, Directions]
    level: str
    reasons: list[CodedText]
    purpose: str
    policy: str
    snapshot: str
    revision: int
    model: str
    as_of: float | None


class StepKind(Closed):
    kind: str
    category: str
    out_links: int
    in_links: int


class Step(Closed):
    source: str
    target: str
    kinds: list[StepKind]


class Path(Closed):
    hops: int
    parties: list[str]
    steps: list[Step]


class PathList(Closed):
    source: str
    target: str
    max_hops: int
    paths: list[Path]
    snapshot: str


class RingMember(Closed):
    party: str
    role: Literal["hub", "bridge", "feeder", "collector", "member"]


class RingEvidence(Closed):
    kind: Literal["shared_identifiers", "money_circle", "guarantee_loop", "burst"]
    strength: float = Field(ge=0, le=12, description="Minus log10 of how many such groups chance would make.")
    text: str
    figures: dict[str, float | None]
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
