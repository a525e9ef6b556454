"""`kith load` as a person meets it: what it says, what it writes, and what a dry run leaves behind."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from graph.errors import UsageError
from graph.stores.open import open_store
from tests.loaders.files import PEOPLE, rejects, write


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KITH_HOME", raising=False)
    return write(tmp_path / "town", parties=PEOPLE, relationships="source,target\nann,bo\nann,zoe\n")


def kith(*arguments: str) -> dict[str, object]:
    """What a command writes with --json."""
    done = CliRunner().invoke(app, [*arguments, "--json", "answer.json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    answer: dict[str, object] = json.loads(Path("answer.json").read_text())
    Path("answer.json").unlink()
    return answer


def test_a_dry_run_of_a_first_load_leaves_nothing_behind(folder: Path) -> None:
    answer = kith("load", str(folder), "--dry-run")
    assert (answer["read"], answer["rejected"], answer["load"], answer["rejects_file"]) == (5, 1, None, None)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["town"]


def test_a_load_its_rejects_and_its_undoing(folder: Path) -> None:
    answer = kith("load", str(folder))
    assert answer["loaded"] == {"parties": 3, "relationships": 1, "outcomes": 0}
    kept = Path(str(answer["rejects_file"]))
    assert kept.parts[:2] == (".kith", "rejects")
    assert [row["target"] for row in rejects(kept)] == ["zoe"]
    assert kith("load", str(folder), "--dry-run")["unchanged"] == 4
    taken = {"parties": 3, "relationships": 1, "outcomes": 0}
    assert kith("load", "--undo", "1") == {
        "undone": 1,
        "revision": 2,
        "taken": taken,
        "kept": dict.fromkeys(taken, 0),
        "ended": {},
        "unmarked": [],
    }
    assert open_store("sqlite:///.kith/kith.db").missing(["ann"]) == {"ann"}


@pytest.mark.parametrize("more", [["town"], ["--mapping", "m.toml"], ["--source", "town"], ["--replace"]])
def test_nothing_is_taken_back_where_more_is_said(folder: Path, more: list[str]) -> None:
    kith("load", str(folder))
    with pytest.raises(UsageError, match=f"leave out {more[0] if more[0] != 'town' else 'paths'}$"):
        CliRunner().invoke(app, ["load", "--undo", "1", *more], catch_exceptions=False)
    assert open_store("sqlite:///.kith/kith.db").missing(["ann"]) == set()


def test_an_undo_tells_that_what_the_load_had_ended_holds_again(tmp_path: Path, folder: Path) -> None:
    """The second export lists no party and no link, and so ends three parties and a link."""
    kith("load", str(folder))
    empty = write(tmp_path / "empty", parties="id\n", relationships="source,target,kind\n")
    kith("load", str(empty), "--source", "town", "--replace")
    for more, told in (("--dry-run",), "would hold again"), ((), "hold again"):
        answer = CliRunner().invoke(app, ["load", "--undo", "2", *more], catch_exceptions=False)
        assert f"4 facts that it had ended {told}" in answer.output
    assert open_store("sqlite:///.kith/kith.db").missing(["ann"]) == set()


CALLS = """
name = "calls"
ends = "implied"
[[files]]
name = "calls-*.csv"
table = "relationships"
columns = ["n", "a", "b"]
key = ["n"]
[files.fields]
source = "a"
target = "b"
kind = { constant = "CALLS" }
"""


def test_taking_a_first_file_back_leaves_the_network_of_the_second(folder: Path) -> None:
    Path("calls.toml").write_text(CALLS)
    Path("calls-01.csv").write_text("1,a,b\n2,b,a\n")
    Path("calls-02.csv").write_text("3,a,c\n4,b,c\n")
    for file in ("calls-01.csv", "calls-02.csv"):
        kith("load", file, "--mapping", "calls.toml")
    kith("load", "--undo", "1")
    answer = kith("snapshot")
    assert (answer["parties"], answer["relationships"], answer["dangling"]) == (3, {"CALLS": 2}, 0)


def test_links_that_lost_the_party_of_another_source_are_told(tmp_path: Path, folder: Path) -> None:
    kith("load", str(folder))
    kith("load", str(write(tmp_path / "more", parties="id\ndi\n", relationships="source,target\ndi,ann\ndi,bo\n")))
    kith("load", "--undo", "1")
    told = CliRunner().invoke(app, ["snapshot"], catch_exceptions=False).output
    assert "1 parties, 0 relationships" in told
    assert "left out, as an end is no party: 2 relationships" in told


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_the_first_refused_rows_are_shown_with_their_values(folder: Path, more: list[str]) -> None:
    bad = 'ann,bo,"\x1b[2J\u202e\n[red]",\nann,bo\nann,bo,PAYS,' + "x" * 200 + "\n"
    write(folder, relationships="source,target,kind,weight\n" + bad)
    done = CliRunner().invoke(app, ["load", str(folder), *more, "--json", "answer.json"], catch_exceptions=False)
    lines = [line.strip() for line in done.output.splitlines() if line.startswith("  ")]
    assert [line.split(": ")[0] for line in lines] == [
        r"relationships.csv:2 kind = '\x1b[2J\u202e\n[red]'",
        "relationships.csv:4 'ann,bo'",
        f"relationships.csv:5 weight = '{'x' * 79}…'",
    ]
    assert [line.split(" ")[-1] for line in lines] == ["[unknown_kind]", "[wrong_width]", "[not_a_number]"]
    answer = json.loads(Path("answer.json").read_text())
    assert [(one["file"], one["line"], one["column"], one["code"]) for one in answer["examples"]] == [
        ("relationships.csv", 2, "kind", "unknown_kind"),
        ("relationships.csv", 4, "", "wrong_width"),
        ("relationships.csv", 5, "weight", "not_a_number"),
    ]
    assert set(answer["examples"][0]) == {"file", "line", "column", "value", "code", "text"}


def test_names_that_are_not_utf_8_are_told_with_their_bytes(folder: Path) -> None:
    Path("odd.toml").write_text('name = "odd"\n[[files]]\nname = "n*"\ntable = "parties"\n[files.fields]\nid = "id"\n')
    odd = write(folder, **{os.fsdecode(b"n\xff"): "id,income\nann,1\nbo,inf\n"})
    done = CliRunner().invoke(app, ["load", str(odd), "--mapping", "odd.toml", "--json", "answer.json"])
    assert done.exit_code == 0, done.output
    assert r"/odd/n\xff.csv: correct them" in done.output
    kept = Path(json.loads(Path("answer.json").read_text())["rejects_file"])
    assert [(row["file"], row["id"]) for row in rejects(kept)] == [(r"n\xff.csv", "bo")]


def test_a_snapshot_tells_what_was_carried_and_what_is_in_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KITH_HOME", raising=False)
    crowd = [f"u{i:02}" for i in range(21)]
    people = "id,kind,job\nann,Person,baker\nK-7,Person,smith\nbo,Person,\nx,Account,\ny,Account,\ndesk,Phone,\n"
    links = "source,target,kind\nann,x,HOLDS_ACCOUNT\nK-7,y,HOLDS_ACCOUNT\nx,y,PAYS\nx,bo,PAYS\ndesk,bo,CALLS\n"
    folder = write(
        tmp_path / "town",
        parties=people + "".join(f"{id},Person,\n" for id in crowd),
        relationships=links + "".join(f"{id},desk,USES_PHONE\n" for id in crowd),
        same_as="a,b,valid_to\nann,K-7,2030-01-01\n",
    )
    kith("load", str(folder))
    done = CliRunner().invoke(app, ["snapshot"], catch_exceptions=False)
    said = " ".join(done.output.split())
    assert "carried to the holders of accounts and phones: 1 PAYS" in said
    assert "own transfers, between identifiers of one holder: 1 PAYS" in said
    assert "1 identifiers have more than 20 holders at the time of a link" in said and "desk" in said
    assert "contradict each other in 1 values" in said and "job of K-7, ann" in said
    assert "1 SAME_AS facts have an end and count all the same" in said
    answer = kith("snapshot")
    assert answer["relationships"] == {"CALLS": 1, "HOLDS_ACCOUNT": 2, "PAYS": 1, "USES_PHONE": 21}
    assert (answer["carried"], answer["own_transfers"]) == ({"PAYS": 1}, {"PAYS": 1})
    assert answer["crowded"] == {"identifiers": 1, "ids": ["desk"]}
    assert answer["same_as"] == {
        "parties": 1, "ids": 1, "contradictions": 1, "first": [{"column": "job", "ids": ["K-7", "ann"]}],
        "bounded": 1,
    }  # fmt: skip
