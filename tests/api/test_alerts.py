"""Alerts: found between two snapshots, worked on by people, and closed with an outcome."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from graph.purposes import PURPOSES
from graph.snapshots.snapshot import Snapshot
from service.casework.findings import LEAST_MOVE, LEAST_UNHARMED, find
from service.context import ServingContext
from service.records.database import open_records
from service.settings import Settings
from service.workspace import Workspace
from tests.api.office import Office, Person
from tests.api.test_problems import problem
from tests.house import House

FRAUD = "fraud_investigation"


@pytest.fixture(scope="module")
def context(house: House) -> ServingContext:
    return house.context()


@pytest.fixture(scope="module")
def earlier(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town as of 1 August: rings were formed and parties failed since."""
    folder = tmp_path_factory.mktemp("earlier") / "snapshot"
    said = house.kith("snapshot", "--as-of", "2025-08-01", "--out", str(folder))
    assert said.code == 0, said.err
    return folder


@pytest.fixture
def office(house: House, context: ServingContext, earlier: Path, tmp_path: Path) -> Iterator[Office]:
    records = open_records(f"sqlite:///{tmp_path}/records.db")
    yield Office(create_app(context, records, Settings(home=house.folder, before=earlier)), records)
    records.dispose()


@pytest.fixture
def ada(office: Office) -> Person:
    return office.person("Ada Lim")


@pytest.fixture
def bo(office: Office) -> Person:
    return office.person("Bo Hale")


def first(person: Person, **query: Any) -> Any:
    return person.get("/v1/alerts", **query)["alerts"][0]


def test_alerts_say_what_changed_since_the_snapshot_before(ada: Person, house: House, earlier: Path) -> None:
    page = ada.get("/v1/alerts", limit=500)
    assert page["before"] == Workspace(house.folder).snapshot(earlier).id
    assert page["total"] == len(page["alerts"]) == sum(page["counts"].values())
    assert {"score_moved", "ring_new", "outcome_opened"} <= set(page["counts"])
    strengths = [one["strength"] for one in page["alerts"]]
    assert strengths == sorted(strengths, reverse=True)
    assert all(one["why"] and one["state"] == "new" and one["version"] == 1 for one in page["alerts"])


def test_a_moved_score_names_both_scores_and_what_moved_it(ada: Person) -> None:
    for one in ada.get("/v1/alerts", kind="score_moved", limit=500)["alerts"]:
        assert one["score_after"] == ada.get(f"/v1/scores/{one['party']}")["score"]
        assert abs(one["score_after"] - one["score_before"]) >= LEAST_MOVE - 1
        if min(one["score_before"], one["score_after"]) > 350:
            assert sum(one["points"].values()) == pytest.approx(one["score_after"] - one["score_before"], abs=2)


def test_a_category_that_a_party_objected_to_counts_in_no_alert_of_its_score(office: Office, ada: Person) -> None:
    moves = ada.get("/v1/alerts", kind="score_moved", limit=500)["alerts"]
    alert, category = next((one, part) for one in moves for part in one["points"] if part in PURPOSES[FRAUD].categories)
    admin = office.person("Eve Ng", role="admin")
    made = admin.post("/v1/objections", party=alert["party"], to="category", category=category, text="It is private.")
    upheld = admin.change(f"/v1/objections/{made['objection']}", made["version"], move="uphold", told="it is")
    assert upheld.status_code == 200, upheld.text

    assert ada.ask("GET", f"/v1/alerts/{alert['alert']}").status_code == 404
    now = ada.get("/v1/alerts", kind="score_moved", limit=500)["alerts"]
    of_party = [one for one in now if one["party"] == alert["party"]]
    assert [one["score_after"] for one in of_party] in ([], [ada.get(f"/v1/scores/{alert['party']}")["score"]])
    assert all(category not in one["points"] for one in of_party)
    others = {one["alert"] for one in moves} - {alert["alert"]}
    assert others <= {one["alert"] for one in now}


def test_an_alert_stays_where_only_a_person_may_decide(office: Office, ada: Person) -> None:
    """Investigations have review: the score is told, and a person decides."""
    alert = first(ada, kind="score_moved")
    objection = {"party": alert["party"], "to": "automated_decisions", "text": "A person shall decide."}
    office.person("Eve Ng", role="admin").post("/v1/objections", **objection)
    assert ada.get(f"/v1/scores/{alert['party']}")["state"] == "assessed"
    assert alert["party"] in [one["party"] for one in ada.get("/v1/alerts", kind="score_moved", limit=500)["alerts"]]


