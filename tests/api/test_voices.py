"""Whom reasons are told to and in which language: what a key may ask for, and what depends on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from apiflask import APIFlask

from service.answers.explanations import ExplanationAnswer
from service.answers.relationships import RelationshipRisk
from service.wording.reasons import AUDIENCES, LANGUAGES
from tests.api.conftest import Asker
from tests.house import House


@pytest.fixture(scope="module")
def service(app: APIFlask, make_key: Callable[..., str]) -> Asker:
    return Asker(app, make_key("service"))


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("audience", AUDIENCES)
def test_an_investigator_may_ask_for_every_voice(ask: Asker, house: House, audience: str, language: str) -> None:
    for what, query in (("scores", {"include": "reasons"}), ("explanations", {})):
        answer = ask.of(house.member, what, audience=audience, language=language, **query)
        assert answer.status_code == 200
        assert (answer.json["audience"], answer.json["language"]) == (audience, language)
        command = ["score" if what == "scores" else "explain", house.member]
        said = house.kith(*command, "--audience", audience, "--language", language).json
        assert said == ({"scores": [answer.json], "unknown": []} if what == "scores" else answer.json)
    ExplanationAnswer.model_validate(answer.json)
    assert bool(answer.json["removals"]["parties"][0]["party"]) == (audience == "investigator")


def test_a_service_hears_no_names_whatever_it_asks(service: Asker, house: House) -> None:
    assert service.of(house.member, "explanations").json["audience"] == "service"
    assert service.of(house.member, "explanations", audience="subject").json["audience"] == "subject"
    refused = service.of(house.member, "explanations", audience="investigator")
    assert refused.status_code == 403
    assert "investigator" in refused.json["detail"]
    assert service.of(house.member, "scores", audience="investigator", include="reasons").status_code == 403


def test_a_relationship_is_told_in_the_voice_that_was_asked_for(ask: Asker, service: Asker, house: House) -> None:
    member, other = house.truth.rings["ring_01"][:2]
    pair = {"source": member, "target": other, "include": "contagion"}
    for audience in AUDIENCES:
        answer = ask("/v1/relationship-risk", audience=audience, language="zh", **pair)
        assert (answer.json["audience"], answer.json["language"]) == (audience, "zh")
        said = house.kith("relationship", member, other, "--audience", audience, "--language", "zh")
        assert said.json == answer.json and RelationshipRisk.model_validate(answer.json)
    told = service("/v1/relationship-risk", **pair).json
    assert told["audience"] == "service" and told["shared"] and told["shared_identifiers"] == []
    assert service("/v1/relationship-risk", audience="investigator", **pair).status_code == 403


def test_a_voice_that_there_is_not_is_a_wrong_question(ask: Asker, house: House) -> None:
    for wrong in ({"audience": "everybody"}, {"language": "tlh"}):
        assert ask.of(house.member, "explanations", **wrong).status_code == 400
    said = house.kith("explain", house.member, "--language", "tlh")
    assert said.code == 2 and "en, zh" in said.err


def test_what_is_cached_is_told_apart_by_voice_where_the_bytes_are(ask: Asker, house: House) -> None:
    def tags(**query: str) -> set[str]:
        answers = [
            ask.of(house.member, "scores", audience=audience, language=language, **query)
            for audience in AUDIENCES
            for language in LANGUAGES
        ]
        return {answer.headers["ETag"] for answer in answers}

    assert len(tags(include="reasons")) == len(AUDIENCES) * len(LANGUAGES)
    assert len(tags()) == 1


def test_people_read_what_would_change_it(house: House) -> None:
    said = house.kith("explain", house.member)
    assert said.json is not None
    read = " ".join(said.out.split())
    told = [*said.json["counterfactuals"], *said.json["removals"]["parties"]]
    assert told
    assert all(" ".join(one["text"].split()) in read for one in told)
