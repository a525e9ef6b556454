"""The rights of the person scored over HTTP, from a friend's default to the score that is back to the bit."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from service.rights.disputes.affected import affected, corrections_since
from service.rights.disputes.handling import Office as Clock
from service.rights.disputes.handling import read, sweep
from service.rights.disputes.results import read_result, result_page
from tests.api.institution import ANN, FRIEND, Institution, founded
from tests.house import House

DAY = 86_400.0


@pytest.fixture(params=["sqlite", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def either(request: pytest.FixtureRequest, house: House, tmp_path: Path) -> Iterator[Institution]:
    """One over SQLite, one over a real Neo4j."""
    url = None if request.param == "sqlite" else request.getfixturevalue("neo4j_url")
    made = founded(house, tmp_path / "home", url)
    yield made
    made.records.dispose()


def figures(score: Any) -> tuple[Any, ...]:
    return score["score"], score["probability"], score["level"], score["warnings"]


def cut(records: Engine) -> None:
    """Cut the last line off the access log, and make the head fit."""
    with records.begin() as connection:
        last = connection.execute(text("SELECT max(number) FROM access")).scalar_one()
        for table in ("access_party", "access"):
            connection.execute(text(f"DELETE FROM {table} WHERE number = :last"), {"last": last})
        digest = "(SELECT digest FROM access WHERE number = :before)"
        connection.execute(text(f"UPDATE access_head SET number = :before, digest = {digest}"), {"before": last - 1})


@pytest.mark.slow
def test_from_a_friends_default_to_the_score_that_is_back_to_the_bit(
    either: Institution, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = either
    shop, ada = at.person("The shop", "service"), at.person("Ada Lim", "investigator")
    ann, friend = at.subject(ANN), at.subject(FRIEND)
    before = shop.get(f"/v1/scores/{ANN}", purpose="lending")

    assert at.bank_sends(house.member, outcome=True).loaded["outcomes"] == 1
    at.renew()
    shop, ada, ann, friend = (at.at(one) for one in (shop, ada, ann, friend))
    threshold = before["score"]
    wrong = shop.get(f"/v1/scores/{ANN}", purpose="lending", threshold=threshold, include="reasons", audience="subject")
    assert wrong["score"] < before["score"] and wrong["approved"] is False

    # The notice has the reasons of the receipt that lowered the score, in their order.
    notice = ann.get("/v1/notices")["notices"][0]["notice"]
    against = [reason for reason in wrong["reasons"] if reason["points"] < 0]
    assert [(one["code"], one["en"]) for one in notice["reasons"]] == [(one["code"], one["text"]) for one in against]
    assert (notice["receipt"], notice["creditor"], notice["score"]) == (wrong["receipt"], "The shop", wrong["score"])
    page = ann.ask("GET", "/v1/notice-pages/1", language="zh")
    assert "对您不利的决定通知书" in page.text and "style-src 'sha256-" in page.headers["Content-Security-Policy"]

    # The own report says so too, to ann of herself and to the friend of the default.
    report = ann.get("/v1/own-report")
    assert wrong["receipt"] in {one["receipt"] for one in report["answers"]}
    assert {one["by"] for one in report["looks"]} >= {"The shop"}
    assert FRIEND not in ann.ask("GET", "/v1/own-report").text.replace("friends", "")
    assert [one["other"] for one in report["links"]] == [None, None]
    item = friend.get("/v1/own-report")["outcomes"][0]["name"]

    # The friend disputes: the fact is marked at once; the bank does not answer in time and loses it.
    said = {"table": item["table"], "source": item["source"], "key": item["key"], "text": "I never owed this."}
    dispute = friend.post("/v1/disputes", **said)
    number = dispute["dispute"]["dispute"]
    assert dispute["dispute"]["state"] == "open"
    moved = ada.change(f"/v1/disputes/{number}", dispute["dispute"]["version"], move="ask_furnisher")
    assert moved.status_code == 200, moved.text
    due = moved.json["dispute"]["clock"]["due"]
    with at.store() as store:
        assert sweep(Clock(at.records, store, due - 1)).lapsed == ()
        assert sweep(Clock(at.records, store, due)).lapsed == (number,)

        # Whoever was given an answer that rested on the default is named, with what it would have been.
        found = affected(Clock(at.records, store, due), at.settings, number)
        owned = corrections_since(Clock(at.records, store, due), at.settings, wrong["receipt"])
    assert (wrong["receipt"], "The shop", wrong["score"], before["score"]) in {
        (one.receipt, one.to, one.before, one.after) for one in found.answers
    }
    assert found.recipients == ("The shop",) and found.decisions == 1
    assert [(one.dispute, one.source, one.about, one.outcome, one.before, one.after) for one in owned] == [
        (number, "bank", FRIEND, "unverifiable", wrong["score"], before["score"])
    ]

    # The score is back to the bit, and the next load of the bank does not bring the default back.
    assert at.bank_sends(house.member, outcome=True).reasons == {"suppressed_fact": 1}
    at.renew()
    shop, friend, admin = at.at(shop), at.at(friend), at.person("Ben Ahn", "admin")
    after = shop.get(f"/v1/scores/{ANN}", purpose="lending")
    assert figures(after) == figures(before)
    decided = friend.get(f"/v1/disputes/{number}")
    assert decided["dispute"]["outcome"] == "unverifiable" and [one["what"] for one in decided["duties"]] == ["notify"]
    ada = at.at(ada)
    assert ada.change(f"/v1/disputes/{number}", decided["dispute"]["version"], move="notify").status_code == 200
    with at.store() as store:
        told = read_result(at.records, read(Clock(at.records, store, due), number).dispute)
    assert told.sha256() == friend.get(f"/v1/disputes/{number}")["dispute"]["result"]
    assert "Nobody verified the fact in time" in result_page(told, "en")

    # The shop is told by a signed webhook which of its answers rested on it, and what they would have been.
    headers, body = at.told_by_webhook("The shop")
    sent = json.loads(body)
    assert sent["type"] == "receipt.corrected" and headers["webhook-signature"].startswith("v1,")
    assert (sent["data"]["receipt"], sent["data"]["before"], sent["data"]["after"]) == (
        wrong["receipt"], wrong["score"], before["score"],
    )  # fmt: skip

    # The receipt of the wrong answer still replays and says what was found wrong since.
    assert admin.post("/v1/replays", receipt=wrong["receipt"])["identical"] is True
    kith = at.commands(monkeypatch)
    owned_up = f"dispute {number}: what bank says of {FRIEND} was wrong (unverifiable)"
    assert owned_up in kith("disputes", "corrections", wrong["receipt"])

    # Who looked is told in full, and the log of it runs through a checkpoint that lies elsewhere, until it is cut.
    admin.get("/v1/access-log")
    looks = at.at(ann).get("/v1/own-report")["looks"]
    assert sum(one["by"] == "The shop" for one in looks) == 3
    at.office.app.extensions["kith.access"].flush()
    elsewhere = str(at.folder.parent / "checkpoint.json")
    assert "lines are signed" in kith("audit", "checkpoint", elsewhere)
    assert "none changed" in kith("audit", "verify", "--checkpoint", elsewhere)
    cut(at.records)
    assert "none changed" in kith("audit", "verify")  # nothing in the log itself tells
    assert "does not run through the head" in kith("audit", "verify", "--checkpoint", elsewhere, code=1)


@pytest.mark.parametrize("path", ["/v1/scores/ann", "/v1/parties/ann", "/v1/cases", "/v1/access-log", "/v1/events"])
def test_a_subjects_key_asks_for_nothing_but_what_is_its_own(institution: Institution, path: str) -> None:
    assert institution.subject(ANN).ask("GET", path).status_code == 403


def test_nobody_disputes_or_reads_for_another(institution: Institution, house: House) -> None:
    institution.bank_sends(house.member, outcome=True)
    ann, friend = institution.subject(ANN), institution.subject(FRIEND)
    item = friend.get("/v1/own-report")["outcomes"][0]["name"]
    said = {"table": item["table"], "source": item["source"], "key": item["key"], "text": "wrong"}
    assert ann.ask("POST", "/v1/disputes", **said).status_code == 404
    assert friend.ask("POST", "/v1/disputes", **said, party=ANN).status_code == 400
    number = friend.post("/v1/disputes", **said)["dispute"]["dispute"]
    assert ann.ask("GET", f"/v1/disputes/{number}").status_code == 404
    assert ann.get("/v1/disputes")["total"] == 0 and friend.get("/v1/disputes")["total"] == 1
    assert ann.ask("GET", "/v1/disputes", party=FRIEND).status_code == 400
    refused = friend.change(f"/v1/disputes/{number}", 3, move="delete")
    assert refused.status_code == 409 and "not for the party" in refused.json["detail"]
    assert institution.person("The shop", "service").ask("GET", "/v1/disputes").status_code == 403


def test_a_key_that_nobody_checked_reads_nothing(institution: Institution) -> None:
    refused = institution.subject(ANN, "declared").ask("GET", "/v1/own-report")
    assert refused.status_code == 403 and "checked" in refused.json["detail"]


def test_a_service_sees_the_notices_of_its_own_answers_alone(institution: Institution) -> None:
    shop, other = institution.person("The shop", "service"), institution.person("Another", "service")
    shop.get(f"/v1/scores/{ANN}", purpose="lending", threshold=950)
    shop.get(f"/v1/scores/{ANN}", purpose="lending", threshold=350)
    assert shop.get("/v1/notices")["total"] == 1 and other.get("/v1/notices")["total"] == 0
    assert other.ask("GET", "/v1/notices/1").status_code == 404


def test_a_decision_that_tells_no_score_has_a_notice_without_one(institution: Institution) -> None:
    shop = institution.person("The shop", "service")
    answer = shop.get("/v1/scores/friend", purpose="deposit_waiver")
    for notice in shop.get("/v1/notices")["notices"]:
        assert answer["approved"] is False and notice["notice"]["score"] is None and notice["notice"]["yes_or_no"]


def test_a_report_is_counted_and_nothing_is_known_of_a_stranger(institution: Institution) -> None:
    ann = institution.subject(ANN)
    assert [ann.get("/v1/own-report")["this_year"] for _ in range(2)] == [1, 2]
    assert ann.get("/v1/own-report")["free"] is False  # us_fcra: one a year
    assert time.time() - ann.get("/v1/own-report")["made"] < DAY
    page = ann.ask("GET", "/v1/own-report-page", language="zh")
    assert page.status_code == 200 and "关于您的全部信息" in page.text


def test_while_an_objection_is_open_the_answer_is_withheld_or_needs_review(
    institution: Institution, house: House
) -> None:
    shop, ada = institution.person("The shop", "service"), institution.person("Ada Lim", "investigator")
    ann = institution.subject(ANN)
    before = shop.get(f"/v1/scores/{ANN}", purpose="lending", threshold=350)
    made = ann.post("/v1/objections", to="automated_decisions", text="A person shall decide.")
    withheld = shop.get(f"/v1/scores/{ANN}", purpose="lending", threshold=350)
    assert (withheld["state"], withheld["score"], withheld["approved"]) == ("withheld", None, None)
    assert withheld["warnings"] == ["needs_review"]
    assert shop.get(f"/v1/scores/{FRIEND}", purpose="lending")["state"] == "assessed"

    # A purpose that a person reviews is answered, and says so; no other question gets around it.
    seen = ada.get(f"/v1/scores/{ANN}", threshold=350)
    assert (seen["state"], seen["approved"], seen["review"]) == ("assessed", None, True)
    assert "needs_review" in seen["warnings"]
    assert shop.get(f"/v1/explanations/{ANN}", purpose="lending")["score"]["state"] == "withheld"
    many = shop.post("/v1/scores", parties=[FRIEND, ANN], purpose="lending")["scores"]
    assert [one["state"] for one in many] == ["assessed", "withheld"]
    risk = shop.get("/v1/relationship-risk", source=ANN, target=FRIEND, purpose="lending")
    assert (risk["source_probability"], risk["target_probability"]) == (None, None)
    pairs = [{"source": FRIEND, "target": ANN}, {"source": FRIEND, "target": house.member}]
    risks = shop.post("/v1/relationship-risk", pairs=pairs, purpose="lending")["pairs"]
    assert risks[0]["risk"]["target_probability"] is None and risks[1]["risk"]["source_probability"] is not None

    # A withheld answer has a receipt, too, which replays as it was given.
    admin = institution.person("Ben Ahn", "admin")
    institution.office.app.extensions["kith.receipts"].flush()
    assert admin.post("/v1/replays", receipt=withheld["receipt"])["identical"] is True

    # The reviewer's decision ends it, with a second person where it goes against the party.
    path = f"/v1/objections/{made['objection']}"
    assert shop.ask("GET", path).status_code == 403
    assert ann.change(path, 1, move="uphold", told="yes").status_code == 409
    assert ada.change(path, 1, move="overrule", told="no", second="Bea Sun").status_code == 200
    assert figures(shop.get(f"/v1/scores/{ANN}", purpose="lending")) == figures(before)
    assert ada.change(path, 1, move="uphold", told="yes").status_code == 412
    assert [one["state"] for one in ann.get("/v1/own-report")["objections"]] == ["overruled"]


def test_a_category_that_a_party_objected_to_counts_in_no_answer_about_it(institution: Institution) -> None:
    shop, ada = institution.person("The shop", "service"), institution.person("Ada Lim", "investigator")
    ann = institution.subject(ANN)
    made = ann.post("/v1/objections", to="category", category="money", purpose="lending", text="It is private.")
    answer = ada.change(f"/v1/objections/{made['objection']}", 1, move="uphold", told="it is")
    assert answer.status_code == 200
    reasons = shop.get(f"/v1/scores/{ANN}", purpose="lending", include="reasons")["reasons"]
    assert reasons and not any("MONEY" in one["code"] for one in reasons)
    assert ann.ask("POST", "/v1/objections", to="category", text="which?").status_code == 422


def test_a_statement_is_told_with_every_answer_that_rests_on_its_fact(institution: Institution, house: House) -> None:
    institution.bank_sends(house.member, outcome=True)
    institution.renew()
    friend, ann = institution.subject(FRIEND), institution.subject(ANN)
    shop, ada = institution.person("The shop", "service"), institution.person("Ada Lim", "investigator")
    item = friend.get("/v1/own-report")["outcomes"][0]["name"]
    before = shop.get(f"/v1/scores/{FRIEND}", purpose="lending")
    made = friend.post("/v1/statements", **item, text="I was in hospital.")
    assert ann.ask("POST", "/v1/statements", **item, text="not mine").status_code == 404

    told = shop.get(f"/v1/scores/{FRIEND}", purpose="lending")
    (statement,) = told["statements"]
    assert (statement["text"], statement["source"], statement["about"]) == ("I was in hospital.", "bank", "default")
    assert told["receipt"] == before["receipt"]  # which is of what can be given again
    assert shop.get(f"/v1/explanations/{FRIEND}", purpose="lending")["score"]["statements"] == [statement]

    # Of another party, whose score rests on the fact too, an investigator alone is told, who may read its name.
    assert shop.get(f"/v1/scores/{ANN}", purpose="lending", include="reasons")["statements"] == []
    seen = ada.get(f"/v1/scores/{ANN}", purpose="lending", include="reasons")
    assert [one["party"] for one in seen["statements"]] == [FRIEND]

    assert [one["text"] for one in friend.get("/v1/own-report")["statements"]] == ["I was in hospital."]
    withdrawn = friend.ask("DELETE", f"/v1/statements/{made['statement']}")
    assert withdrawn.json["state"] == "withdrawn"
    assert shop.get(f"/v1/scores/{FRIEND}", purpose="lending")["statements"] == []


def test_what_was_explained_is_kept_as_it_was_told(institution: Institution) -> None:
    shop, ada = institution.person("The shop", "service"), institution.person("Ada Lim", "investigator")
    asked = {"purpose": "lending", "audience": "subject", "language": "zh"}
    told = shop.get(f"/v1/scores/{ANN}", include="reasons", **asked)
    full = shop.get(f"/v1/explanations/{ANN}", **asked)
    ada.get(f"/v1/explanations/{ANN}")  # whose words name others, so the party is not shown them
    kept = institution.subject(ANN).get("/v1/own-report")["explanations"]
    assert {(one["to"], one["language"]) for one in kept} == {("The shop", "zh")}
    assert [[reason["text"] for reason in one["reasons"]] for one in (full, told)] == [one["reasons"] for one in kept]
    assert [one["text"] for one in full["counterfactuals"]] == kept[0]["changes"]
