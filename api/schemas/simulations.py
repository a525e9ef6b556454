"""What if: some parties default."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from api.schemas.common import Id, Purpose
from service.closed import Closed, Whole

MOST_FAILED: Final = 1_000


class Simulation(Closed):
    """What is supposed to happen."""

    defaults: list[Id] = Field(min_length=1, max_length=MOST_FAILED, description="Ids of the parties that default.")
    purpose: Purpose = None
    limit: Whole = Field(20, ge=1, le=10_000, description="How many of the most affected to name.")
