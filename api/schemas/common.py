"""What several questions have in common."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field

from api.context import described_purposes
from service.closed import Closed, IsNumber
from service.wording.reasons import Audience, Language

LONGEST: Final = 1_024  # characters of an id, which has at most so many bytes, or of a search text
MOST_AT_ONCE: Final = 1_000  # parties or pairs in one question
Text = Annotated[str, Field(max_length=LONGEST)]
Id = Annotated[Text, Field(min_length=1)]
Cursor = Annotated[Text | None, Field(description="`next` of the page before.")]


def _purposes(schema: dict[str, Any]) -> None:
    """Describe the purposes that there are where the description is asked for."""
    schema["enum"] = sorted(described_purposes())


Purpose = Annotated[
    Annotated[str, Field(json_schema_extra=_purposes)] | None,
    Field(description="Why it is asked; by default fraud_investigation, or the only purpose that the key has."),
]


LAST_REVISION: Final = 10**18 - 1
AT_LEAST: Final = "Answer from this revision or a later one; 503 where it takes longer than a second."
EXACTLY: Final = "Answer from this revision; 410 where it is not held any more."
Revision = Annotated[int, Field(ge=0, le=LAST_REVISION), IsNumber]


class FreshQuery(Closed):
    """From which revision a question is answered: a question by GET about the network."""

    at_least: int | None = Field(None, ge=0, le=LAST_REVISION, description=AT_LEAST)
    exactly: int | None = Field(None, ge=0, le=LAST_REVISION, description=EXACTLY)


class FreshRequest(Closed):
    """From which revision a question is answered: a question about the network that is sent as a body."""

    at_least: Revision | None = Field(None, description=AT_LEAST)
    exactly: Revision | None = Field(None, description=EXACTLY)


class VoiceQuery(FreshQuery):
    """For which purpose, for whom and in which language an answer is given."""

    purpose: Purpose = None
    audience: Audience | None = Field(None, description="Whom the texts are for; by default the role of the key.")
    language: Language = Field("en", description="Of texts.")
