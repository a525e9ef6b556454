"""Two parties: relationship risk and paths."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.common import Id, Text, VoiceQuery
from graph.explore.paths import MAX_HOPS
from service.closed import Closed


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


class PathQuery(Closed):
    """Between whom paths are asked for, how long and how many."""

    source: Id = Field(description="Id of the party where paths begin.")
    target: Id = Field(description="Id of the party where they end.")
    kind: Text | None = Field(None, description="Only over links of this kind; separate several by commas.")
    max_hops: int = Field(MAX_HOPS, ge=1, le=MAX_HOPS, description="Links of the longest path.")
    limit: int = Field(3, ge=1, le=10, description="How many paths, the shortest first.")
