"""Credit lines, and how defaults spread over a book of them."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from api.schemas.common import Id, Purpose
from service.closed import Closed, IsNumber, Whole
from service.credit.book import CONVERSION, LOSS_GIVEN_DEFAULT

MOST_DEFAULTS: Final = 1_000
MOST_LINES: Final = 10_000
CONVERTED: Final = "Share of what is not drawn that is by the time of a default."
LOST: Final = "Share of an exposure that is lost."
Share = Annotated[float, Field(ge=0, le=1), IsNumber]


class CreditLineQuery(Closed):
    """Which credit lines to list."""

    party: Id | None = Field(None, description="Only lines of this party.")
    lender: Id | None = Field(None, description="Only lines of this lender.")
    at: float | None = Field(None, allow_inf_nan=False, description="As of a time, seconds since 1970.")
    conversion: float = Field(CONVERSION, ge=0, le=1, description=CONVERTED)
    loss: float = Field(LOSS_GIVEN_DEFAULT, ge=0, le=1, description=LOST)
    purpose: Purpose = None
    limit: int = Field(100, ge=1, le=MOST_LINES, description="How many lines to list; the sums are over all.")


class BookContagion(Closed):
    """Who defaults, and what guarantors can pay."""

    defaults: list[Id] = Field(min_length=1, max_length=MOST_DEFAULTS, description="Ids of the parties that default.")
    lender: Id | None = Field(None, description="Only lines of this lender are in the book.")
    capacity: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="Attribute of what a party can pay; left out: none fails by calls.",
    )
    conversion: Share = Field(CONVERSION, description=CONVERTED)
    loss: Share = Field(LOSS_GIVEN_DEFAULT, description=LOST)
    purpose: Purpose = None
    limit: Whole = Field(100, ge=1, le=MOST_LINES, description="How many of the lines that it moves most to list.")
