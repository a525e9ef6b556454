"""Parties that are not in the network: assessed as if their facts had been loaded, and stored nowhere."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from graph.snapshots.snapshot import Snapshot
from tests.api.conftest import Asker
from tests.api.own_home import Server
from tests.api.test_problems import problem
from tests.house import DISTRUSTED, TRUSTED, House

TIME = 1_764_000_000.0
COLUMNS = ("source", "target", "kind", "weight", "first", "last", "count", "amount", "context")
KIND_OF_LINK = {"Phone": "USES_PHONE", "Device": "USES_DEVICE", "Address": "LIVES_AT"}


def used_by(snapshot: Snapshot, party: str, kind: str) -> str:
    """An identifier that a party uses over links of a kind."""
    return snapshot.id_of(int(snapshot.links(kind).out(snapshot.row_of(party)).party[0]))


def applicants(house: House) -> dict[str, dict[str, Any]]:
    """Applicants of every sort: what is said of each, as a question says it."""
    snapshot, member = house.context().snapshot, house.member
    device = {"kind": "Device", "id": used_by(snapshot, member, "USES_DEVICE")}
    phone = {"kind": "Phone", "id": used_by(snapshot, member, "USES_PHONE")}
    friend = {"kind": "FRIEND_OF", "other": member, "first": TIME, "last": TIME}
    return {
        "attributes alone": {"attributes": {"income": 1900.5, "employment": "astronaut", "tenure_days": 12}},
        "shares a device": {"attributes": {"income": 1200}, "identifiers": [device]},
        "shares two": {"identifiers": [device, phone, {"kind": "Address", "id": "a new address"}]},
        "linked": {
            "attributes": {"income": 3000},
            "links": [
                friend,
                {"kind": "PAYS", "other": house.shop, "first": TIME, "last": TIME + 5, "count": 3, "amount": 99.5,
                 "context": "online"},
                {"kind": "GUARANTEES", "other": member, "direction": "in", "first": TIME},
                {"kind": "RATES", "other": TRUSTED, "direction": "in", "weight": -0.5, "first": TIME},
                {"kind": "RATES", "other": DISTRUSTED, "weight": 1},
            ],
            "identifiers": [phone],
        },
        "a merchant": {"kind": "Merchant", "links": [{"kind": "ORDERS_FROM", "other": member, "direction": "in"}]},
        "nothing": {},
    }  # fmt: skip


def loaded(house: House, folder: Path, said: dict[str, Any]) -> None:
    """Load what is said of the applicant `newcomer` as files, and build the snapshot."""
    folder.mkdir()
    attributes = said.get("attributes", {})
    with (folder / "parties.csv").open("w", newline="") as file:
        rows = [["newcomer", said.get("kind", "Person"), *attributes.values()]]
        new = [one for one in said.get("identifiers", []) if not house.context().snapshot.has(one["id"])]
        rows += [[one["id"], one["kind"], *("" for _ in attributes)] for one in new]
        csv.writer(file).writerows([["id", "kind", *attributes], *rows])
    links = [{"source": "newcomer", "target": one["id"], "kind": KIND_OF_LINK[one["kind"]]}
             for one in said.get("identifiers", [])]  # fmt: skip
    for one in said.get("links", []):
        ends = ("newcomer", one["other"]) if one.get("direction", "out") == "out" else (one["other"], "newcomer")
        links.append(dict(zip(("source", "target"), ends, strict=True)) | one)
    with (folder / "relationships.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(links)
    for command in (["load", str(folder)], ["snapshot"]):
        done = house.kith(*command)
        assert done.code == 0 and not (done.json or {}).get("rejected"), done.err


def what_counts(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what names its snapshot."""
    return {
        name: value for name, value in answer.items() if name not in {"applicant", "snapshot", "revision", "receipt"}
    }


NAMES = ("attributes alone", "shares a device", "shares two", "linked", "a merchant", "nothing")


