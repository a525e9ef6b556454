"""What if: some parties default or are cured, some links end or begin."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from api.schemas.common import FreshRequest, Id, Purpose
from service.closed import Closed, Whole

MOST_FAILED: Final = 1_000
MOST_CHANGED: Final = 100  # cures, and links that end or begin: each changes features, not known outcomes alone


class LinkToRemove(Closed):
    """All links of a kind from one party to another; of a symmetric kind in both directions."""

    kind: str = Field(min_length=1, max_length=63)
    source: Id
    target: Id


class LinkToAdd(Closed):
    """One more link of a kind that the network has."""

    kind: str = Field(min_length=1, max_length=63)
    source: Id
    target: Id
    amount: float | None = Field(None, ge=0, allow_inf_nan=False, description="What it is of, where that is known.")


class Simulation(FreshRequest):
    """What is supposed to happen, all of it together; where nothing is, nobody is affected."""

    defaults: list[Id] = Field([], max_length=MOST_FAILED, description="Ids of the parties that default.")
    cures: list[Id] = Field([], max_length=MOST_CHANGED, description="Ids of the parties whose defaults are cured.")
    remove: list[LinkToRemove] = Field([], max_length=MOST_CHANGED, description="Links that are not there.")
    add: list[LinkToAdd] = Field([], max_length=MOST_CHANGED, description="Links that there are besides.")
    purpose: Purpose = None
    limit: Whole = Field(20, ge=1, le=10_000, description="How many of the most affected to name.")
