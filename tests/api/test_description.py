"""The description in /openapi.json holds: what it allows is answered as it says, what it forbids is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

import pytest
import schemathesis
from apiflask import APIFlask
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from api.app import create_app
from api.description import BODIES
from api.reference.links import LEADS
from graph.purposes import PURPOSES
from service.context import ServingContext
from service.events.types import Event
from service.records.database import open_records
from service.settings import Settings
from tests.api.conftest import Asker
from tests.house import House

# Models that only bodies hold.
PARTS_OF_BODIES = {
    "AnswerItem", "Applicant", "ApplicantLink", "CaseClosingRequest", "ClosingRequest", "LinkItem", "LinkToAdd",
    "LinkToRemove", "NewFact", "NewOverride", "NoteEdit", "PairItem", "PartyItem", "ViewItem",
    *(type_.__name__ for type_ in get_args(get_args(Event)[0])),
}  # fmt: skip
POSTED_ONLY = (
    "/v1/simulations", "/v1/book-contagions", "/v1/sessions", "/v1/layouts", "/v1/pictures", "/v1/past-scores",
    "/v1/case-lookups",
    "/v1/views", "/v1/scores", "/v1/replays", "/v1/score-batches", "/v1/events",
    "/v1/webhook-secrets/{webhook}", "/v1/webhook-deliveries/{delivery}",
)  # fmt: skip
DELETED_ONLY = ("/v1/statements/{statement}",)
PATHS = (
    "/healthz", "/readyz", "/v1/parties", "/v1/parties/{id}", "/v1/scores/{id}", "/v1/explanations/{id}",
    "/v1/neighbours/{id}", "/v1/profiles/{id}", "/v1/exports/{id}", "/v1/relationship-risk", "/v1/paths", "/v1/rings",
    "/v1/simulations", "/v1/sessions", "/v1/sessions/current", "/v1/layouts", "/v1/pictures", "/v1/past-scores",
    "/v1/expansions/{id}", "/v1/party-changes/{id}", "/v1/ring-comparisons",
    "/v1/cases", "/v1/cases/{case}",
    "/v1/case-lookups", "/v1/case-figures", "/v1/case-reports/{case}", "/v1/alerts", "/v1/alerts/{alert}", "/v1/views",
    "/v1/views/{view}", "/v1/scores", "/v1/receipts/{receipt}", "/v1/replays", "/v1/score-batches",
    "/v1/events", "/v1/credit-lines", "/v1/book-contagions",
    "/v1/jobs", "/v1/jobs/{job}", "/v1/access-log",
    "/v1/webhooks", "/v1/webhooks/{webhook}", "/v1/webhook-secrets/{webhook}", "/v1/webhook-deliveries",
    "/v1/webhook-deliveries/{delivery}",
    "/v1/models",
    "/v1/disputes", "/v1/disputes/{dispute}", "/v1/notices", "/v1/notices/{notice}", "/v1/own-report",
    "/v1/own-reports/{id}", "/v1/objections", "/v1/objections/{objection}", "/v1/statements",
    "/v1/statements/{statement}", "/v1/consents", "/v1/list-entries", "/v1/list-entries/{entry}",
    "/v1/list-lookups/{id}",
)  # fmt: skip
# What a schema cannot say: a case that somebody changed since, an Idempotency-Key that was sent before, a body that is
# too large to be read, which kinds and parties the network has, and which revisions are held.
FITTING = {
    410: [positive_data_acceptance], 412: [positive_data_acceptance], 413: [negative_data_rejection],
    422: [positive_data_acceptance],
}  # fmt: skip
ALSO_POSTED = (
    "/v1/cases", "/v1/relationship-risk", "/v1/webhooks", "/v1/disputes", "/v1/objections", "/v1/statements",
    "/v1/list-entries",
)  # fmt: skip
PATCHED = (
    "/v1/cases/{case}", "/v1/alerts/{alert}", "/v1/disputes/{dispute}", "/v1/objections/{objection}",
    "/v1/list-entries/{entry}",
)  # fmt: skip
# Signing out ends no session here, since a key is sent and no cookie; a view that is there, the tests of views open.
OPERATIONS = (
    *((path, "GET") for path in PATHS if path not in (*POSTED_ONLY, *DELETED_ONLY)),
    *((path, "POST") for path in (*POSTED_ONLY, *ALSO_POSTED)),
    *((path, "PATCH") for path in PATCHED),
    ("/v1/sessions", "DELETE"),
    ("/v1/webhooks/{webhook}", "DELETE"),
    *((path, "DELETE") for path in DELETED_ONLY),
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No question waits for a revision, since most that are made up here will never be there."""
    monkeypatch.setattr("service.live.follower.WAIT", 0.0)