@pytest.mark.parametrize("name", NAMES)
def test_an_applicant_is_assessed_to_the_bit_as_if_its_facts_had_been_loaded(
    server: Server,
    house: House,
    tmp_path: Path,
    name: str,
) -> None:
    said = applicants(house)[name] | {"id": "newcomer"}
    questions = [{"purpose": purpose, "include": "reasons"} for purpose in ("fraud_investigation", "lending")]

    def asked(party: Any) -> list[Any]:
        return [
            server.ask()("/v1/scores", method="POST", json={"parties": [party], **question}).json["scores"][0]
            for question in questions
        ]

    before = asked(said)
    assert {answer["applicant"] for answer in before} == {True}
    loaded(server.house, tmp_path / "said", said)
    server.start()
    after = asked("newcomer")
    assert [what_counts(answer) for answer in before] == [what_counts(answer) for answer in after]
    states = {answer["state"] for answer in before}
    assert states == ({"thin"} if name == "nothing" else states - {"unknown"})


def test_identifiers_find_the_holders_who_share_them(ask: Asker, house: House) -> None:
    said = applicants(house)["shares a device"]
    question = {"parties": [said], "include": "reasons"}
    (answer,) = ask("/v1/scores", method="POST", json=question).json["scores"]
    assert answer["state"] == "assessed"
    codes = {reason["code"]: reason for reason in answer["reasons"]}
    shared = codes.get("KNOWN_BAD_IDENTIFIER") or codes["SHARED_IDENTIFIER"]
    assert house.member in [one["id"] for one in shared["evidence"]["strongest"]]


def test_nothing_of_an_applicant_is_stored_and_no_other_answer_knows_it(
    server: Server,
    house: House,
) -> None:
    said = applicants(house)["linked"] | {"id": "somebody-new", "attributes": {"income": 98765432109876}}
    ask = server.ask()
    before = ask.of(house.member, "explanations").json
    together = ask("/v1/scores", method="POST", json={"parties": [house.member, said, house.member]}).json["scores"]
    assert together[0] == together[2] == ask.of(house.member, "scores").json
    assert ask.of("somebody-new", "scores").json["state"] == "unknown"
    assert ask.of(house.member, "explanations").json == before
    server.flush()
    held = b"".join(path.read_bytes() for path in server.home.rglob("*") if path.is_file())
    assert b"98765432109876" not in held


def test_an_answer_does_not_depend_on_who_else_is_asked_about(ask: Asker, house: House) -> None:
    parties = [*applicants(house).values(), house.member]
    together = ask("/v1/scores", method="POST", json={"parties": parties}).json["scores"]
    alone = [ask("/v1/scores", method="POST", json={"parties": [one]}).json["scores"][0] for one in parties]
    assert together == alone and len({answer["receipt"] for answer in together}) == len(parties)


