"""/v1/past-scores: what the served model says of parties as of an earlier time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from apiflask import APIFlask

from graph.purposes import DEFAULT_PURPOSE
from graph.snapshots.build import build_snapshot
from graph.stores.open import open_store
from service.answers.scores import ScoreQuestion, scores
from service.context import DAY, ServingContext
from tests.api.conftest import Asker
from tests.house import LONELY, House

PATH = "/v1/past-scores"


@pytest.fixture(scope="module")
def then(house: House) -> float:
    """Three months before the newest that the town knows."""
    return house.context().now - 90 * DAY


def test_past_scores_are_those_of_a_snapshot_as_of_then(ask: Asker, house: House, then: float, tmp_path: Path) -> None:
    parties = [*house.truth.rings["ring_01"], house.shop]
    answer = ask(PATH, "POST", json={"parties": parties, "as_of": then}).json
    assert [one["party"] for one in answer["scores"]] == parties

    now = house.context()
    past = build_snapshot(open_store(f"sqlite:///{house.folder / 'kith.db'}"), tmp_path / "past", then)
    context = ServingContext(past, now.model, now.model_id, now.odds0, now.purposes)
    expected = scores(context, parties, ScoreQuestion(context.purpose(DEFAULT_PURPOSE)))
    assert [(one["score"], one["level"]) for one in answer["scores"]] == [(one.score, one.level) for one in expected]
    assert (answer["as_of"], answer["parties_then"]) == (then, past.n_parties)
    assert (answer["revision"], answer["model"]) == (now.snapshot.revision, now.model_id)
    today = ask("/v1/pictures", "POST", json={"parties": parties}).json["parties"]
    assert [one["score"] for one in today] != [one["score"] for one in answer["scores"]]


def test_who_is_unknown_or_was_unknown_then_is_said_to_be(ask: Asker, then: float) -> None:
    answer = ask(PATH, "POST", json={"parties": ["nobody", LONELY], "as_of": then}).json
    assert [one["known"] for one in answer["scores"]] == [False, True]
    assert answer["scores"][0]["score"] is None


def test_a_time_that_is_not_past_is_refused(ask: Asker, house: House) -> None:
    refused = ask(PATH, "POST", json={"parties": [house.shop], "as_of": house.context().now})
    assert refused.status_code == 422 and "as_of" in refused.json["detail"]


def test_a_purpose_of_yes_and_no_tells_no_past_scores_nor_does_a_service_see_them(
    app: APIFlask, make_key: Callable[..., str], ask: Asker, house: House, then: float
) -> None:
    question = {"parties": [house.shop], "as_of": then}
    refused = ask(PATH, "POST", json=question | {"purpose": "deposit_waiver"})
    assert refused.status_code == 403 and "yes or no" in refused.json["detail"]
    assert Asker(app, make_key("service"))(PATH, "POST", json=question).status_code == 403
