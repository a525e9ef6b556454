"""What a party objected to counts in no answer about it, whichever way it is asked for.

`/v1/scores` is what every other answer is held to; that it keeps to objections itself stands in test_rights.
"""

from __future__ import annotations

import csv
import io
import time
from typing import Any

from graph.purposes import PURPOSES
from service.context import DAY
from service.records import keys
from service.records.database import open_records
from tests.api.conftest import Asker
from tests.api.own_home import Server
from tests.api.test_score_batches import begun, work
from tests.house import TRUSTED, House

LENDING = "lending"


def objects(server: Server, party: str) -> None:
    """A party objects to automated decisions, of which nobody has decided yet."""
    said = {"party": party, "to": "automated_decisions", "text": "A person shall decide."}
    answer = server.ask("admin")("/v1/objections", "POST", json=said)
    assert answer.status_code == 201, answer.json


def bars(server: Server, party: str, category: str) -> None:
    """A party objects to a category, which is agreed to."""
    ask = server.ask("admin")
    said = {"party": party, "to": "category", "category": category, "text": "It is private."}
    made = ask("/v1/objections", "POST", json=said).json
    headers = {"If-Match": f'"{made["version"]}"'}
    upheld = ask(f"/v1/objections/{made['objection']}", "PATCH", headers, {"move": "uphold", "told": "it is"})
    assert upheld.status_code == 200, upheld.json


def score(server: Server, party: str, **asked: Any) -> Any:
    answer = server.ask().of(party, "scores", purpose=LENDING, **asked)
    assert answer.status_code == 200, answer.json
    return answer.json


def asked(server: Server, path: str, **body: Any) -> Any:
    answer = server.ask()(path, "POST", json={"purpose": LENDING, **body})
    assert answer.status_code == 200, answer.json
    return answer.json


def drawn(server: Server, *parties: str) -> dict[str, tuple[Any, Any]]:
    picture = asked(server, "/v1/pictures", parties=list(parties))
    return {one["party"]: (one["score"], one["level"]) for one in picture["parties"]}


def test_a_picture_and_an_expansion_show_the_score_that_the_party_has(server: Server, house: House) -> None:
    one, two = house.truth.rings["ring_01"][:2]
    before = drawn(server, one, two)
    around = server.ask().of(two, "expansions", purpose=LENDING, limit=300).json["parties"]
    assert one in {party["party"] for party in around}

    bars(server, one, "money")
    own = score(server, one)
    assert drawn(server, one, two) == before | {one: (own["score"], own["level"])} != before
    around = server.ask().of(two, "expansions", purpose=LENDING, limit=300).json["parties"]
    assert [party["score"] for party in around if party["party"] == one] == [own["score"]]
    order = [(not party["known_bad"], party["score"] or 1_000) for party in around]
    assert order == sorted(order)

    objects(server, one)
    assert drawn(server, one, two) == before | {one: (None, "not_assessed")}
    around = server.ask().of(two, "expansions", purpose=LENDING, limit=300).json["parties"]
    assert [party["score"] for party in around if party["party"] == one] == [None]


def test_past_scores_leave_out_what_the_party_objects_to_now(server: Server, house: House) -> None:
    one, two = house.truth.rings["ring_01"][:2]
    then = house.context().now - DAY  # nothing of theirs came later, so the scores are those of now

    def past() -> dict[str, tuple[Any, Any]]:
        found = asked(server, "/v1/past-scores", parties=[one, two, "nobody"], as_of=then)["scores"]
        return {party["party"]: (party["score"], party["level"]) for party in found}

    before = past()
    bars(server, one, "money")
    after = past()
    assert after[two] == before[two] and after[one] != before[one]
    objects(server, two)
    assert past() == after | {two: (None, "not_assessed")}


def counting_beside_money(server: Server, party: str) -> list[tuple[str, str]]:
    """The party with each category that counts in its score but money, by which a default reaches it."""
    points = server.ask().of(party, "explanations", purpose=LENDING).json["points"]
    return [(party, category) for category in ("contact", "social", "work", "guarantee") if points.get(category)]


def test_a_what_if_tells_of_a_party_what_its_score_does(server: Server, house: House) -> None:
    def affected() -> dict[str, Any]:
        found = asked(server, "/v1/simulations", defaults=[house.shop], limit=1_000)["affected"]
        return {party["party"]: (party["before"], party["after"]) for party in found}

    before = affected()
    one, category = next(found for party in before for found in counting_beside_money(server, party))
    two = next(party for party in before if party != one)
    assert before[one][0] < before[one][1]
    bars(server, one, category)
    objects(server, two)
    after = affected()
    assert after[one][0] == score(server, one)["probability"] != before[one][0]
    assert list(after.items())[-1] == (two, (None, None))
    assert {**after, one: before[one], two: before[two]} == before


