"""The base of everything that is asked and answered: a pydantic model that is closed and does not change."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Closed(BaseModel):
    """A frozen model that refuses fields it does not know; its schema says of an answer that every field is there."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_by_name=True,
        validate_by_alias=True,
        json_schema_serialization_defaults_required=True,
    )

    def to_json(self) -> dict[str, Any]:
        """The JSON object, under the keys that are sent."""
        return self.model_dump(mode="json", by_alias=True)