def test_a_new_ring_is_an_alert_about_its_members(ada: Person, house: House) -> None:
    rings = {one["ring"]: {member["party"] for member in one["members"]} for one in ada.get("/v1/rings")["rings"]}
    alerts = ada.get("/v1/alerts", kind="ring_new", limit=500)["alerts"]
    for one in alerts:
        assert rings[one["ring"]] == set(one["parties"]) and one["party"] in one["parties"]
    planted = [set(members) for members in house.truth.rings.values()]
    assert any(len(ring & set(one["parties"])) >= 3 for one in alerts for ring in planted)
    member = alerts[0]["parties"][0]
    assert alerts[0]["alert"] in [one["alert"] for one in ada.get("/v1/alerts", party=member, limit=500)["alerts"]]


def test_an_outcome_beside_many_unharmed_is_an_alert(ada: Person, house: House) -> None:
    for one in ada.get("/v1/alerts", kind="outcome_opened", limit=500)["alerts"]:
        outcomes = ada.get(f"/v1/profiles/{one['party']}")["outcomes"]
        assert any(outcome["outcome"] in ("default", "fraud") and outcome["closed"] is None for outcome in outcomes)
        assert int(one["why"][1].split()[0]) >= LEAST_UNHARMED


def test_without_a_snapshot_before_nothing_is_called_new(context: ServingContext) -> None:
    found = find(context, None, context.purpose("fraud_investigation")).found
    assert {one.kind for one in found} == {"ring_found", "outcome_opened"}
    assert all(one.before is None for one in found)


def test_between_a_snapshot_and_itself_nothing_changed(context: ServingContext) -> None:
    assert find(context, context, context.purpose("fraud_investigation")).found == ()


def test_the_same_snapshots_have_the_same_findings(context: ServingContext, house: House, earlier: Path) -> None:
    purpose = context.purpose("fraud_investigation")
    before = ServingContext(Workspace(house.folder).snapshot(earlier), context.model, context.model_id, context.odds0)
    assert find(context, before, purpose) == find(context, before, purpose)


def test_the_page_of_a_party_says_what_changed_since_the_snapshot_before(
    ada: Person, context: ServingContext, earlier: Path
) -> None:
    before = Workspace(Path()).snapshot(earlier)
    moved = ada.get("/v1/alerts", kind="score_moved")["alerts"][0]
    opened = ada.get("/v1/alerts", kind="outcome_opened")["alerts"][0]
    ring = ada.get("/v1/alerts", kind="ring_new")["alerts"][0]
    changes = {one["party"]: ada.get(f"/v1/party-changes/{one['party']}") for one in (moved, opened, ring)}
    score = changes[moved["party"]]["score"]
    assert (score["score_before"], score["score_after"]) == (moved["score_before"], moved["score_after"])
    assert score["why"] == moved["points"]
    assert any(one["after"] and not one["before"] for one in changes[opened["party"]]["outcomes"])
    assert any(one["change"] == "came" and ring["party"] in one["joined"] for one in changes[ring["party"]]["rings"])
    for party, one in changes.items():
        assert one["before"] == {"snapshot": before.id, "revision": before.revision, "as_of": before.as_of}
        now, then = (links_of(snapshot, party) for snapshot in (context.snapshot, before))
        assert sum(link["new"] - link["gone"] for link in one["links"]) == now - then


def links_of(snapshot: Snapshot, party: str) -> int:
    """How many links a party has."""
    row = snapshot.row_of(party)
    return sum(len(links.out(row).party) + len(links.into(row).party) for links in map(snapshot.links, snapshot.kinds))


