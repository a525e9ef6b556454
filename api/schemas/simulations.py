"""What if: some parties default."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from api.schemas.common import Answered, AskedPurpose, Closed, Text

MOST_FAILED = 1_000


def _a_number(value: object) -> object:
    """In a body "5" and true are no numbers; 5.0 is one, and whole."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("send a whole number")
    return value


Id = Annotated[Text, Field(min_length=1)]
Whole = Annotated[int, BeforeValidator(_a_number)]


class Simulation(Closed):
    """What is supposed to happen."""

    defaults: list[Id] = Field(min_length=1, max_length=MOST_FAILED, description="Ids of the parties that default.")
    purpose: AskedPurpose = None
    limit: Whole = Field(20, ge=1, le=10_000, description="How many of the most affected to name.")


class Affected(Closed):
    party: str
    before: float = Field(ge=0, le=1)
    after: float = Field(ge=0, le=1)
    rise: float
    level_before: str
    level_after: str


class DefaultScenario(Answered):
    """Who is hit, the hardest hit first; `affected` holds the first `limit` of all `parties` that were asked again."""

    failed: list[str]
    already_bad: list[str]
    parties: int
    raised: int
    more_defaults: float
    affected: list[Affected]
