"""/v1/statements: what a party says of a record stands with every answer about it that rests on the record."""

from __future__ import annotations

from typing import Any

import pytest

from service.job_worker import Worker
from tests.api.institution import ANN, FRIEND, Institution
from tests.api.office import Person
from tests.api.test_score_batches import rows
from tests.house import House

TEXT = "I was in hospital."
ASKED = {"purpose": "lending"}


@pytest.fixture
def defaulted(institution: Institution, house: House) -> Institution:
    """The bank says that the friend defaulted."""
    institution.bank_sends(house.member, outcome=True)
    institution.renew()
    return institution


def item_of(friend: Person) -> dict[str, Any]:
    item: dict[str, Any] = friend.get("/v1/own-report")["outcomes"][0]["name"]
    return item


def answers(person: Person, member: str) -> dict[str, list[Any]]:
    """The statements that stand with each answer of which the friend is a part."""
    pairs = [{"source": FRIEND, "target": member}, {"source": member, "target": FRIEND}]
    risks = person.post("/v1/relationship-risk", pairs=pairs, **ASKED)["pairs"]
    return {
        "score": person.get(f"/v1/scores/{FRIEND}", **ASKED)["statements"],
        "scores": person.post("/v1/scores", parties=[member, FRIEND], **ASKED)["scores"][1]["statements"],
        "explanation": person.get(f"/v1/explanations/{FRIEND}", **ASKED)["score"]["statements"],
        "pair": person.get("/v1/relationship-risk", source=member, target=FRIEND, **ASKED)["statements"],
        "pair as the source": risks[0]["risk"]["statements"],
        "pairs": risks[1]["risk"]["statements"],
    }


def test_a_statement_stands_with_every_answer_until_it_is_withdrawn(defaulted: Institution, house: House) -> None:
    shop, ada = defaulted.person("The shop", "service"), defaulted.person("Ada Lim", "investigator")
    friend = defaulted.subject(FRIEND)
    assert not any(answers(shop, house.member).values())
    made = friend.post("/v1/statements", **item_of(friend), text=TEXT)
    for person in (shop, ada):
        told = answers(person, house.member)
        assert {name: [one["text"] for one in said] for name, said in told.items()} == {name: [TEXT] for name in told}
    profile = ada.get(f"/v1/profiles/{FRIEND}", **ASKED)
    assert [one["text"] for one in profile["score"]["statements"]] == [TEXT]
    assert shop.post("/v1/scores", parties=[house.member], **ASKED)["scores"][0]["statements"] == []

    assert friend.ask("DELETE", f"/v1/statements/{made['statement']}").json["state"] == "withdrawn"
    assert not any(answers(shop, house.member).values())


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_statement_stands_in_a_file_of_scores(defaulted: Institution, house: House, form: str) -> None:
    shop, friend = defaulted.person("The shop", "service"), defaulted.subject(FRIEND)
    friend.post("/v1/statements", **item_of(friend), text=TEXT)
    job = shop.ask("POST", "/v1/score-batches", parties=[house.member, FRIEND], form=form, **ASKED).json["job"]
    app = defaulted.office.app
    with app.app_context():
        assert Worker(defaulted.records, app.extensions["kith.job_handlers"], 30.0).work_once()
    member, of_friend = rows(form, shop.ask("GET", f"/v1/score-batches/{job}").data)
    assert member["statements"] in ([], None)
    assert of_friend["statements"] == (TEXT if form == "csv" else [TEXT])


def test_of_the_other_the_subject_of_a_pair_is_told_nothing(defaulted: Institution, house: House) -> None:
    shop, friend = defaulted.person("The shop", "service"), defaulted.subject(FRIEND)
    friend.post("/v1/statements", **item_of(friend), text=TEXT)
    asked = {"audience": "subject", **ASKED}
    assert shop.get("/v1/relationship-risk", source=FRIEND, target=house.member, **asked)["statements"] == []
    own = shop.get("/v1/relationship-risk", source=house.member, target=FRIEND, **asked)["statements"]
    assert [one["text"] for one in own] == [TEXT]


def test_no_statement_stands_with_an_answer_that_does_not_rest_on_the_record(
    defaulted: Institution, house: House
) -> None:
    """Neither while the record is disputed, nor where the answer is withheld."""
    shop, friend = defaulted.person("The shop", "service"), defaulted.subject(FRIEND)
    item = item_of(friend)
    friend.post("/v1/statements", **item, text=TEXT)
    objection = friend.post("/v1/objections", to="automated_decisions", text="A person shall decide.")
    assert not any(answers(shop, house.member).values())
    withdrawn = friend.change(f"/v1/objections/{objection['objection']}", 1, move="withdraw")
    assert withdrawn.status_code == 200
    assert all(answers(shop, house.member).values())
    friend.post("/v1/disputes", **item, text="I never owed this.")
    defaulted.renew()
    assert not any(answers(defaulted.at(shop), house.member).values())


def test_a_new_statement_takes_the_place_of_the_one_before_and_only_the_party_makes_it(
    defaulted: Institution, house: House
) -> None:
    shop, friend, ann = defaulted.person("The shop", "service"), defaulted.subject(FRIEND), defaulted.subject(ANN)
    item = item_of(friend)
    for text in (TEXT, "I was in hospital, and have paid since."):
        made = friend.post("/v1/statements", **item, text=text)
    assert [one["text"] for one in shop.get(f"/v1/scores/{FRIEND}", **ASKED)["statements"]] == [made["text"]]
    assert ann.ask("POST", "/v1/statements", **item, text=TEXT).status_code == 404
    assert ann.ask("DELETE", f"/v1/statements/{made['statement']}").status_code == 404
    assert shop.ask("GET", "/v1/statements").status_code == 403 and ann.get("/v1/statements")["statements"] == []
    long = friend.ask("POST", "/v1/statements", **item, text="no " * 101)
    assert long.status_code == 400 and "100 words" in long.json["detail"]
