"""The description in /openapi.json holds: what it allows is answered as it says, what it forbids is refused."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from apiflask import APIFlask
from hypothesis import HealthCheck, assume, given, settings
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation

from tests.api.conftest import Asker

PATHS = (
    "/healthz", "/readyz", "/v1/parties", "/v1/parties/{party}", "/v1/parties/{party}/record",
    "/v1/parties/{party}/score", "/v1/parties/{party}/explanation", "/v1/parties/{party}/neighbours",
    "/v1/relationship-risk", "/v1/paths", "/v1/rings", "/v1/simulations",
)  # fmt: skip
POSTED = ("/v1/simulations",)


@pytest.fixture(scope="module")
def description(app: APIFlask) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", app)


def test_every_path_of_the_description_is_tried(description: Any) -> None:
    assert set(description) == set(PATHS)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_as_described(description: Any, ask: Asker, path: str, mode: GenerationMode) -> None:
    operation = description[path]["POST" if path in POSTED else "GET"]
    if mode is GenerationMode.NEGATIVE and not (operation.query or operation.body):
        pytest.skip("nothing can be asked wrongly here")

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=15, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def answered(case: Any) -> None:
        assume(mode is GenerationMode.POSITIVE or asked_wrongly(case))
        case.call_and_validate(headers={"Authorization": f"Bearer {ask.key}"})

    answered()


def asked_wrongly(case: Any) -> bool:
    """Whether what is wrong arrives: the key is always sent, and a URL drops a parameter whose list is empty."""
    wrong = {part for part, told in case.meta.components.items() if told.mode is GenerationMode.NEGATIVE}
    if ParameterLocation.QUERY in wrong and any(value in ([], {}) for value in case.query.values()):
        return False
    return bool(wrong - {ParameterLocation.HEADER})
