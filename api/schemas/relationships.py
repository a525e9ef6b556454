"""Two parties: relationship risk and paths."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.common import Answered, Closed, Directions, Text
from api.schemas.scores import VoiceQuery
from graph.explore.paths import MAX_HOPS
from service.wording.reasons import Audience, Language


class PairQuery(VoiceQuery):
    source: Text = Field(min_length=1, description="Id of the party that deals with the other.")
    target: Text = Field(min_length=1, description="Id of the other.")
    exposure: float | None = Field(None, ge=0, allow_inf_nan=False, description="Amount at stake.")
    include: Literal["contagion"] | None = Field(
        None, description="What the default of the target would do to the source."
    )


class CodedText(Closed):
    code: str
    text: str


class Ground(Closed):
    code: str
    count: int = Field(ge=0)
    mean: float | None = Field(ge=-1, le=1)
    text: str


class RelationshipRisk(Answered):
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
    shared: int = Field(ge=0, description="How many identifiers both use.")
    shared_identifiers: list[str] = Field(description="Which; told to investigators alone.")
    links: dict[str, Directions]
    level: str
    audience: Audience
    language: Language
    reasons: list[CodedText]


class PathQuery(Closed):
    source: Text = Field(min_length=1, description="Id of the party where paths begin.")
    target: Text = Field(min_length=1, description="Id of the party where they end.")
    max_hops: int = Field(MAX_HOPS, ge=1, le=MAX_HOPS, description="Links of the longest path.")
    limit: int = Field(3, ge=1, le=10, description="How many paths, the shortest first.")


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