def test_an_applicant_who_objected_before_is_withheld(server: Server, house: House) -> None:
    newcomer = {"id": "newcomer", "attributes": {"income": 1900}, "links": [{"kind": "PAYS", "other": house.shop}]}

    def assessed() -> Any:
        return asked(server, "/v1/scores", parties=[newcomer, house.shop], include="reasons")["scores"]

    before = assessed()
    assert before[0]["state"] == "assessed" and any("MONEY" in one["code"] for one in before[0]["reasons"])
    bars(server, "newcomer", "money")
    without = assessed()
    assert not any("MONEY" in one["code"] for one in without[0]["reasons"] or ())
    objects(server, "newcomer")
    withheld = assessed()
    assert (withheld[0]["state"], withheld[0]["score"], withheld[1]) == ("withheld", None, before[1])


def test_the_risk_of_a_relationship_is_that_of_the_scores_without_the_category(server: Server, house: House) -> None:
    one, two = house.truth.rings["ring_01"][:2]

    def risk() -> Any:
        answer = server.ask()("/v1/relationship-risk", source=two, target=one, purpose=LENDING, exposure=100)
        assert answer.status_code == 200, answer.json
        return answer.json

    before = risk()
    assert before["target_probability"] == score(server, one)["probability"]
    bars(server, one, "money")
    after = risk()
    assert after["target_probability"] == score(server, one)["probability"] != before["target_probability"]
    assert "PAYS" not in after["links"]
    objects(server, two)  # of a pair either may object
    withheld = risk()
    assert (withheld["target_probability"], withheld["expected_loss"], withheld["level"]) == (
        None,
        None,
        "not_assessed",
    )


def test_the_own_report_has_the_score_that_others_are_told(server: Server, house: House) -> None:
    def reported() -> Any:
        (found,) = server.ask().of(house.shop, "own-reports").json["changes"]
        return found["score"]

    before = score(server, house.shop)["score"]
    server.flush()
    assert reported() == before
    bars(server, house.shop, "money")
    assert reported() == score(server, house.shop)["score"] != before
    objects(server, house.shop)
    assert reported() is None


def test_a_case_keeps_and_reports_the_answer_that_was_given(server: Server, house: House) -> None:
    bars(server, house.member, "money")
    given, records = score(server, house.member, include="reasons"), open_records(f"sqlite:///{server.home}/records.db")
    ada = Asker(server.app, keys.create(records, PURPOSES, "investigator", ["all"], "Ada Lim")[0])  # type: ignore[arg-type]
    case = ada("/v1/cases", "POST", json={"title": "A case", "parties": [house.member]}).json
    item = {"kind": "answer", "party": house.member, "purpose": LENDING, "receipt": given["receipt"]}
    kept = ada(f"/v1/cases/{case['case']}", "PATCH", {"If-Match": f'"{case["version"]}"'}, {"add_evidence": [item]})
    assert kept.status_code == 200, kept.json
    report = ada(f"/v1/case-reports/{case['case']}", purpose=LENDING).json
    assert [one["score"]["score"] for one in report["who"]] == [given["score"]]
    assert {one["now"] for one in report["receipts"]} == {given["receipt"]}


def test_a_file_of_scores_has_each_party_by_its_own_purpose(server: Server, house: House) -> None:
    one, two, three = house.truth.rings["ring_01"][:3]
    bars(server, one, "money")
    objects(server, two)
    job = begun(server, parties=[one, two, three], purpose=LENDING, form="csv")
    work(server)
    file = server.ask()(f"/v1/score-batches/{job}").data.decode()
    found = {row["party"]: (row["state"], row["score"]) for row in csv.DictReader(io.StringIO(file))}
    assert found == {
        one: ("assessed", str(score(server, one)["score"])),
        two: ("withheld", ""),
        three: ("assessed", str(score(server, three)["score"])),
    }


def test_a_book_expects_no_loss_of_whom_nothing_may_be_said(server: Server, house: House) -> None:
    at = {"lender": "bank", "time": time.time()}
    events = [
        {"id": "1", "type": "credit_line_opened", "line": "a", "party": house.member, "limit": 100, **at},
        {"id": "2", "type": "credit_line_opened", "line": "b", "party": TRUSTED, "limit": 100, **at},
    ]
    assert server.ask("admin")("/v1/events", "POST", json={"events": events}).json["recorded"] == 2

    def lines() -> dict[str, Any]:
        book = server.ask()("/v1/credit-lines", purpose=LENDING).json
        return {line["line"]: line["probability"] for line in book["lines"]}

    before = lines()
    bars(server, house.member, "money")
    assert lines() == before | {"a": score(server, house.member)["probability"]} != before
    objects(server, house.member)
    assert lines() == before | {"a": None}
    spread = asked(server, "/v1/book-contagions", defaults=[house.shop])
    assert "a" not in {one["line"]["line"] for one in spread["lines"]}
