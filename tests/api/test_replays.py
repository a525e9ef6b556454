"""A receipt of an answer is kept, and the answer is given again from the facts: to the byte, or it is said why not."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from service.engine import engine
from tests.api.own_home import Server
from tests.api.test_problems import problem
from tests.house import House


def test_a_receipt_says_what_the_answer_was_made_from(server: Server, house: House) -> None:
    ask = server.ask()
    query = {"purpose": "lending", "include": "reasons", "threshold": 600, "language": "zh"}
    answer = ask.of(house.member, "scores", **query).json
    told = ask(f"/v1/receipts/{answer['receipt']}").json
    asked = {"reasons": True, "audience": "investigator", "language": "zh", "threshold": 600, "applicant": None}
    assert told["question"] == asked
    same = ("party", "policy", "snapshot", "revision", "model", "odds0", "engine", "as_of", "receipt")
    assert {name: told[name] for name in same} == {name: answer[name] for name in same}
    assert told["base_revision"] == answer["revision"] == 2


@pytest.mark.slow
def test_a_receipt_is_told_to_the_key_that_was_answered_and_to_admins(server: Server, house: House) -> None:
    receipt = server.ask("service").of(house.member, "scores", purpose="lending").json["receipt"]
    path = f"/v1/receipts/{receipt}"
    told = server.ask("service")(path).json
    assert server.ask("admin")(path).json == told | {"time": server.ask("admin")(path).json["time"]}
    assert receipt[:16] in problem(server.ask("investigator")(path), 404).detail
    problem(server.ask("investigator")("/v1/replays", method="POST", json={"receipt": receipt}), 404)
    problem(server.ask("admin")(f"/v1/receipts/{'0' * 64}"), 404)


@pytest.mark.slow
def test_the_receipts_of_a_batch_and_of_an_explanation_are_kept_too(server: Server, house: House) -> None:
    ask = server.ask()
    batch = ask("/v1/scores", method="POST", json={"parties": [house.member, "nobody"]}).json["scores"]
    explained = ask.of(house.shop, "explanations").json["score"]
    for answer in (*batch, explained):
        assert ask(f"/v1/receipts/{answer['receipt']}").json["party"] == answer["party"]
        assert server.replay(answer["receipt"])["answer"] == answer


@pytest.mark.parametrize("query", [{"purpose": "deposit_waiver", "include": "reasons"}, {"threshold": 500}])
def test_an_answer_is_given_again_with_every_cache_deleted_the_server_restarted_and_the_snapshot_rebuilt(
    server: Server, house: House, query: dict[str, Any]
) -> None:
    answer = server.ask().of(house.member, "scores", **query).json
    shutil.rmtree(server.home / "tables")
    shutil.rmtree(server.home / "snapshots")
    assert server.house.kith("snapshot").code == 0
    server.start()
    again = server.replay(answer["receipt"])
    assert (again["identical"], again["answer"]) == (True, answer) and "byte for byte" in again["finding"]
    assert list(server.home.glob(".*")) == [], "nothing of it is left behind"


@pytest.mark.slow
def test_an_answer_is_given_again_after_later_facts_another_scale_and_a_new_model(
    server: Server, house: House, tmp_path: Path
) -> None:
    answer = server.ask().of(house.member, "scores", include="reasons").json
    later = tmp_path / "later"
    later.mkdir()
    (later / "parties.csv").write_text("id,kind,name\nnew,Person,New\n")
    (later / "relationships.csv").write_text(f"source,target,kind,category\nnew,{house.member},ENVIES,social\n")
    (later / "outcomes.csv").write_text(f"id,outcome,time\n{house.member},fraud,2025-12-01\n")
    assert server.house.kith("load", str(later)).code == 0
    assert server.house.kith("snapshot").code == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KITH_ODDS0", "0.1")
        server.start()
    now = server.ask().of(house.member, "scores", include="reasons").json
    assert now["revision"] == 3 and "known_fraud" in now["warnings"] and now["odds0"] == 0.1
    assert server.replay(answer["receipt"])["answer"] == answer
    assert server.replay(now["receipt"])["answer"] == now
    said = server.house.kith("replay", answer["receipt"])
    assert said.code == 0 and said.json is not None and said.json["answer"] == answer


@pytest.mark.slow
def test_an_answer_that_knew_of_later_events_is_given_again_from_the_facts(server: Server, house: House) -> None:
    """Somebody defaults and it is corrected; the answer in between replays, also after a new snapshot and a restart."""
    sender = server.ask("admin")
    friend = house.truth.rings["ring_01"][1]

    def happened(**event: Any) -> int:
        answer = sender("/v1/events", method="POST", json={"events": [{"time": 1.7645e9, **event}]})
        assert answer.status_code == 200 and answer.json["recorded"] == 1, answer.json
        return int(answer.json["revision"])

    def scored(at_least: int) -> Any:
        return server.ask().of(house.shop, "scores", include="reasons", at_least=at_least).json

    before = scored(2)
    happened(type="order_placed", id="o1", order="1", party=house.shop, merchant=friend, amount=50)
    opened = happened(type="outcome_opened", id="d1", party=friend, outcome="fraud")
    between = scored(opened)
    assert between["snapshot"] == before["snapshot"] and between["revision"] == opened > before["revision"]
    corrected = happened(type="outcome_corrected", id="d2", of="d1")
    assert scored(corrected)["revision"] == corrected
    told = server.ask()(f"/v1/receipts/{between['receipt']}").json
    assert (told["base_revision"], told["revision"]) == (2, opened)
    assert server.replay(between["receipt"])["answer"] == between
    assert server.house.kith("snapshot").code == 0
    server.start()
    after = scored(corrected)
    assert after["snapshot"] != before["snapshot"]
    for answer in (before, between, after):
        assert server.replay(answer["receipt"])["answer"] == answer


@pytest.mark.parametrize(
    ("statement", "part"),
    [
        ("UPDATE party SET name = 'Somebody else' WHERE id = 'a'", "facts: revision 2"),
        ("DELETE FROM outcome WHERE party = 'forgiven'", "facts: revision 2"),
    ],
)
def test_a_fact_that_was_changed_behind_the_stores_back_is_noticed(
    server: Server, house: House, statement: str, part: str
) -> None:
    receipt = server.ask().of(house.member, "scores").json["receipt"]
    assert server.replay(receipt)["identical"]
    server.change(statement)
    again = server.replay(receipt)
    assert (again["identical"], again["answer"]) == (False, None)
    assert again["finding"].startswith(part) and "\n" not in again["finding"]


def test_what_is_gone_or_differs_is_said_in_one_line(server: Server, house: House) -> None:
    receipt = server.ask().of(house.member, "scores").json["receipt"]

    def finding() -> str:
        again = server.replay(receipt)
        assert (again["identical"], again["answer"]) == (False, None) and "\n" not in again["finding"]
        return str(again["finding"])

    (server.home / "kith.db").rename(server.home / "store")
    assert "revision 2 is gone with its store" in finding() and not (server.home / "kith.db").exists()
    (server.home / "store").rename(server.home / "kith.db")
    models = server.home / "models"
    models.rename(server.home / "away")
    assert "it is gone from" in finding()
    (server.home / "away").rename(models)
    tree = next(models.glob("*/trees.onnx"))
    tree.write_bytes(tree.read_bytes()[:-1])
    assert "trees.onnx" in finding()


def test_rules_of_a_policy_that_were_changed_in_the_records_are_noticed(server: Server, house: House) -> None:
    receipt = server.ask().of(house.member, "scores", purpose="lending").json["receipt"]
    assert server.replay(receipt)["identical"]
    with closing(sqlite3.connect(server.home / "records.db")) as records:
        records.execute("UPDATE policy SET rules = replace(rules, '1.5', '9.5')")
        records.commit()
    assert "its rules in the records were changed" in server.replay(receipt)["finding"]


def test_another_version_says_so_and_whether_it_would_answer_the_same(
    server: Server, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = server.ask().of(house.member, "scores").json
    assert answer["engine"] == engine()
    server.flush()
    monkeypatch.setattr("service.context.engine", lambda: "9.9+later")
    again = server.replay(answer["receipt"])
    assert not again["identical"] and again["answer"] is None
    assert "it was " + answer["engine"] in again["finding"] and "in all else" in again["finding"]


def test_the_command_says_what_is_no_receipt(server: Server) -> None:
    assert "64 hexadecimal digits" in server.house.kith("replay", "abc").err
    said = server.house.kith("replay", "0" * 64)
    assert said.code == 2 and "no answer with the receipt" in said.err