@pytest.fixture(scope="module")
def description(app: APIFlask) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", app)


def test_every_path_of_the_description_is_tried(description: Any) -> None:
    assert set(description) == set(PATHS)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_as_described(
    description: Any, ask: Asker, path: str, method: str, mode: GenerationMode
) -> None:
    operation = description[path][method]
    if mode is GenerationMode.NEGATIVE and not (operation.query or operation.body):
        pytest.skip("nothing can be asked wrongly here")

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=8, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def answered(case: Any) -> None:
        assume(mode is GenerationMode.POSITIVE or asked_wrongly(case))
        key = {"Authorization": f"Bearer {ask.key}"}
        answer = case.call(headers=key)
        case.validate_response(answer, headers=key, excluded_checks=fitting(answer))

    answered()


# Operations of a record, which only an answer before can name.
NAMED_BY_ANSWERS = {
    "get_party", "get_score", "get_receipt", "get_case", "get_view", "get_webhook", "get_job", "get_alert",
    "get_case_report", "get_profile", "get_explanation", "get_neighbours", "get_expansion", "get_party_changes",
}  # fmt: skip


@pytest.mark.slow
def test_what_an_answer_leads_to_is_answered_as_described(description: Any, ask: Asker) -> None:
    """Questions one after the other, with the ids and versions of the answers before."""
    asked: Counter[tuple[str, int]] = Counter()
    key = {"Authorization": f"Bearer {ask.key}"}

    class Conversation(description.as_state_machine()):  # type: ignore[misc]
        def before_call(self, case: Any) -> None:
            """Revisions that are made up are never here; the tests of single questions send them."""
            for sent in (case.query, case.body):
                if isinstance(sent, dict):
                    sent.pop("at_least", None)
                    sent.pop("exactly", None)

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": key}

        def validate_response(self, response: Any, case: Any, *_: Any, **__: Any) -> None:
            asked[case.operation.definition.raw["operationId"], response.status_code] += 1
            case.validate_response(response, headers=key, excluded_checks=fitting(response))

    Conversation.run(
        settings=settings(
            max_examples=50, stateful_step_count=8, derandomize=True, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), phases=(Phase.generate,),
        )
    )  # fmt: skip
    found = {operation for operation, status in asked if status == 200}
    assert len(found & NAMED_BY_ANSWERS) >= 3, sorted(asked.items())


def fitting(answer: Any) -> list[Any]:
    """The checks that do not fit an answer, since a schema cannot say what was wrong."""
    if answer.status_code == 503 and "is not here yet" in answer.text:  # a revision that was made up
        return [not_a_server_error]
    return FITTING.get(answer.status_code, [])


def test_every_link_leads_from_a_value_to_a_parameter(spec: Any) -> None:
    operations = {
        one["operationId"]: one
        for methods in spec["paths"].values()
        for one in methods.values()
        if "operationId" in one
    }
    for source, pointer, parameter, targets in LEADS:
        place, name = parameter.split(".")
        schema = answer_of(operations[source])
        for part in pointer.split("/")[1:]:
            schema = resolved(spec, schema)
            schema = schema["items"] if part == "0" else schema["properties"][part]
        for target in targets:
            path = next(path for path, methods in spec["paths"].items() if operations[target] in methods.values())
            parameters = [*spec["paths"][path].get("parameters", ()), *operations[target].get("parameters", ())]
            assert (name, place) in {(one["name"], one["in"]) for one in parameters}, (source, target)


def answer_of(operation: Any) -> Any:
    response = next(one for status, one in operation["responses"].items() if status.startswith("2"))
    return response["content"]["application/json"]["schema"]