def test_an_alert_is_taken_commented_on_and_closed(ada: Person, bo: Person) -> None:
    alert = ada.changed(first(ada), take=True, add_note="looks bad")
    assert (alert["state"], alert["assignee"], alert["notes"][0]["text"]) == ("taken", "Ada Lim", "looks bad")
    assert alert["alert"] in [one["alert"] for one in bo.get("/v1/alerts", assignee="Ada Lim")["alerts"]]
    late = bo.change(f"/v1/alerts/{alert['alert']}", 1, take=True)
    assert late.status_code == 412 and late.json["alert"] == alert and late.json["case"] is None
    alert = ada.changed(alert, close={"outcome": "false_positive", "reason": "legitimate_business", "text": "a shop"})
    assert (alert["state"], alert["outcome"], alert["reason"]) == ("closed", "false_positive", "legitimate_business")
    problem(ada.change(f"/v1/alerts/{alert['alert']}", alert["version"], take=True), 409)
    assert alert["alert"] not in [one["alert"] for one in ada.get("/v1/alerts", limit=500)["alerts"]]
    assert [one["alert"] for one in ada.get("/v1/alerts", state="closed")["alerts"]] == [alert["alert"]]
    assert [act["what"] for act in alert["acts"]] == ["take", "add_note", "close"]
    alert = ada.changed(alert, reopen=True)
    assert (alert["state"], alert["outcome"]) == ("taken", None)
    figures = ada.get("/v1/case-figures")
    assert figures["alerts"]["taken"] == 1 and figures["alert_outcomes"] == {}


def test_a_snooze_ends_by_itself(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    alert = first(ada)
    path, until = f"/v1/alerts/{alert['alert']}", time.time() + 3600
    problem(ada.change(path, 1, snooze_until=time.time() - 1), 400)
    alert = ada.changed(alert, snooze_until=until)
    assert (alert["state"], alert["snoozed_until"]) == ("snoozed", until)
    assert first(ada)["alert"] != alert["alert"] and first(ada, state="snoozed")["alert"] == alert["alert"]
    monkeypatch.setattr("api.workbench.desk.time.time", lambda: until + 1)
    awake = first(ada)
    assert (awake["alert"], awake["state"], awake["snoozed_until"]) == (alert["alert"], "new", None)
    assert ada.get("/v1/alerts", state="snoozed")["total"] == 0


def test_an_alert_does_one_thing_at_a_time(ada: Person) -> None:
    alert = first(ada)
    problem(ada.change(f"/v1/alerts/{alert['alert']}", 1, take=True, release=True), 409)
    problem(ada.change(f"/v1/alerts/{alert['alert']}", 1, wake=False), 400)
    problem(ada.ask("PATCH", f"/v1/alerts/{alert['alert']}", take=True), 428)
    assert ada.get(f"/v1/alerts/{alert['alert']}") == alert


@pytest.mark.slow
def test_an_alert_leads_to_a_case_and_names_it_from_then_on(ada: Person, bo: Person) -> None:
    alert = first(ada)
    case = ada.post("/v1/cases", title="From an alert", parties=alert["parties"], alerts=[alert["alert"]])
    assert case["alerts"] == [alert["alert"]]
    [named] = bo.get(f"/v1/alerts/{alert['alert']}")["cases"]
    assert (named["case"], named["title"]) == (1, "From an alert")
    narrative = ada.get("/v1/case-reports/1")["narrative"]
    assert "first noticed" in narrative[1]["text"] and narrative[1]["source"] == f"alert {alert['alert']}"


def test_pages_go_through_all_alerts(ada: Person) -> None:
    every = [one["alert"] for one in ada.get("/v1/alerts", limit=500)["alerts"]]
    seen, cursor = [], {}
    while True:
        page = ada.get("/v1/alerts", limit=7, **cursor)
        seen += [one["alert"] for one in page["alerts"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == every and len(set(seen)) == len(seen)


def test_alerts_speak_two_languages(ada: Person) -> None:
    alert = first(ada, kind="score_moved")
    chinese = ada.get(f"/v1/alerts/{alert['alert']}", language="zh")
    assert len(chinese["why"]) == len(alert["why"]) and "评分" in chinese["why"][0]


def test_alerts_are_for_keys_that_may_ask_for_fraud_investigation(office: Office) -> None:
    lender = office.person("Lee Ender", "lending")
    problem(lender.ask("GET", "/v1/alerts"), 403)
    problem(lender.ask("GET", "/v1/alerts/x"), 403)


def test_two_searches_at_once_keep_one_set(
    office: Office, house: House, context: ServingContext, earlier: Path
) -> None:
    """As two processes of one server, each with an application of its own over the same records."""
    other = Office(create_app(context, office.records, Settings(home=house.folder, before=earlier)), office.records)
    one, two = office.person("Ada Lim"), other.person("Bo Hale")
    assert one.get("/v1/alerts", limit=500) == two.get("/v1/alerts", limit=500)


def test_the_snapshot_before_is_the_one_that_the_line_of_snapshots_names(house: House) -> None:
    workspace = Workspace(house.folder)
    assert workspace.snapshot_before(workspace.snapshot()) is None
