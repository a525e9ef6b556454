"""Pictures and what can be added to them."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from api.schemas.common import Cursor, Id, Purpose, Text
from service.answers.drawing.pictures import Order
from service.closed import Closed

MOST_DRAWN: Final = 1_000


class PictureQuestion(Closed):
    """Which parties a picture shows."""

    parties: list[Id] = Field(min_length=1, max_length=MOST_DRAWN, description="Ids; one that is unknown is said.")
    purpose: Purpose = None


class ExpansionQuery(Closed):
    """Which parties around one to add to a picture."""

    kind: Text | None = Field(None, description="Only over links of this kind; separate several by commas.")
    order: Order = Field("riskiest", description="Which come first.")
    limit: int = Field(20, ge=1, le=300, description="How many on a page.")
    purpose: Purpose = None
    cursor: Cursor = None
