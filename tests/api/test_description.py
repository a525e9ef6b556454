"""The description in /openapi.json holds: what it allows is answered as it says, what it forbids is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from apiflask import APIFlask
from hypothesis import HealthCheck, assume, given, settings
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from api.app import create_app
from api.description import BODIES
from graph.purposes import PURPOSES
from service.context import ServingContext
from service.records.database import open_records
from service.settings import Settings
from tests.api.conftest import Asker
from tests.house import House

# Models that only bodies hold.
PARTS_OF_BODIES = {
    "AnswerItem", "CaseClosingRequest", "ClosingRequest", "LinkItem", "NewFact", "NewOverride", "NoteEdit", "PartyItem",
    "ViewItem",
}  # fmt: skip
POSTED_ONLY = (
    "/v1/simulations", "/v1/sessions", "/v1/layouts", "/v1/pictures", "/v1/case-lookups", "/v1/views",
)  # fmt: skip
PATHS = (
    "/healthz", "/readyz", "/v1/parties", "/v1/parties/{id}", "/v1/scores/{id}", "/v1/explanations/{id}",
    "/v1/neighbours/{id}", "/v1/profiles/{id}", "/v1/exports/{id}", "/v1/relationship-risk", "/v1/paths", "/v1/rings",
    "/v1/simulations", "/v1/sessions", "/v1/sessions/current", "/v1/layouts", "/v1/pictures", "/v1/expansions/{id}",
    "/v1/cases", "/v1/cases/{case}",
    "/v1/case-lookups", "/v1/case-figures", "/v1/case-reports/{case}", "/v1/alerts", "/v1/alerts/{alert}", "/v1/views",
    "/v1/views/{view}",
)  # fmt: skip
# What a schema cannot say: a case that somebody changed since, and a body that is too large to be read.
FITTING = {412: [positive_data_acceptance], 413: [negative_data_rejection]}
# Signing out ends no session here, since a key is sent and no cookie; a view that is there, the tests of views open.
OPERATIONS = (
    *((path, "GET") for path in PATHS if path not in POSTED_ONLY),
    *((path, "POST") for path in (*POSTED_ONLY, "/v1/cases")),
    *((path, "PATCH") for path in ("/v1/cases/{case}", "/v1/alerts/{alert}")),
    ("/v1/sessions", "DELETE"),
)


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
    @settings(max_examples=15, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def answered(case: Any) -> None:
        assume(mode is GenerationMode.POSITIVE or asked_wrongly(case))
        key = {"Authorization": f"Bearer {ask.key}"}
        answer = case.call(headers=key)
        case.validate_response(answer, headers=key, excluded_checks=FITTING.get(answer.status_code, []))

    answered()


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
        "change_alert", "change_case", "compute_layout", "end_session", "export_surroundings", "find_paths",
        "find_rings", "get_alert", "get_case", "get_case_figures", "get_case_report", "get_expansion",
        "get_explanation", "get_health", "get_neighbours", "get_party", "get_picture", "get_profile", "get_readiness",
        "get_relationship_risk", "get_score", "get_session", "get_view", "keep_view", "list_alerts", "list_cases",
        "look_up_cases", "open_case",
        "open_session", "search_parties", "simulate_defaults",
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
