"""What if: some parties default."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from api.schemas.common import Id, Purpose
from service.closed import Closed

MOST_FAILED: Final = 1_000


def _number(value: object) -> object:
    """The value, if it is a number in JSON: "5" and true are none, 5.0 is one and whole."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("send a whole number")
    return value


class Simulation(Closed):
    """What is supposed to happen."""

    defaults: list[Id] = Field(min_length=1, max_length=MOST_FAILED, description="Ids of the parties that default.")
    purpose: Purpose = None
    limit: Annotated[int, BeforeValidator(_number)] = Field(
        20, ge=1, le=10_000, description="How many of the most affected to name."
    )
