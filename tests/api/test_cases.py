"""Cases: two people on one case, what each may see, views as evidence, and the report that is handed over."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from api.app import create_app
from service.context import ServingContext
from service.records.database import open_records
from service.settings import Settings
from tests.api.office import Office, Person
from tests.api.test_problems import problem
from tests.house import House

NASTY = ['<img src=x onerror="alert(1)">', '"><script>alert(1)</script>', "مرحبا \u202egnp", "😀" * 50, "x" * 200]


@pytest.fixture(scope="module")
def context(house: House) -> ServingContext:
    return house.context()


@pytest.fixture
def office(house: House, context: ServingContext, tmp_path: Path) -> Iterator[Office]:
    records = open_records(f"sqlite:///{tmp_path}/records.db")
    yield Office(create_app(context, records, Settings(home=house.folder)), records)
    records.dispose()


@pytest.fixture
def ada(office: Office) -> Person:
    return office.person("Ada Lim")


@pytest.fixture
def bo(office: Office) -> Person:
    return office.person("Bo Hale")


def test_a_case_is_opened_with_its_parties_and_names_who_did_it(ada: Person, house: House) -> None:
    ring = house.truth.rings["ring_01"]
    case = ada.post("/v1/cases", title="A ring", parties=ring[:2], assignee="me")
    assert (case["case"], case["version"], case["state"], case["assignee"]) == (1, 1, "open", "Ada Lim")
    assert [(one["party"], one["present"], one["by"]) for one in case["parties"]] == [
        (party, True, "Ada Lim") for party in ring[:2]
    ]
    assert [act["what"] for act in case["acts"]] == ["open", "assignee", "add_party", "add_party"]
    assert case["taken"] == case["opened"] and ada.get("/v1/cases/1") == case


def test_the_answer_has_the_version_as_its_etag_and_is_not_sent_twice(ada: Person) -> None:
    ada.post("/v1/cases", title="A case")
    tag = ada.ask("GET", "/v1/cases/1").headers["ETag"]
    assert tag.startswith('"1-')
    assert ada.ask("GET", "/v1/cases/1", {"If-None-Match": tag}).status_code == 304
    assert ada.ask("PATCH", "/v1/cases/1", {"If-Match": tag}, title="Another").headers["ETag"].startswith('"2-')
    assert ada.ask("GET", "/v1/cases/1", {"If-None-Match": tag}).status_code == 200


def test_nobody_writes_over_what_they_have_not_seen(ada: Person, bo: Person) -> None:
    case = ada.post("/v1/cases", title="A case")
    bo.changed(case, add_notes=["Bo saw it first"])
    late = ada.change("/v1/cases/1", 1, add_notes=["Ada too"])
    assert late.status_code == 412 and late.content_type == "application/problem+json"
    newer = late.json["case"]
    assert newer["version"] == 2 and newer["notes"][0]["text"] == "Bo saw it first"
    after = ada.changed(newer, add_notes=["Ada too"])
    assert [(note["text"], note["by"]) for note in after["notes"]] == [
        ("Bo saw it first", "Bo Hale"), ("Ada too", "Ada Lim"),
    ]  # fmt: skip


@pytest.mark.parametrize("sent", [None, "", "1", "*", 'W/"1"', '"x"', '"1", "2"', '""'])
def test_a_change_says_which_version_it_changes(ada: Person, sent: str | None) -> None:
    ada.post("/v1/cases", title="A case")
    problem(ada.ask("PATCH", "/v1/cases/1", {} if sent is None else {"If-Match": sent}, title="Another"), 428)


def test_a_change_that_is_refused_changes_nothing(ada: Person) -> None:
    case = ada.post("/v1/cases", title="A case")
    problem(ada.change("/v1/cases/1", 1, title="Another", add_parties=["nobody"]), 404)
    problem(ada.change("/v1/cases/1", 1, title="Another", confirm_close=True), 409)
    problem(ada.change("/v1/cases/1", 1, title="Another", nonsense=1), 400)
    problem(ada.change("/v1/cases/1", 1, title=""), 400)
    problem(ada.change("/v1/cases/1", 1, add_evidence=[{"kind": "party", "party": "a", "view": "x"}]), 400)
    assert ada.get("/v1/cases/1") == case
    assert ada.changed(case) == case


def test_what_is_not_there_is_404(ada: Person) -> None:
    for path in ("/v1/cases/1", "/v1/cases/99999999999999999999", "/v1/cases/0", "/v1/case-reports/1"):
        problem(ada.ask("GET", path), 404)
    problem(ada.change("/v1/cases/1", 1, title="x"), 404)
    problem(ada.ask("GET", f"/v1/views/{64 * '0'}"), 404)


def test_four_eyes_close_a_case_and_it_can_be_opened_again(ada: Person, bo: Person, office: Office) -> None:
    case = ada.post("/v1/cases", title="A case", assignee="me")
    case = ada.changed(case, close={"outcome": "false_positive", "reason": "same_household", "text": "one flat"})
    assert case["state"] == "closing"
    for one in (ada, office.person("ADA LIM")):
        assert "four eyes" in problem(one.change("/v1/cases/1", case["version"], confirm_close=True), 403).detail
    case = bo.changed(case, confirm_close=True)
    assert (case["state"], case["closing"]["by"], case["closing"]["confirmed_by"]) == ("closed", "Ada Lim", "Bo Hale")
    problem(ada.change("/v1/cases/1", case["version"], add_notes=["late"]), 409)
    case = ada.changed(case, reopen="there is more")
    assert (case["state"], case["reopened"]) == ("open", 1)
    whats = [act["what"] for act in case["acts"]]
    assert whats == ["open", "assignee", "close", "confirm_close", "reopen"]
    assert all(act["time"] > 0 and act["by"] in ("Ada Lim", "Bo Hale") for act in case["acts"])


def test_cases_are_listed_by_state_person_and_party(ada: Person, bo: Person, house: House) -> None:
    ring = house.truth.rings["ring_01"]
    ada.post("/v1/cases", title="One", parties=ring[:2], assignee="me")
    bo.post("/v1/cases", title="Two", parties=ring[1:3], assignee="Ada Lim")
    bo.changed(bo.get("/v1/cases/2"), close={"outcome": "inconclusive", "reason": "other"})

    def titles(**query: Any) -> list[str]:
        return [one["title"] for one in ada.get("/v1/cases", **query)["cases"]]

    assert titles() == ["Two", "One"] and titles(state="closing") == ["Two"] and titles(assignee="me") == titles()
    assert titles(party=ring[0]) == ["One"] and titles(party=ring[1]) == titles() and titles(party="nobody") == []
    first = ada.get("/v1/cases", limit=1)
    assert first["total"] == 2 and ada.get("/v1/cases", limit=1, cursor=first["next"])["cases"][0]["title"] == "One"
    problem(ada.ask("GET", "/v1/cases", cursor=first["next"], state="open"), 409)
    problem(ada.ask("GET", "/v1/cases", nonsense=1), 400)


def test_who_draws_a_party_learns_that_somebody_is_at_work_on_it(ada: Person, bo: Person, house: House) -> None:
    ring = house.truth.rings["ring_01"]
    ada.post("/v1/cases", title="One", parties=ring[:1], assignee="me")
    found = bo.post("/v1/case-lookups", parties=[*ring, "nobody"])["parties"]
    assert [(one["party"], one["cases"][0]["assignee"]) for one in found] == [(ring[0], "Ada Lim")]


def test_cases_that_share_parties_name_each_other(ada: Person, house: House) -> None:
    ring = house.truth.rings["ring_01"]
    ada.post("/v1/cases", title="One", parties=ring[:2])
    two = ada.post("/v1/cases", title="Two", parties=ring[1:3])
    assert [(one["case"], one["shared"]) for one in two["related"]] == [(1, [ring[1]])]


def test_an_answer_becomes_evidence_as_the_server_gives_it(ada: Person, house: House) -> None:
    score = ada.get(f"/v1/scores/{house.member}", include="reasons")
    case = ada.post("/v1/cases", title="A case", parties=[house.member])
    item = {"kind": "answer", "party": house.member}
    problem(ada.change("/v1/cases/1", 1, add_evidence=[item | {"receipt": 64 * "0"}]), 409)
    case = ada.changed(case, add_evidence=[item | {"receipt": score["receipt"]}])
    kept = case["evidence"][0]["item"]
    assert kept["receipt"] == score["receipt"] and json.loads(kept["content"]) == score


def test_an_answer_is_kept_in_the_form_of_its_receipt(ada: Person, house: House) -> None:
    """As the page shows it: in Chinese, or without reasons."""
    case = ada.post("/v1/cases", title="A case", parties=[house.member])
    for query in ({"include": "reasons", "language": "zh"}, {}):
        score = ada.get(f"/v1/scores/{house.member}", **query)
        item = {"kind": "answer", "party": house.member, "receipt": score["receipt"]}
        case = ada.changed(case, add_evidence=[item])
        assert json.loads(case["evidence"][-1]["item"]["content"]) == score
    kept = [one for one in ada.get("/v1/case-reports/1")["receipts"] if one["kept"] is not None]
    assert len(kept) == 2 and all(one["now"] == one["receipt"] for one in kept)


def test_an_override_names_what_was_computed(ada: Person, house: House) -> None:
    case = ada.post("/v1/cases", title="A case", parties=[house.member])
    level = ada.get(f"/v1/scores/{house.member}")["level"]
    case = ada.changed(case, set_override={"party": house.member, "level": "low", "reason": "debt_settled"})
    [override] = case["overrides"]
    assert (override["level"], override["computed"], override["by"]) == ("low", level, "Ada Lim")
    assert ada.get(f"/v1/scores/{house.member}")["level"] == level, "an override changes no score"


def test_what_is_barred_to_a_key_stays_barred_in_a_case(ada: Person, office: Office, house: House) -> None:
    """Who may ask for lending alone sees that there is evidence of friendship and fraud, and nothing of it."""
    lender = office.person("Lee Ender", "lending")
    case = ada.post("/v1/cases", title="A case", parties=["a", house.member])
    link = {"kind": "link", "source": "a", "target": house.member, "link": "FRIEND_OF"}
    case = ada.changed(
        case,
        add_evidence=[link, {"kind": "answer", "party": house.member}, {"kind": "party", "party": "a"}],
        set_override={"party": house.member, "level": "low", "reason": "judgement"},
    )
    assert all(one["withheld"] is None for one in case["evidence"])
    answer = lender.ask("GET", "/v1/cases/1")
    seen = answer.json
    assert [one["item"] is None for one in seen["evidence"]] == [True, True, False]
    assert [bool(one["withheld"]) for one in seen["evidence"]] == [True, True, False]
    assert seen["overrides"][0]["computed"] is None and seen["overrides"][0]["receipt"] is None
    assert "FRIEND_OF" not in answer.text and case["evidence"][1]["item"]["receipt"] not in answer.text
    problem(lender.change("/v1/cases/1", seen["version"], add_evidence=[link]), 403)
    asked = {"kind": "answer", "party": "a", "purpose": "fraud_investigation"}
    problem(lender.change("/v1/cases/1", seen["version"], add_evidence=[asked]), 403)
    problem(lender.ask("GET", "/v1/case-reports/1", purpose="fraud_investigation"), 403)
    report = lender.get("/v1/case-reports/1")
    assert report["purpose"] == "lending" and report["rings"] == [] and report["where"] == []
    text = json.dumps(report)
    assert "FRIEND_OF" not in text and "USES_" not in text and "[withheld]" not in text
    assert any("withheld" in one["text"] for one in report["unknown"])


def test_a_link_that_is_not_there_is_no_evidence(ada: Person) -> None:
    ada.post("/v1/cases", title="A case")
    for link, status in (("PAYS", 400), ("NOTHING", 404)):
        item = {"kind": "link", "source": "a", "target": "b/c", "link": link}
        problem(ada.change("/v1/cases/1", 1, add_evidence=[item]), status)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/cases", {}),
        ("POST", "/v1/cases", {"title": "x"}),
        ("GET", "/v1/cases/1", {}),
        ("PATCH", "/v1/cases/1", {"title": "x"}),
        ("POST", "/v1/case-lookups", {"parties": ["a"]}),
        ("GET", "/v1/case-figures", {}),
        ("GET", "/v1/case-reports/1", {}),
        ("GET", "/v1/case-report-pages/1", {}),
        ("GET", "/v1/alerts", {}),
        ("GET", "/v1/alerts/x", {}),
        ("PATCH", "/v1/alerts/x", {"take": True}),
        ("POST", "/v1/views", {"state": "x"}),
        ("GET", "/v1/views/x", {}),
        ("POST", "/v1/layouts", {"parties": ["a"]}),
        ("POST", "/v1/sessions", {}),
    ],
)
def test_casework_is_for_people_who_investigate(office: Office, ada: Person, method: str, path: str, body: Any) -> None:
    ada.post("/v1/cases", title="A case")
    headers = {"If-Match": '"1"'}
    service = office.person("Shop", role="service").ask(method, path, headers, **body)
    assert "role service" in problem(service, 403).detail
    admin = office.person("Root", role="admin").ask(method, path, headers, **body)
    assert admin.status_code not in (401, 403), admin.text
    assert office.app.test_client().open(path, method=method).status_code == 401
    if path not in ("/v1/layouts",):
        assert "--name" in problem(office.person(None).ask(method, path, headers, **body), 403).detail


def test_records_that_do_not_answer_are_503(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: Any) -> None:
        raise OperationalError("SELECT a secret", {}, Exception("database is locked"))

    monkeypatch.setattr("service.casework.cases.stored_cases.find", locked)
    assert "secret" not in problem(ada.ask("GET", "/v1/cases"), 503).detail


@pytest.mark.parametrize("text", ["nul\0", "line\nbreak", "", "x" * 201])
def test_a_person_has_a_name_that_can_be_written(ada: Person, text: str) -> None:
    problem(ada.ask("POST", "/v1/cases", title="A case", assignee=text), 400)


# Views


def test_the_same_content_is_the_same_view(ada: Person, bo: Person) -> None:
    view = ada.post("/v1/views", state='{"x": 1}', parties=["b/c", "a"], kinds=["PAYS"])["view"]
    canonical = '{"kinds":["PAYS"],"parties":["a","b/c"],"state":"{\\"x\\": 1}"}'
    assert view == hashlib.sha256(canonical.encode()).hexdigest()
    assert bo.post("/v1/views", state='{"x": 1}', parties=["a", "b/c", "a"], kinds=["PAYS"])["view"] == view
    assert ada.get(f"/v1/views/{view}")["owners"] == ["Ada Lim", "Bo Hale"]


def test_a_view_is_opened_by_its_owner_or_through_a_case(ada: Person, bo: Person) -> None:
    view = ada.post("/v1/views", state="{}")["view"]
    problem(bo.ask("GET", f"/v1/views/{view}"), 403)
    case = bo.post("/v1/cases", title="A case")
    problem(bo.change("/v1/cases/1", 1, add_evidence=[{"kind": "view", "view": view}]), 404)
    case = ada.changed(case, add_evidence=[{"kind": "view", "view": view}])
    assert bo.get(f"/v1/views/{view}")["cases"] == [1]
    ada.changed(case, remove_evidence=[1])
    problem(bo.ask("GET", f"/v1/views/{view}"), 403)


def test_opening_a_view_says_what_vanished_and_what_is_barred(ada: Person, office: Office) -> None:
    sent = {"state": "{}", "parties": ["a", "long gone"], "kinds": ["CALLS", "PAYS"]}
    view = ada.post("/v1/views", **sent)["view"]
    opened = ada.get(f"/v1/views/{view}")
    assert (opened["vanished"], opened["barred"]) == (["long gone"], [])
    lender = office.person("Lee Ender", "lending")
    lender.post("/v1/views", **sent)
    assert lender.get(f"/v1/views/{view}")["barred"] == ["CALLS"]


# Layouts


def test_a_layout_places_all_and_leaves_the_old_where_they_are(ada: Person, house: House) -> None:
    ring = house.truth.rings["ring_01"]
    first = ada.post("/v1/layouts", parties=[*ring, "a"])
    assert set(first["positions"]) == {*ring, "a"} and first["edge_length"] == 100.0 and first["links"] > 0
    assert ada.post("/v1/layouts", parties=["a", *reversed(ring)])["positions"] == first["positions"]
    second = ada.post("/v1/layouts", parties=[*ring, "a", "b/c"], positions=first["positions"])
    stayed = [party for party in (*ring, "a") if second["positions"][party] == first["positions"][party]]
    assert (second["placed"], second["moved"]) == (1, len(ring) + 1 - len(stayed))
    neighbours = {house.member}  # "b/c" is tied to nobody else
    assert {*ring, "a"} - neighbours <= set(stayed)


def test_a_layout_uses_links_that_the_key_may_see(ada: Person, office: Office, house: House) -> None:
    lender = office.person("Lee Ender", "lending")
    asked = {"parties": ["a", house.member]}
    assert ada.post("/v1/layouts", **asked)["links"] == 1 and lender.post("/v1/layouts", **asked)["links"] == 0
    problem(lender.ask("POST", "/v1/layouts", kinds=["FRIEND_OF"], **asked), 403)


@pytest.mark.parametrize(
    "body",
    [
        {"parties": []},
        {"parties": ["a"], "positions": {"a": [0]}},
        {"parties": ["a"], "positions": {"a": ["0", 0]}},
        {"parties": ["a"], "positions": {"a": [1e12, 0]}},
        {"parties": ["a"], "seed": -1},
        {"parties": ["a"], "seed": True},
    ],
)
def test_a_layout_that_is_asked_wrongly_is_400(ada: Person, body: dict[str, Any]) -> None:
    problem(ada.ask("POST", "/v1/layouts", **body), 400)
    problem(ada.ask("POST", "/v1/layouts", parties=["nobody"]), 404)


# Figures and reports


def test_the_figures_count_what_was_done(ada: Person, bo: Person) -> None:
    for outcome, reason in (("confirmed", "fraud_confirmed"), ("false_positive", "same_household")):
        case = ada.post("/v1/cases", title=outcome, assignee="me")
        case = ada.changed(case, close={"outcome": outcome, "reason": reason})
        bo.changed(case, confirm_close=True)
    ada.post("/v1/cases", title="waits")
    figures = bo.get("/v1/case-figures")
    assert (figures["open"], figures["closing"], figures["closed"]) == (1, 0, 2)
    assert figures["conversion"] == 0.5 and figures["false_positive_reasons"] == {"same_household": 1}
    assert figures["time_to_take"]["cases"] == figures["time_to_close"]["cases"] == 2
    assert figures["time_to_take"]["median"] == 0.0 and 0.0 < figures["time_to_close"]["p90"] < 60.0
    assert [(one["up_to_days"], one["cases"]) for one in figures["backlog"]] == [(1, 1), (7, 0), (30, 0), (None, 0)]


def test_a_report_says_each_thing_with_its_source(ada: Person, house: House) -> None:
    ring = list(house.truth.rings["ring_01"])
    case = ada.post("/v1/cases", title="A ring", parties=ring)
    ada.changed(case, add_notes=["seen"], add_evidence=[{"kind": "answer", "party": ring[0]}])
    report = ada.get("/v1/case-reports/1")
    assert (report["format"], report["made_by"], report["snapshot"]) == (1, "Ada Lim", house.context().snapshot.id)
    assert [one["party"] for one in report["who"]] == ring
    told = [one for part in ("what", "when", "why", "unknown", "narrative") for one in report[part]]
    assert told and all(one["text"] and one["source"] for one in told)
    assert [one["time"] for one in report["when"]] == sorted(one["time"] for one in report["when"])
    assert report["where"][0]["parties"] == sorted(ring) and report["rings"]
    assert all({link["source"], link["target"]} <= set(ring) for link in report["how"]) and report["how"]
    assert set(report["picture"]["positions"]) == set(ring)
    scores = {one["party"]: one["score"]["receipt"] for one in report["who"]}
    assert scores == {party: ada.get(f"/v1/scores/{party}", include="reasons")["receipt"] for party in ring}
    assert all(one["receipt"] == one["now"] for one in report["receipts"])
    assert report["narrative"][0]["text"].startswith("Case 1 was opened by Ada Lim")


def test_the_narrative_is_made_of_facts_of_the_report_alone(ada: Person, house: House) -> None:
    ada.post("/v1/cases", title="A ring", parties=house.truth.rings["ring_01"][:2])
    report = ada.get("/v1/case-reports/1")
    facts = {(one["text"], one["source"]) for part in ("what", "why", "unknown") for one in report[part]}
    dated = {(one["text"], one["source"]) for one in report["when"]}
    told = [(one["text"], one["source"]) for one in report["narrative"]]
    assert all(one in facts or (one[0][12:-1], one[1]) in dated for one in told[1:]), (
        "a date, and the event of that day"
    )
    assert {one for one in facts if "scores" in one[0]} <= set(told)


def test_what_is_not_known_is_said(ada: Person) -> None:
    ada.post("/v1/cases", title="A ring", parties=["lonely"])
    assert any("not assessed" in one["text"] for one in ada.get("/v1/case-reports/1")["unknown"])


def test_a_report_is_one_page_that_fetches_nothing(ada: Person, house: House) -> None:
    ada.post("/v1/cases", title="A ring", parties=house.truth.rings["ring_01"])
    answer = ada.ask("GET", "/v1/case-report-pages/1")
    assert answer.status_code == 200 and answer.content_type == "text/html; charset=utf-8"
    style = answer.text.split("<style>")[1].split("</style>")[0]
    digest = hashlib.sha256(style.encode()).digest()
    assert base64.b64encode(digest).decode() in answer.headers["Content-Security-Policy"]
    assert "<svg" in answer.text and "<script" not in answer.text and " style=" not in answer.text
    assert "http://www.w3.org/2000/svg" in answer.text and answer.text.count("http") == 1
    chinese = ada.ask("GET", "/v1/case-report-pages/1", language="zh").text
    assert 'lang="zh"' in chinese and "叙述草稿" in chinese


def test_the_page_to_hand_over_has_words_names_and_the_note_first(ada: Person, house: House) -> None:
    ring = house.truth.rings["ring_01"]
    case = ada.post("/v1/cases", title="A ring", parties=ring[:1])
    ada.changed(case, add_notes=["She lent her phone"])
    page = ada.ask("GET", "/v1/case-report-pages/1").text
    assert "about 1 parties" not in page and "fraud_investigation" not in page and "fraud investigation" in page
    assert "null" not in page and "note written" in page
    assert 0 < page.index("She lent her phone") < page.index("<svg")
    snapshot = house.context().snapshot
    left_out = [snapshot.name_of(snapshot.row_of(party)) for party in ring[1:]]
    assert left_out and all(name and name in page for name in left_out), "members that are not in the case are named"
    width = float(page.split('viewBox="')[1].split('"')[0].split()[2])
    assert width >= 720, "one party is drawn as large as one of many"


def test_a_report_with_hidden_names_names_nobody(ada: Person, house: House) -> None:
    ring = house.truth.rings["ring_01"]
    case = ada.post("/v1/cases", title="A ring", parties=ring)
    ada.changed(case, add_evidence=[{"kind": "answer", "party": ring[0]}])
    whole = ada.ask("GET", "/v1/case-report-pages/1").text
    snapshot = house.context().snapshot
    names = {name for row in range(snapshot.n_parties) if (name := snapshot.name_of(row)) and f"{name} (" in whole}
    assert {snapshot.name_of(snapshot.row_of(party)) for party in ring} <= names
    page = ada.ask("GET", "/v1/case-report-pages/1", names="hidden").text
    report = json.dumps(ada.get("/v1/case-reports/1", names="hidden"), ensure_ascii=False)
    assert [name for name in names if name in page or name in report] == []
    assert all(party in page and party in report for party in ring)


@pytest.mark.parametrize("text", NASTY)
def test_a_text_stays_text_in_the_page_of_a_report(ada: Person, house: House, text: str) -> None:
    case = ada.post("/v1/cases", title=text, parties=['it\'s "quoted"', "[bold]red[/bold]"])
    ada.changed(case, add_notes=[text, "nul\0"])
    page = ada.ask("GET", "/v1/case-report-pages/1").text
    assert "<script" not in page and "<img" not in page and 'onerror="' not in page
    assert ada.get("/v1/case-reports/1")["title"] == text
