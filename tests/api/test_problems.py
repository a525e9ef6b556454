"""Every error is a problem document, and a key sees what its purposes allow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask

from api.problems import Problem
from api.reference.problem_types import TYPES, markdown, type_of
from graph.errors import KithError, SnapshotError, StoreUnavailable
from service.answers.scores import ScoreAnswer
from tests.api.conftest import Asker
from tests.house import House


def problem(answer: Any, status: int) -> Problem:
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.headers["X-Request-ID"]
    found = Problem.model_validate(answer.json)
    assert found.status == status and found.detail and "\n" not in found.detail
    return found


@pytest.mark.parametrize(
    ("path", "query", "words"),
    [
        ("/v1/scores/a", {"purpose": "gossip"}, "lending"),
        ("/v1/scores/a", {"include": "everything"}, "include"),
        ("/v1/scores/a", {"nonsense": 1}, "nonsense"),
        ("/v1/neighbours/a", {"limit": 0}, "limit"),
        ("/v1/neighbours/a", {"limit": 1001}, "limit"),
        ("/v1/neighbours/a", {"limit": "many"}, "limit"),
        ("/v1/parties", {"q": "x" * 1025}, "q"),
        ("/v1/relationship-risk", {"source": "a"}, "target"),
        ("/v1/relationship-risk", {"source": "a", "target": "a"}, "two"),
        ("/v1/relationship-risk", {"source": "a", "target": "b/c", "exposure": -1}, "exposure"),
        ("/v1/relationship-risk", {"source": "a", "target": "b/c", "exposure": "nan"}, "exposure"),
        ("/v1/paths", {"source": "a", "target": "b/c", "max_hops": 7}, "max_hops"),
    ],
)
def test_a_wrong_question_is_400_and_names_what_is_wrong(ask: Asker, path: str, query: Any, words: str) -> None:
    assert words in problem(ask(path, **query), 400).detail


def test_what_must_stand_there_is_said_without_the_name_of_an_error(
    ask: Asker, app: APIFlask, make_key: Callable[..., str], house: House
) -> None:
    body = {"parties": [house.member], "purpose": "lending", "threshold": "600"}
    assert problem(ask("/v1/scores", "POST", json=body), 400).detail == "threshold: send a number"
    event = {"type": "party", "id": "1", "time": "yesterday", "party": "x"}
    (answered,) = Asker(app, make_key("admin"))("/v1/events", "POST", json={"events": [event]}).json["events"]
    assert answered["detail"] == "time: send a number"


UNKNOWN = ["nobody", "nul\0", "a/b/c/d", "%", "\ufffd"]


@pytest.mark.parametrize("what", ["parties", "explanations", "neighbours"])
@pytest.mark.parametrize("party", [*UNKNOWN, "x" * 2000])
def test_an_unknown_party_is_404(ask: Asker, party: str, what: str) -> None:
    problem(ask.of(party, what), 404)


@pytest.mark.parametrize("party", UNKNOWN)
def test_a_score_of_an_unknown_party_is_an_answer_with_that_state(ask: Asker, party: str) -> None:
    answer = ask.of(party, "scores", include="reasons")
    assert answer.status_code == 200
    told = ScoreAnswer.model_validate(answer.json)
    assert (told.party, told.state, told.score, told.level) == (party, "unknown", None, "not_assessed")
    assert told.warnings == ("unknown_party",) and told.reasons == ()


def test_an_id_that_no_party_can_have_is_a_wrong_question(ask: Asker) -> None:
    assert "1,024" in problem(ask.of("x" * 2000, "scores"), 400).detail


def test_an_unknown_route_is_404_and_a_wrong_method_405(ask: Asker) -> None:
    for path in ("/v2/parties", "/v1/nothing", "/v1/parties/", "/v1/scores/", "/docs/x", "/assets/x"):
        assert "/docs" in problem(ask(path), 404).detail
    answer = ask("/v1/scores/a", method="DELETE")
    assert "GET" in problem(answer, 405).detail
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert ask("/v1/scores/a", method="HEAD").status_code == 200


@pytest.mark.parametrize("path", ["/v1/parties", "/v1/parties/a", "/v1/scores/nobody", "/v1/paths", "/v1/nothing"])
def test_everything_under_v1_wants_a_key_before_it_says_anything(app: Any, path: str) -> None:
    answer = Asker(app, None)(path)
    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_wrong_and_revoked_keys_are_401(app: Any, ask: Asker, house: House) -> None:
    made = house.kith("keys", "create", "--role", "investigator").json
    assert made is not None
    anybody, holder = Asker(app, None), Asker(app, made["key"])
    assert holder("/v1/parties").status_code == 200
    house.kith("keys", "revoke", str(made["id"]))
    assert "revoked" in problem(holder("/v1/parties"), 401).detail
    for sent in ("", "Bearer", "Bearer ", f"Basic {ask.key}", f"Bearer {ask.key}x", f"Bearer {ask.key} x", "Bearer é"):
        problem(anybody("/v1/parties", headers={"Authorization": sent}), 401)
    assert anybody("/v1/parties", headers={"Authorization": f"bearer  {ask.key}"}).status_code == 200


def test_a_key_asks_only_for_its_purposes(app: Any, make_key: Callable[..., str]) -> None:
    lender = Asker(app, make_key("service", "lending"))
    assert lender("/v1/scores/a", purpose="lending").status_code == 200
    for path in ("/v1/scores/a", "/v1/explanations/a"):
        assert "only for lending" in problem(lender(path, purpose="fraud_investigation"), 403).detail
    asked = {"source": "a", "target": "b/c", "purpose": "fraud_investigation"}
    problem(lender("/v1/relationship-risk", **asked), 403)


def test_a_question_that_names_no_purpose_is_asked_for_the_one_that_the_key_has(app: Any, make_key: Any) -> None:
    def asked(*purposes: str) -> Any:
        return Asker(app, make_key("investigator", *purposes))("/v1/scores/a")

    assert asked("lending").json["purpose"] == "lending"
    assert asked("all").json["purpose"] == "fraud_investigation"
    assert asked("lending", "fraud_investigation").json["purpose"] == "fraud_investigation"
    told = problem(asked("lending", "merchant_onboarding"), 400).detail
    assert "purpose" in told and "lending, merchant_onboarding" in told


def test_a_key_sees_only_links_that_its_purposes_may_use(app: Any, ask: Asker, make_key: Any, house: House) -> None:
    lender = Asker(app, make_key("investigator", "lending"))
    path = f"/v1/neighbours/{house.member}"
    seen, everything = lender(path, limit=1000).json, ask(path, limit=1000).json
    assert {"CALLS", "USES_DEVICE", "PAYS"} <= set(everything["counts"])
    assert set(seen["counts"]) == set(everything["counts"]) & {
        "PAYS",
        "ORDERS_FROM",
        "GUARANTEES",
        "LENDS_TO",
        "EMPLOYED_BY",
        "RATES",
    }
    assert {link["category"] for link in seen["neighbours"]} <= {"money", "guarantee", "work", "trust"}
    assert "CALLS" in problem(lender(path, kind="CALLS"), 403).detail
    assert set(lender.of(house.member).json["links"]) == set(seen["counts"])
    assert lender("/v1/paths", source="a", target="b/c").json["paths"] == [], "they are tied by friendship alone"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/parties", {}),
        ("/v1/neighbours/a", {}),
        ("/v1/paths", {"source": "a", "target": "b/c"}),
        ("/v1/rings", {}),
    ],
)
def test_a_service_does_not_look_around_and_reads_who_may(app: Any, make_key: Any, path: str, query: Any) -> None:
    for purposes in ((), ("fraud_investigation",), ("lending",)):
        detail = problem(Asker(app, make_key("service", *purposes))(path, **query), 403).detail
        assert "role service" in detail and "investigator or admin" in detail
    assert Asker(app, make_key("admin"))(path, **query).status_code == 200


def test_a_service_asks_about_parties_that_it_names(app: Any, make_key: Any, house: House) -> None:
    lender = Asker(app, make_key("service", "lending"))
    for what in ("parties", "scores", "explanations"):
        assert lender.of(house.member, what).status_code == 200
    assert lender("/v1/relationship-risk", source=house.member, target=house.shop).status_code == 200


def test_a_purpose_with_a_threshold_discloses_no_score_anywhere(app: Any, make_key: Any, house: House) -> None:
    waiver = Asker(app, make_key("service", "deposit_waiver"))
    answer = waiver.of(house.member, "scores", purpose="deposit_waiver", include="reasons").json
    assert answer["approved"] in {True, False}
    assert (answer["score"], answer["probability"], answer["level"]) == (None, None, None)
    problem(waiver.of(house.member, "explanations", purpose="deposit_waiver"), 403)
    member, other = house.truth.rings["ring_01"][:2]
    problem(waiver("/v1/relationship-risk", source=member, target=other, purpose="deposit_waiver"), 403)


def test_a_fault_is_500_and_tells_the_caller_nothing_of_it(ask: Asker, monkeypatch: Any, capsys: Any) -> None:
    def broken(*_: Any) -> None:
        raise ValueError("the id of somebody") from KeyError("another id")

    monkeypatch.setattr("api.scoring.scores.scores", broken)
    told = problem(ask("/v1/scores/a"), 500)
    assert "somebody" not in told.detail
    logged = capsys.readouterr().err
    assert '"error": ["ValueError", "KeyError"]' in logged and "test_problems.py" in logged
    assert "somebody" not in logged and "another id" not in logged


def test_a_failure_that_only_the_host_can_mend_names_no_file_to_the_caller(ask: Asker, monkeypatch: Any) -> None:
    def damaged(*_: Any) -> None:
        raise SnapshotError("/srv/kith/snapshots/7/ids.bin: its bytes differ from the manifest")

    monkeypatch.setattr("api.scoring.scores.scores", damaged)
    assert "/srv" not in problem(ask("/v1/scores/a"), 500).detail


def test_a_store_that_is_away_is_503(ask: Asker, monkeypatch: Any) -> None:
    def away(*_: Any) -> None:
        raise StoreUnavailable("the records database does not answer; try again")

    monkeypatch.setattr("api.scoring.scores.scores", away)
    answer = ask("/v1/scores/a")
    assert problem(answer, 503).type == "/problems/unavailable" and answer.headers["Retry-After"] == "1"


PAGE = Path(__file__).parents[2] / "docs/problems.md"


def errors(kind: type[KithError] = KithError) -> Iterator[type[KithError]]:
    """Every exception of Kith."""
    yield kind
    for one in kind.__subclasses__():
        yield from errors(one)


def test_docs_problems_md_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == markdown(), (
        "write it again: python -m api.reference.problem_types > docs/problems.md"
    )


def test_every_kind_of_problem_has_a_name_of_its_own_and_a_page(ask: Asker) -> None:
    assert len({one.name for one in TYPES}) == len(TYPES)
    every = ask("/problems")
    for one in TYPES:
        page = ask(one.uri)
        assert (page.status_code, page.mimetype) == (200, "text/html") and escape(one.meaning) in page.text
        assert f'id="{one.name}"' in every.text
    problem(ask("/problems/none-of-them"), 404)


def test_an_error_is_the_kind_of_its_own_class_and_not_of_one_above() -> None:
    """A class that stands behind one above it in the table would never be answered as itself."""
    for kind in errors():
        own = next((one for one in TYPES if kind in one.errors), None)
        assert own is None or type_of(kind.__new__(kind)) is own, kind


@pytest.mark.parametrize(
    ("path", "query", "kind"),
    [
        ("/v1/parties/nobody", {}, "unknown-party"),
        ("/v1/neighbours/a", {"kind": "FOO"}, "unknown-kind"),
        ("/v1/scores/a", {"purpose": "gossip"}, "unknown-purpose"),
        ("/v1/scores/a", {"nonsense": 1}, "wrong-question"),
        ("/v1/scores/a", {"threshold": "many"}, "wrong-question"),
        ("/v1/cases/77777", {}, "unknown-record"),
        ("/v1/parties", {"cursor": "x-1"}, "stale-cursor"),
        ("/v1/scores/a", {"exactly": 0}, "revision-gone"),
        ("/v1/own-report", {}, "not-allowed"),
        ("/v1/nothing", {}, "nothing-here"),
    ],
)
def test_a_problem_names_its_kind(ask: Asker, path: str, query: Any, kind: str) -> None:
    answer = ask(path, **query)
    found = problem(answer, answer.status_code)
    assert (found.type, found.title) == (f"/problems/{kind}", next(one.title for one in TYPES if one.name == kind))


def test_what_no_route_raised_has_its_kind_too(app: Any, ask: Asker) -> None:
    assert problem(Asker(app, None)("/v1/parties"), 401).type == "/problems/key-refused"
    assert problem(ask("/v1/scores/a", method="DELETE"), 405).type == "/problems/wrong-method"
    large = ask("/v1/scores", "POST", json={"parties": ["x" * 2_000_000]})
    assert problem(large, 413).type == "/problems/body-too-large"