def test_an_answer_about_an_applicant_is_given_again_to_whoever_describes_it_again(
    server: Server,
    house: House,
) -> None:
    said = applicants(house)["linked"]
    (answer,) = server.ask()("/v1/scores", method="POST", json={"parties": [said]}).json["scores"]
    asked: dict[str, Any] = {"receipt": answer["receipt"]}

    def replayed(**more: Any) -> Any:
        return server.ask()("/v1/replays", method="POST", json=asked | more).json

    assert replayed(applicant=said)["answer"] == answer
    assert "nothing of it was kept" in replayed()["finding"]
    other = json.loads(json.dumps(said))
    other["attributes"]["income"] += 1
    assert "differs from what the question said" in replayed(applicant=other)["finding"]
    shutil.rmtree(server.home / "tables")
    assert replayed(applicant=said)["identical"]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"id": "a"}, "parties[0].id: 'a' is a party of the network"),
        ({"kind": "Phone"}, "parties[0].kind: Phone only ties parties together"),
        ({"kind": "Dragon"}, "parties[0].kind: no kind of party is called 'Dragon'; there are"),
        ({"attributes": {"sex": "f"}}, "parties[0].attributes.sex: it is a protected attribute"),
        ({"attributes": {"religion": "x"}}, "parties[0].attributes.religion: such data may not be stored"),
        ({"attributes": {"incme": 3}}, "attributes.incme: the network has no such attribute; the nearest: income"),
        ({"attributes": {"income": "much"}}, "parties[0].attributes.income: it is a number in the network"),
        ({"links": [{"kind": "FRIENDS_OF", "other": "a"}]}, "parties[0].links[0].kind: no kind of relationship"),
        ({"links": [{"kind": "USES_PHONE", "other": "a"}]}, "state it under `identifiers`"),
        ({"links": [{"kind": "SIMILAR_TO", "other": "a"}]}, "is computed and not stated"),
        ({"links": [{"kind": "PAYS", "other": "nobody"}]}, "parties[0].links[0].other: no party has the id 'nobody'"),
        ({"links": [{"kind": "RATES", "other": "a", "weight": 2}]}, "parties[0].links[0].weight"),
        ({"links": [{"kind": "PAYS", "other": "a", "first": 9, "last": 8}]}, "it is before `first`"),
        ({"identifiers": [{"kind": "Device", "id": "a"}]}, "parties[0].identifiers[0]: 'a' is of the kind Person here"),
        ({"identifiers": [{"kind": "Device", "id": "d"}] * 2}, "'d' stands there twice"),
    ],
)  # fmt: skip
def test_every_fault_of_an_applicant_is_said_with_its_place(ask: Asker, said: Any, fault: str) -> None:
    assert fault in problem(ask("/v1/scores", method="POST", json={"parties": [said]}), 422).detail


def test_all_faults_are_said_at_once(ask: Asker) -> None:
    parties = ["a", {"kind": "Dragon", "attributes": {"sex": 1}}, {"links": [{"kind": "PAYS", "other": "nobody"}]}]
    detail = problem(ask("/v1/scores", method="POST", json={"parties": parties}), 422).detail
    assert all(
        place in detail for place in ("parties[1].kind", "parties[1].attributes.sex", "parties[2].links[0].other")
    )


def test_a_network_of_which_links_were_left_out_knows_applicants_too(
    server: Server, house: House, tmp_path: Path
) -> None:
    """As of a time, links of parties that came later are left out; none of them can be of an applicant."""
    (tmp_path / "late").mkdir()
    (tmp_path / "late" / "parties.csv").write_text("id,kind,valid_from\nlate,Person,2026-06-01\n")
    (tmp_path / "late" / "relationships.csv").write_text(f"source,target,kind\nlate,{house.member},PAYS\n")
    assert server.house.kith("load", str(tmp_path / "late")).code == 0
    assert server.house.kith("snapshot", "--as-of", "2026-01-01").code == 0
    server.start()
    assert server.app is not None and server.app.extensions["kith.context"].snapshot.dangling == 1
    said = applicants(house)["shares two"]
    answer = server.ask()("/v1/scores", method="POST", json={"parties": [said, house.member]})
    assert [one["state"] for one in answer.json["scores"]] == ["assessed", "assessed"]
    later = said | {"links": [{"kind": "PAYS", "other": house.member, "first": 2e9}]}
    refused = server.ask()("/v1/scores", method="POST", json={"parties": [later]})
    assert "after the time that the network is as of" in problem(refused, 422).detail


def test_a_question_has_at_most_a_hundred_applicants(ask: Asker) -> None:
    assert "100 applicants" in problem(ask("/v1/scores", method="POST", json={"parties": [{}] * 101}), 400).detail


@pytest.mark.parametrize(
    "said",
    [
        {"attributes": {"income": True}},
        {"attributes": {"income": None}},
        {"attributes": {"income": [1]}},
        {"links": [{"kind": "PAYS"}]},
        {"links": [{"kind": "PAYS", "other": "a", "count": 1.5}]},
        {"links": [{"kind": "PAYS", "other": "a", "direction": "sideways"}]},
        {"identifiers": [{"kind": "Person", "id": "a"}]},
        {"nonsense": 1},
    ],
)
def test_what_is_no_description_of_an_applicant_is_refused(ask: Asker, said: Any) -> None:
    problem(ask("/v1/scores", method="POST", json={"parties": [said]}), 400)
