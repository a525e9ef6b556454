"""Commands that look around in a snapshot, and how they speak of ids that nobody has."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from tests.house import FORGIVEN, LONELY, TRUSTED, House


def one_line(text: str) -> bool:
    return text.startswith("kith: ") and text.count("\n") == 1


def test_search_says_who_matches_and_why(house: House) -> None:
    said = house.kith("search", "odd", "trusted")
    assert said.code == 0 and said.json is not None
    assert said.json["parties"][0]["party"] == TRUSTED
    assert "trusted is in the id" in " ".join(said.out.split())
    assert "no party matches" in house.kith("search", "zzzzzz").out


def test_show_answers_for_the_known_ids_and_reports_the_others(house: House) -> None:
    said = house.kith("show", FORGIVEN, "nobody-here", house.member)
    assert said.code == 1 and said.json is not None and one_line(said.err)
    assert [one["party"] for one in said.json["parties"]] == [FORGIVEN, house.member]
    assert said.json["unknown"] == ["nobody-here"] and "'nobody-here'" in said.err
    forgiven, member = said.json["parties"]
    assert [(one["outcome"], one["state"]) for one in forgiven["outcomes"]] == [("default", "active")]
    assert forgiven["score"]["party"] == FORGIVEN
    assert {"PAYS", "FRIEND_OF"} <= {one["kind"] for one in forgiven["links"]}
    assert any(one["shared"] for one in member["identifiers"]) and member["rings"]
    assert "outcome default, active, 2018-01-01, closed 2019-01-01" in said.out


def test_attributes_are_shown_with_all_their_digits(house: House, tmp_path: Path) -> None:
    (tmp_path / "parties.csv").write_text("id,kind,since,income\nann,Person,1435356000,2611.08\n", encoding="utf-8")
    home = House(tmp_path / "home", house.truth, {})
    assert home.kith("load", str(tmp_path)).code == home.kith("snapshot").code == 0
    out = home.kith("show", "ann").out
    assert "1,435,356,000" in out and "2,611.08" in out


def test_an_unknown_id_names_the_nearest(house: House) -> None:
    said = house.kith("show", "trustd")
    assert said.code == 2 and one_line(said.err) and f"the nearest: {TRUSTED} (Person" in said.err


def test_neighbours_are_listed_page_by_page_with_names(house: House) -> None:
    first = house.kith("neighbours", house.member, "--limit", "2")
    assert first.json is not None and first.json["next"] in first.out
    second = house.kith("neighbours", house.member, "--limit", "2", "--cursor", first.json["next"])
    assert second.json is not None and first.json["neighbours"] != second.json["neighbours"]
    assert "name" in first.json["neighbours"][0]
    only = house.kith("neighbours", FORGIVEN, "--kinds", "PAYS")
    assert only.json is not None and set(only.json["counts"]) == {"PAYS"}
    wrong = house.kith("neighbours", FORGIVEN, "--kinds", "PAY")
    assert wrong.code == 2 and "the nearest: PAYS" in wrong.err


def test_paths_go_over_the_kinds_that_are_named(house: House) -> None:
    said = house.kith("paths", FORGIVEN, TRUSTED, "--kinds", "PAYS")
    assert said.code == 0 and said.json is not None
    assert said.json["paths"][0]["parties"] == [FORGIVEN, TRUSTED] and "PAYS ->" in said.out
    assert "no path" in house.kith("paths", FORGIVEN, LONELY).out
    assert house.kith("paths", FORGIVEN, FORGIVEN).code == 2


def test_an_export_holds_the_parties_around_one_and_every_link_among_them(house: House, tmp_path: Path) -> None:
    said = house.kith("export", FORGIVEN, "--hops", "1", "--out", str(tmp_path / "x.json"))
    assert said.code == 0 and said.json is not None
    whole = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    ids = {party["party"] for party in whole["parties"]}
    assert {FORGIVEN, TRUSTED} <= ids and len(ids) == said.json["parties"] == whole["total"]
    assert all(link["source"] in ids and link["target"] in ids for link in whole["links"])
    house.kith("export", FORGIVEN, "--out", str(tmp_path / "x.graphml"))
    graph = nx.read_graphml(tmp_path / "x.graphml")
    assert set(graph.nodes) == ids and graph.number_of_edges() == len(whole["links"])
    house.kith("export", FORGIVEN, "--out", str(tmp_path / "x.csv"))
    with (tmp_path / "x.csv").open(newline="", encoding="utf-8") as file:
        links = list(csv.DictReader(file))
    assert len(links) == len(whole["links"]) and (tmp_path / "x-parties.csv").exists()
    assert house.kith("export", FORGIVEN, "--out", str(tmp_path / "x.png")).code == 2


def test_an_export_defuses_what_looks_like_a_formula(house: House, tmp_path: Path) -> None:
    house.kith("export", "=cmd()", "--hops", "0", "--out", str(tmp_path / "x.csv"))
    with (tmp_path / "x-parties.csv").open(newline="", encoding="utf-8") as file:
        assert [row["party"] for row in csv.DictReader(file)] == ["'=cmd()"]


def test_scores_of_some_parties_go_to_a_file_too(house: House, tmp_path: Path) -> None:
    ids = tmp_path / "ids.csv"
    ids.write_text(f"id,note\n{house.member},x\nnobody-here,y\n", encoding="utf-8")
    out = tmp_path / "scores.csv"
    said = house.kith("score", "--in", str(ids), "--out", str(out))
    assert said.code == 1 and one_line(said.err)
    with out.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    one = house.kith("score", house.member).json["scores"][0]  # type: ignore[index]
    assert (row["party"], row["score"], row["level"]) == (house.member, str(one["score"]), one["level"])
    assert house.kith("score", "--all").code == 2
    assert house.kith("score", house.member, "--all", "--out", str(out)).code == 2
    assert house.kith("score", house.member, "--out", str(tmp_path / "x.txt")).code == 2


def moved_by(answer: Any) -> list[str]:
    """The parties whose scores moved most."""
    return [one["party"] for one in answer["scores"]["most"]]


@pytest.mark.slow
def test_a_comparison_lists_what_is_new_gone_and_changed_and_why_scores_moved(house: House, tmp_path: Path) -> None:
    home = House(tmp_path / "home", house.truth, {})
    more = tmp_path / "more"
    more.mkdir()
    (more / "parties.csv").write_text(f"id,kind,name\nnew-one,Person,New\n{TRUSTED},Person,Renamed\n", encoding="utf-8")
    (more / "relationships.csv").write_text(f"source,target,kind\nnew-one,{TRUSTED},PAYS\n", encoding="utf-8")
    (more / "outcomes.csv").write_text(f"id,outcome,time\n{house.member},default,2025-06-01\n", encoding="utf-8")
    store = f"sqlite:///{house.copy(tmp_path / 'copy').folder / 'kith.db'}"
    before = house.made["snapshot"]["snapshot"]
    assert home.kith("load", str(more), "--store", store).code == 0
    after = home.kith("snapshot", "--store", store).json
    assert after is not None
    model = house.made["train"]["model"]
    out = tmp_path / "changes.csv"
    said = home.kith("compare", before, after["snapshot"], "--model", model, "--out", str(out))
    assert said.code == 0 and said.json is not None, said.err
    assert said.json["party_counts"] == {"new": 1, "gone": 0, "changed": 1}
    assert said.json["link_counts"] == {"PAYS": {"new": 1, "gone": 0, "changed": 0}}
    changed = next(one for one in said.json["parties"] if one["change"] == "changed")
    assert changed["fields"] == [{"field": "name", "before": f"Odd {TRUSTED}", "after": "Renamed"}]
    assert said.json["outcome_counts"]["new"] == 1
    scores = said.json["scores"]
    moved = [abs(one["score_after"] - one["score_before"]) for one in scores["most"]]
    assert scores["moved"] > 0 and moved == sorted(moved, reverse=True) and scores["most"][0]["why"]
    with out.open(newline="", encoding="utf-8") as file:
        assert {"party", "field", "link", "outcome", "score", "points"} <= {row["what"] for row in csv.DictReader(file)}
    compared = ("compare", before, after["snapshot"], "--model", model, "--purpose", "lending")
    all_moved = moved_by(home.kith(*compared).json)
    assert home.kith("objections", "open", all_moved[0], "--text", "A person shall decide.").code == 0
    assert all_moved[0] not in moved_by(home.kith(*compared).json)  # it is withheld
    same = home.kith("compare", before, before)
    assert same.json is not None and same.json["link_counts"] == {} and same.json["rings"] == []
    assert home.kith("compare", before, "zzz").code == 1


def test_snapshots_are_listed_and_named_by_the_beginning_of_their_id(house: House) -> None:
    said = house.kith("snapshots")
    assert said.json is not None
    (one,) = [one for one in said.json["snapshots"] if one["newest"]]
    assert one["id"] == house.made["snapshot"]["id"] and one["id"][:16] in said.out
    assert house.kith("compare", one["id"][:8], one["id"][:8]).code == 0


@pytest.mark.parametrize("command", ["search", "show", "neighbours", "paths", "export", "compare"])
def test_a_command_without_what_it_needs_is_wrong_use(house: House, command: str) -> None:
    said = house.kith(command)
    assert said.code == 2 and one_line(said.err)
