"""Scores of parties, and replays of answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.common import AT_LEAST, LONGEST, MOST_AT_ONCE, FreshRequest, Id, Purpose, Revision, VoiceQuery
from graph.errors import UsageError
from service.answers.applicants.applicant import Applicant
from service.closed import Closed, IsNumber
from service.wording.reasons import Audience, Language

LOWEST, HIGHEST = 350, 950
THRESHOLD = "A score from which `approved` is true, for a purpose without a threshold of its own."
INCLUDE = "Why the score is what it is."


class ScoreQuery(VoiceQuery):
    """How a score is asked for."""

    include: Literal["reasons"] | None = Field(None, description=INCLUDE)
    threshold: int | None = Field(None, ge=LOWEST, le=HIGHEST, description=THRESHOLD)


class ScoreBatchRequest(FreshRequest):
    """Whose scores are asked for, and how."""

    parties: Annotated[list[Id | Applicant], Field(min_length=1, max_length=MOST_AT_ONCE)] = Field(
        description="Ids of parties, and applicants: parties that are not in the network, of whom nothing is stored."
    )
    purpose: Purpose = None
    include: Literal["reasons"] | None = Field(None, description=INCLUDE)
    threshold: Annotated[int, Field(ge=LOWEST, le=HIGHEST), IsNumber] | None = Field(None, description=THRESHOLD)
    audience: Audience | None = Field(None, description="Whom the texts are for; by default the role of the key.")
    language: Language = Field("en", description="Of texts.")


class ScoreFileRequest(Closed):
    """Whose scores to write into a file, and in which form."""

    parties: Annotated[list[Id], Field(min_length=1)] | None = Field(
        None, description="Ids of parties, in the order of the file; without them every party is scored."
    )
    purpose: Purpose = None
    form: Literal["csv", "parquet", "jsonl"] = Field("csv", description="jsonl: one JSON object a line.")
    at_least: Revision | None = Field(None, description=AT_LEAST)


class ReplayRequest(Closed):
    """Which answer to give again."""

    receipt: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] = Field(description="The receipt of the answer.")
    applicant: Applicant | None = Field(None, description="Whom it was about, as it was described in the question.")


def possible_id(id: str) -> str:
    """An id that a party may have. Raises UsageError for one that is too long."""
    if len(id) > LONGEST:
        raise UsageError(f"an id has at most {LONGEST:,} characters")
    return id
