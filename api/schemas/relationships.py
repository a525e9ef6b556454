"""Two parties: relationship risk and paths."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.common import MOST_AT_ONCE, FreshQuery, FreshRequest, Id, Purpose, Text, VoiceQuery
from graph.explore.paths import MAX_HOPS
from service.closed import Closed, IsNumber
from service.wording.reasons import Audience, Language


class PairQuery(VoiceQuery):
    """Whose dealing with whom is asked about."""

    source: Id = Field(description="Id of the party that deals with the other.")
    target: Id = Field(description="Id of the other.")
    exposure: float | None = Field(None, ge=0, allow_inf_nan=False, description="Amount at stake.")
    recovery: float = Field(
        0.0, ge=0, le=1, allow_inf_nan=False, description="Share of the exposure that comes back after a default."
    )
    include: Literal["contagion"] | None = Field(
        None, description="What the default of the target would do to the source."
    )


class PairItem(Closed):
    """One of several pairs that are asked about."""

    source: Id = Field(description="Id of the party that deals with the other.")
    target: Id = Field(description="Id of the other.")
    exposure: Annotated[float, Field(ge=0, allow_inf_nan=False), IsNumber] | None = Field(
        None, description="Amount at stake."
    )
    recovery: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), IsNumber] = Field(
        0.0, description="Share of the exposure that comes back after a default."
    )


class PairBatchRequest(FreshRequest):
    """Which pairs are asked about, and how."""

    pairs: Annotated[list[PairItem], Field(min_length=1, max_length=MOST_AT_ONCE)] = Field(description="The pairs.")
    purpose: Purpose = None
    include: Literal["contagion"] | None = Field(
        None, description="What the default of each target would do to its source."
    )
    audience: Audience | None = Field(None, description="Whom the texts are for; by default the role of the key.")
    language: Language = Field("en", description="Of texts.")


class PathQuery(FreshQuery):
    """Between whom paths are asked for, how long and how many."""

    source: Id = Field(description="Id of the party where paths begin.")
    target: Id = Field(description="Id of the party where they end.")
    kind: Text | None = Field(None, description="Only over links of this kind; separate several by commas.")
    max_hops: int = Field(MAX_HOPS, ge=1, le=MAX_HOPS, description="Links of the longest path.")
    limit: int = Field(3, ge=1, le=10, description="How many paths, the shortest first.")
