"""/openapi.json: what the routes do not say of themselves, since it is the same for all."""

from __future__ import annotations

from typing import Any, Final

from api.problems import MEDIA_TYPE
from api.schemas.operations import Problem

NOT_CHANGED: Final = "304"


def completed(spec: Any) -> Any:
    """Say that /v1 wants a key, that errors are problems, and which errors there are."""
    spec["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                _complete(operation, method, path.startswith("/v1/"))
    return spec


def _complete(operation: Any, method: str, with_key: bool) -> None:
    if with_key:
        operation["security"] = [{"key": []}]
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    problem = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, words in _errors(operation, method, with_key).items():
        operation["responses"][status] = {"description": words} | (problem if status != NOT_CHANGED else {})


def _errors(operation: Any, method: str, with_key: bool) -> dict[str, str]:
    """What else than an answer may come, by status."""
    found = {"400": "wrong question", "404": "unknown party or kind", "405": "wrong method"}
    if with_key:
        found |= {"401": "no valid key", "403": "not allowed to this key"}
        found["503"] = "there is no model yet, or something it needs is away"
    if with_key and method == "get":
        found[NOT_CHANGED] = "not changed"
    if "requestBody" in operation:
        found["413"] = "the body is too large"
    if any(parameter.get("name") == "cursor" for parameter in operation.get("parameters", ())):
        found["409"] = "a cursor of another snapshot or another question"
    return found
