"""What several answers have in common."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.context import serving_context

LONGEST = 1_024  # characters of an id, which has at most so many bytes, or of a search text
Text = Annotated[str, Field(max_length=LONGEST)]


def _purposes(schema: dict[str, Any]) -> None:
    """Describe the purposes that there are where the description is asked for."""
    schema["enum"] = sorted(serving_context().purposes)


AskedPurpose = Annotated[
    Annotated[str, Field(json_schema_extra=_purposes)] | None,
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
