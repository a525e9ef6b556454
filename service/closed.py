"""The base of everything that is asked and answered: a pydantic model that is closed and does not change."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


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


def is_number(value: object) -> object:
    """The value, if it is a number in JSON: "5" and true are none, 5.0 is one and whole."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("send a number")
    return value


# Bounds stand before it, `Annotated[float, Field(le=1), IsNumber]`: the description has them only so.
IsNumber = BeforeValidator(is_number)
Whole = Annotated[int, IsNumber]
