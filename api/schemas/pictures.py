"""Pictures and what can be added to them."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from api.schemas.common import Cursor, FreshQuery, FreshRequest, Id, Purpose, Text
from service.answers.drawing.pictures import Order
from service.closed import Closed, IsNumber

MOST_DRAWN: Final = 1_000
EARLIEST: Final = 1e11  # seconds before and after 1970


class PictureQuestion(FreshRequest):
    """Which parties a picture shows."""

    parties: list[Id] = Field(min_length=1, max_length=MOST_DRAWN, description="Ids; one that is unknown is said.")
    purpose: Purpose = None


class PastScoresQuestion(Closed):
    """Whose scores to tell, as of when."""

    parties: list[Id] = Field(min_length=1, max_length=MOST_DRAWN, description="Ids; one that is unknown is said.")
    as_of: Annotated[float, Field(ge=-EARLIEST, le=EARLIEST, allow_inf_nan=False), IsNumber] = Field(
        description="A past time, in seconds since 1970."
    )
    purpose: Purpose = None


class ExpansionQuery(FreshQuery):
    """Which parties around one to add to a picture."""

    kind: Text | None = Field(None, description="Only over links of this kind; separate several by commas.")
    order: Order = Field("riskiest", description="Which come first.")
    limit: int = Field(20, ge=1, le=300, description="How many on a page.")
    purpose: Purpose = None
    cursor: Cursor = None
