"""/openapi.json: what the routes do not say of themselves, since it is the same for all, and one schema a model.

APIFlask describes a nested model once for each model that it stands in. Here pydantic describes all models together, so
that each has one schema under its own name, and a program made from the description one type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema

from api.problems import MEDIA_TYPE, Conflict, Problem
from api.schemas.casework import CaseLookupRequest, LayoutRequest, NewCase, NewView
from api.schemas.pictures import PictureQuestion
from api.schemas.simulations import Simulation
from service.answers.drawing.pictures import Expansion, Picture
from service.answers.explanations import ExplanationAnswer
from service.answers.parties import LinkPage, PartyPage, PartyRecord
from service.answers.paths import PathList
from service.answers.profiles import PartyProfile
from service.answers.relationships import RelationshipRisk
from service.answers.rings import RingPage
from service.answers.scenarios import DefaultScenario
from service.answers.scores import ScoreAnswer
from service.answers.status import Health, Readiness, SessionAnswer
from service.answers.subgraphs import Subgraph
from service.casework.alert_changes import AlertChange
from service.casework.alerts import AlertAnswer, AlertPage
from service.casework.case_answers import CaseAnswer, CaseLookup, CasePage
from service.casework.changes import CaseChange
from service.casework.figures import CaseFigures
from service.casework.layouts import LayoutAnswer
from service.casework.reports.content import CaseReport
from service.casework.views import KeptView, ViewAnswer

BODIES: Final = (
    AlertChange,
    CaseChange,
    CaseLookupRequest,
    LayoutRequest,
    NewCase,
    NewView,
    PictureQuestion,
    Simulation,
)
ANSWERS: Final = (
    AlertAnswer,
    AlertPage,
    CaseAnswer,
    CaseFigures,
    CaseLookup,
    CasePage,
    CaseReport,
    Conflict,
    DefaultScenario,
    Expansion,
    ExplanationAnswer,
    Health,
    KeptView,
    LayoutAnswer,
    LinkPage,
    PartyPage,
    PartyProfile,
    PartyRecord,
    PathList,
    Picture,
    Problem,
    Readiness,
    RelationshipRisk,
    RingPage,
    ScoreAnswer,
    SessionAnswer,
    Subgraph,
    ViewAnswer,
)
NOT_CHANGED: Final = "304"
# What a name in a path is.
PATHS: Final[Mapping[str, Any]] = {
    "id": {"minLength": 1, "description": "Id of the party, percent-encoded as one segment (`/` is `%2F`)."},
    "case": {"minimum": 1, "maximum": 2**31 - 1, "description": "Number of the case."},
    "alert": {"minLength": 1, "description": "Id of the alert."},
    "view": {"minLength": 1, "description": "Id of the view, the SHA-256 of its content."},
}
VERSION: Final = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "description": "The ETag of the answer that is changed, or its version in quotes.",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}(-[0-9a-f]*)?"$'},
}


class _Plain(GenerateJsonSchema):
    """Titles stand at models alone, which makes them unique; answers have no defaults, since every field is there."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        return super().default_schema(schema) if self.mode == "validation" else self.generate_inner(schema["schema"])


def completed(spec: Any) -> Any:
    """The description with one schema for each model, parameters described, who needs a key, and every error."""
    spec["components"]["schemas"] = _schemas()
    for path, methods in spec["paths"].items():
        for parameter in _parameters(methods):
            _describe(parameter)
        for method, operation in methods.items():
            if method != "parameters":
                _complete(operation, method, path.startswith("/v1/"))
    return spec


def _schemas() -> dict[str, Any]:
    _, described = models_json_schema(
        [
            *((model, "validation") for model in BODIES),
            *((model, "serialization") for model in ANSWERS),
        ],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Plain,
    )
    schemas: dict[str, Any] = described["$defs"]
    return schemas


def _parameters(methods: Any) -> Iterator[Any]:
    yield from methods.get("parameters", ())
    for method, operation in methods.items():
        if method != "parameters":
            yield from operation.get("parameters", ())


def _describe(parameter: Any) -> None:
    """An id says how it is written; a parameter that may be left out is left out, and never sent as null."""
    schema = parameter["schema"]
    schema.pop("title", None)
    if parameter["in"] == "path":
        schema |= PATHS.get(parameter["name"], {})
    forms = [form for form in schema.pop("anyOf", ()) if form.get("type") != "null"]
    for form in forms:
        schema |= form
    if schema.get("default", "") is None:
        del schema["default"]


def _complete(operation: Any, method: str, with_key: bool) -> None:
    if with_key:
        operation["security"] = [{"key": []}, {"session": []}]
    if method == "patch":
        operation.setdefault("parameters", []).append(VERSION)
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    problem = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, meaning in _errors(operation, method, with_key).items():
        operation["responses"][status] = {"description": meaning} | (problem if status != NOT_CHANGED else {})
    if method == "patch":
        conflict = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Conflict"}}}}
        operation["responses"]["412"] = {"description": "somebody else has changed it since"} | conflict


def _errors(operation: Any, method: str, with_key: bool) -> dict[str, str]:
    """What may come instead of an answer, by status."""
    errors = {"400": "wrong question", "404": "unknown party or kind", "405": "wrong method"}
    if with_key:
        errors |= {"401": "no valid key", "403": "not allowed to this key"}
        errors["503"] = "there is no model yet, or something it needs is away"
    if with_key and method == "get":
        errors[NOT_CHANGED] = "not changed"
    if "requestBody" in operation:
        errors["413"] = "the body is too large"
    if any(parameter.get("name") == "cursor" for parameter in operation.get("parameters", ())):
        errors["409"] = "a cursor of another snapshot or another question"
    if method == "patch":
        errors |= {"409": "its state does not allow this", "428": "the header If-Match is missing"}
    return errors
