"""/openapi.json: what the routes do not say of themselves, since it is the same for all, and one schema a model.

APIFlask describes a nested model once for each model that it stands in. Here pydantic describes all models together, so
that each has one schema under its own name, and a program made from the description one type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema

from api.events import EventBatch, EventsAnswer
from api.guards.idempotency import HEADER, is_kept
from api.problems import MEDIA_TYPE, Conflict, Problem
from api.reference.links import add_links
from api.schemas.administration import NewWebhook
from api.schemas.casework import CaseLookupRequest, LayoutRequest, NewCase, NewView
from api.schemas.credit import BookContagion
from api.schemas.pictures import PastScoresQuestion, PictureQuestion
from api.schemas.relationships import PairBatchRequest
from api.schemas.rights import DisputeMove, EntryMove, NewDispute, NewEntry, NewObjection, NewStatement, ObjectionMove
from api.schemas.scores import ReplayRequest, ScoreBatchRequest, ScoreFileRequest
from api.schemas.simulations import Simulation
from service.administration.access_log import AccessPage
from service.administration.jobs import JobAnswer, JobPage
from service.administration.webhooks import DeliveryAnswer, DeliveryPage, NewSecret, WebhookAnswer, WebhookList
from service.answers.comparing.party_changes import PartyChanges
from service.answers.comparing.ring_comparisons import RingComparison
from service.answers.drawing.past_scores import PastScoresAnswer
from service.answers.drawing.pictures import Expansion, Picture
from service.answers.explanations import ExplanationAnswer
from service.answers.parties import LinkPage, PartyPage, PartyRecord
from service.answers.paths import PathList
from service.answers.profiles import PartyProfile
from service.answers.relationships import RelationshipRisk, RelationshipRiskBatch
from service.answers.replaying.receipts import ReceiptAnswer
from service.answers.replaying.replays import ReplayAnswer
from service.answers.rings import RingPage
from service.answers.scenarios import ScenarioAnswer
from service.answers.scores import ScoreAnswer, ScoreBatch
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
from service.credit.book import BookAnswer
from service.credit.contagion import ContagionAnswer
from service.models.answers import ModelList
from service.rights.consents.consent_records import ConsentRecords
from service.rights.disputes.handling import DisputeAnswer, DisputePage
from service.rights.disputes.statements import Statement, StatementList
from service.rights.lists.list_entries import Shown
from service.rights.lists.listing import EntryAnswer, EntryList
from service.rights.objections.objection import Objection
from service.rights.objections.reviewing import ObjectionList
from service.rights.reports.own_report import OwnReport
from service.rights.reports.told import KeptNotice, NoticePage

BODIES: Final = (
    AlertChange,
    CaseChange,
    CaseLookupRequest,
    EventBatch,
    DisputeMove,
    EntryMove,
    LayoutRequest,
    NewCase,
    NewDispute,
    NewEntry,
    NewObjection,
    NewStatement,
    NewView,
    PairBatchRequest,
    PastScoresQuestion,
    NewWebhook,
    ObjectionMove,
    PictureQuestion,
    ReplayRequest,
    ScoreBatchRequest,
    ScoreFileRequest,
    Simulation,
    BookContagion,
)
ANSWERS: Final = (
    AccessPage,
    AlertAnswer,
    AlertPage,
    BookAnswer,
    ContagionAnswer,
    CaseAnswer,
    CaseFigures,
    CaseLookup,
    CasePage,
    CaseReport,
    Conflict,
    ConsentRecords,
    DisputeAnswer,
    DisputePage,
    ScenarioAnswer,
    DeliveryAnswer,
    DeliveryPage,
    EntryAnswer,
    EntryList,
    EventsAnswer,
    Expansion,
    ExplanationAnswer,
    Health,
    JobAnswer,
    JobPage,
    KeptNotice,
    KeptView,
    LayoutAnswer,
    LinkPage,
    NewSecret,
    ModelList,
    NoticePage,
    Objection,
    ObjectionList,
    OwnReport,
    PastScoresAnswer,
    PartyChanges,
    PartyPage,
    PartyProfile,
    PartyRecord,
    PathList,
    Picture,
    Problem,
    Readiness,
    ReceiptAnswer,
    RelationshipRisk,
    RelationshipRiskBatch,
    ReplayAnswer,
    RingComparison,
    RingPage,
    ScoreAnswer,
    ScoreBatch,
    SessionAnswer,
    Shown,
    Statement,
    StatementList,
    Subgraph,
    ViewAnswer,
    WebhookAnswer,
    WebhookList,
)
NOT_CHANGED: Final = "304"
# What a name in a path is.
PATHS: Final[Mapping[str, Any]] = {
    "id": {"minLength": 1, "description": "Id of the party, percent-encoded as one segment (`/` is `%2F`)."},
    "case": {"minimum": 1, "maximum": 2**31 - 1, "description": "Number of the case."},
    "dispute": {"minimum": 1, "maximum": 2**31 - 1, "description": "Number of the dispute."},
    "objection": {"minimum": 1, "maximum": 2**31 - 1, "description": "Number of the objection."},
    "entry": {"minimum": 1, "maximum": 2**31 - 1, "description": "Number of the entry."},
    "statement": {"minimum": 1, "maximum": 2**31 - 1, "description": "Number of the statement."},
    "notice": {"minimum": 1, "maximum": 2**31 - 1, "description": "Number of the notice."},
    "alert": {"minLength": 1, "description": "Id of the alert."},
    "receipt": {"minLength": 1, "description": "The receipt of an answer, 64 hexadecimal digits."},
    "view": {"minLength": 1, "description": "Id of the view, the SHA-256 of its content."},
    "job": {"minLength": 1, "description": "Id of the job."},
    "webhook": {"minLength": 1, "description": "Id of the webhook."},
    "delivery": {"minLength": 1, "description": "Id of the delivery."},
}
VERSION: Final = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "description": "The ETag of the answer that is changed, or its version in quotes.",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}(-[0-9a-f]*)?"$'},
}


REPEATED: Final = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "A name for this request, new for each: sent again under it within a day, it is not carried out "
    "twice but answered as before.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
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
                add_links(operation)
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
    if with_key and is_kept(method.upper(), operation["operationId"]):
        operation.setdefault("parameters", []).append(REPEATED)
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    problem = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, meaning in _errors(operation, method, with_key).items():
        operation["responses"][status] = {"description": meaning} | (problem if status != NOT_CHANGED else {})
    if method == "patch":
        conflict = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Conflict"}}}}
        operation["responses"]["412"] = {"description": "somebody else has changed it since"} | conflict


def _names_revision(operation: Any) -> bool:
    """Whether it may be asked for the answer of one revision, in its query or its body."""
    names = {parameter.get("name") for parameter in operation.get("parameters", ())}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        names |= next((model.model_fields.keys() for model in BODIES if model.__name__ == name), set())
    return "exactly" in names


def _errors(operation: Any, method: str, with_key: bool) -> dict[str, str]:
    """What may come instead of an answer, by status."""
    errors = {"400": "wrong question", "404": "unknown party or kind", "405": "wrong method"}
    if with_key:
        errors |= {"401": "no valid key", "403": "not allowed to this key"}
        errors["429"] = "the key has used up its requests; `Retry-After` says when to ask again"
        errors["503"] = "there is no model yet, the revision is not here yet, too much is asked, or something is away"
    if operation["operationId"] == "get_readiness":
        errors["503"] = "it cannot answer: something it needs is away"
    if with_key and method == "get":
        errors[NOT_CHANGED] = "not changed"
    if _names_revision(operation):
        errors["410"] = "the revision is not held any more"
    if "requestBody" in operation:
        errors["413"] = "the body is too large"
    if operation["operationId"] == "get_scores":
        errors |= {
            "409": "an applicant changes who holds a phone or an account",
            "422": "what is said of an applicant does not fit the network",
        }
    if any(parameter.get("name") == "cursor" for parameter in operation.get("parameters", ())):
        errors["409"] = "a cursor of another snapshot or another question"
    if with_key and is_kept(method.upper(), operation["operationId"]):
        errors["409"] = "a request with the same Idempotency-Key is being carried out, or its state does not allow this"
        errors["422"] = "the Idempotency-Key was sent with another request"
    if method == "patch":
        errors["428"] = "the header If-Match is missing"
    return errors
