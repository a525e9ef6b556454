"""What several questions have in common."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field

from api.context import serving_context
from service.closed import Closed
from service.wording.reasons import Audience, Language

LONGEST: Final = 1_024  # characters of an id, which has at most so many bytes, or of a search text
Text = Annotated[str, Field(max_length=LONGEST)]
Id = Annotated[Text, Field(min_length=1)]
Cursor = Annotated[Text | None, Field(description="`next` of the page before.")]


def _purposes(schema: dict[str, Any]) -> None:
    """Describe the purposes that there are where the description is asked for."""
    schema["enum"] = sorted(serving_context().purposes)


Purpose = Annotated[
    Annotated[str, Field(json_schema_extra=_purposes)] | None,
    Field(description="Why it is asked; by default fraud_investigation, or the only purpose that the key has."),
]


class VoiceQuery(Closed):
    """For which purpose, for whom and in which language an answer is given."""

    purpose: Purpose = None
    audience: Audience | None = Field(None, description="Whom the texts are for; by default the role of the key.")
    language: Language = Field("en", description="Of texts.")
