"""What a route takes, as its models of questions say; APIFlask keeps them at the view."""

from __future__ import annotations

from typing import Any


def query_fields(view: Any) -> dict[str, Any]:
    """The parameters that a view takes, by name."""
    models = [model for model, location in getattr(view, "_spec", {}).get("args") or () if location == "query"]
    return {field.alias or name: field for model in models for name, field in model.model_fields.items()}


def body_model(view: Any) -> Any:
    """The model of the body that a view takes, None where it takes none."""
    return getattr(view, "_spec", {}).get("body")
