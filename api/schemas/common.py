"""What several answers have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from graph.purposes import PURPOSES, purpose_named

LONGEST = 1_024  # characters of an id, which has at most so many bytes, or of a search text
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


class Answered(Closed):
    """What an answer says of itself: what was asked for, and from what it was answered."""

    purpose: str
    policy: str
    snapshot: str
    revision: int
    model: str
    as_of: float | None


class Directions(Closed):
    out: int
    in_: int = Field(alias="in")