def resolved(spec: Any, schema: Any) -> Any:
    """The schema that a reference names."""
    return spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def schemas(value: Any) -> Iterator[Any]:
    """Every schema of the description, nested ones too."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for part in value if isinstance(value, list) else ():
        yield from schemas(part)


@pytest.fixture(scope="module")
def spec(app: APIFlask) -> Any:
    return app.test_client().get("/openapi.json").json


def test_the_description_is_of_openapi_3_1_and_names_no_host(app: APIFlask, spec: Any) -> None:
    assert spec["openapi"].startswith("3.1") and spec["servers"] == [{"url": "/"}]
    elsewhere = app.test_client().get("/openapi.json", headers={"Host": "elsewhere.example", "X-Forwarded-Host": "x"})
    assert elsewhere.json == spec


def test_every_operation_has_an_id_and_no_two_the_same(spec: Any) -> None:
    operations = [one for methods in spec["paths"].values() for name, one in methods.items() if name != "parameters"]
    assert sorted(one["operationId"] for one in operations) == [
        "attach_statement", "begin_score_batch", "change_alert", "change_case", "compare_rings",
        "compute_layout", "delete_webhook", "end_session", "export_surroundings", "find_paths", "find_rings",
        "get_alert", "get_case", "get_case_figures", "get_case_report", "get_consents", "get_dispute",
        "get_entry", "get_expansion", "get_explanation", "get_health", "get_job", "get_neighbours",
        "get_notice", "get_objection", "get_own_report", "get_own_report_of", "get_party", "get_party_changes",
        "get_past_scores", "get_picture", "get_profile", "get_readiness", "get_receipt",
        "get_relationship_risk", "get_relationship_risks", "get_score", "get_scores", "get_session", "get_view",
        "get_webhook", "keep_view", "list_accesses", "list_alerts", "list_cases", "list_credit_lines",
        "list_deliveries", "list_disputes", "list_entries", "list_jobs", "list_models", "list_notices",
        "list_objections", "list_statements", "list_webhooks", "look_up_cases", "look_up_party", "make_webhook",
        "move_dispute", "move_entry", "move_objection", "open_case", "open_dispute", "open_objection",
        "open_session", "propose_entry", "record_events", "replay_answer", "rotate_webhook_secret",
        "search_parties", "send_again", "simulate", "spread_defaults", "withdraw_statement",
    ]  # fmt: skip


def test_every_object_is_closed_and_every_field_of_an_answer_is_there(spec: Any) -> None:
    models = spec["components"]["schemas"]
    for schema in schemas(models):
        if schema.get("type") == "object":
            closed = schema.get("additionalProperties")
            assert closed is False or ("properties" not in schema and isinstance(closed, dict)), schema
    asked = {model.__name__ for model in BODIES} | PARTS_OF_BODIES
    for name in models.keys() - asked:
        assert sorted(models[name]["required"]) == sorted(models[name]["properties"]), name


def test_titles_are_unique_and_those_of_models(spec: Any) -> None:
    titles = [schema.get("title") for schema in schemas(spec["components"]["schemas"])]
    named = [title for title in titles if isinstance(title, str)]  # a field may be called so too
    assert sorted(named) == sorted(spec["components"]["schemas"]) and len(set(named)) == len(named)


def test_every_reference_leads_to_a_schema_and_every_schema_is_referred_to(spec: Any) -> None:
    found = {schema["$ref"].rpartition("/")[2] for schema in schemas(spec) if "$ref" in schema}
    assert found == set(spec["components"]["schemas"])


def test_the_purposes_of_the_description_are_those_of_the_installation(house: House) -> None:
    lending = {"lending": PURPOSES["lending"]}
    context = ServingContext(house.context().snapshot, None, purposes=lending)
    app = create_app(context, open_records("sqlite://"), Settings(home=house.folder))
    described = app.test_client().get("/openapi.json").json
    parameters = described["paths"]["/v1/scores/{id}"]["get"]["parameters"]
    assert [one["schema"]["enum"] for one in parameters if one["name"] == "purpose"] == [["lending"]]


def asked_wrongly(case: Any) -> bool:
    """Whether what is wrong arrives: the key is always sent, and a URL drops a parameter whose list is empty."""
    wrong = {part for part, told in case.meta.components.items() if told.mode is GenerationMode.NEGATIVE}
    if ParameterLocation.QUERY in wrong and any(value in ([], {}) for value in case.query.values()):
        return False
    return bool(wrong - {ParameterLocation.HEADER})
