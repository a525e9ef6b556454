"""Scores of a party."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.common import VoiceQuery


class ScoreQuery(VoiceQuery):
    """How a score is asked for."""

    include: Literal["reasons"] | None = Field(None, description="Why the score is what it is.")
