"""Commands about what was loaded and what may be: loads, snapshots, kinds, undo, mapping."""

from __future__ import annotations

from pathlib import Path

from graph.schema import PARTY_KINDS, RELATIONSHIP_KINDS
from loaders.synthetic.town import TownTruth
from tests.house import House

NOTHING = TownTruth({}, {}, {}, {}, frozenset())


def home(tmp_path: Path) -> House:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "parties.csv").write_text("id,name\na,Ann\nb,Bo\n")
    (folder / "relationships.csv").write_text("source,target,kind,category\na,b,SUPPLIES,money\na,b,PAYS,\n")
    return House(tmp_path / "home", NOTHING, {})


def test_loads_say_of_which_files_they_are_with_their_counts_and_state(tmp_path: Path) -> None:
    here = home(tmp_path)
    assert here.kith("loads").code == 2  # no store yet, and none is made
    here.kith("load", str(tmp_path / "shop"))
    here.kith("load", "--undo", "1")
    said = here.kith("loads")
    assert said.json is not None
    first, undo = said.json["loads"]
    assert (first["id"], first["source"], first["state"]) == (1, "shop", "taken back")
    assert first["files"] == ["parties.csv", "relationships.csv"] and first["time"] > 1.7e9
    assert first["counts"] == {"parties": 2, "relationships": 2}
    assert (undo["state"], undo["counts"]) == ("took load 1 back", {"parties": 2, "relationships": 2})
    assert here.kith("loads", "--source", "shop").code == 0 and here.kith("loads", "--source", "x").code == 2


def test_a_party_is_shown_under_all_of_its_ids(tmp_path: Path) -> None:
    """Five share a device and a phone; one of them is also a customer number, under which it is asked for."""
    here, folder = home(tmp_path), tmp_path / "gang"
    folder.mkdir()
    people = [f"person-{i}" for i in range(5)]
    ties = [f"{one},{target},{kind}" for one in people for target, kind in (("d", "USES_DEVICE"), ("p", "USES_PHONE"))]
    others = [f"other-{i},own-{i},USES_PHONE" for i in range(200)]
    (folder / "relationships.csv").write_text("\n".join(["source,target,kind", *ties, *others]))
    (folder / "same_as.csv").write_text("a,b\nperson-0,x-customer-7\n")
    here.kith("load", str(folder))
    here.kith("snapshot")
    said = here.kith("show", "x-customer-7")
    assert said.code == 0 and "one party under person-0, x-customer-7" in said.out
    assert "member of 5" in said.out


def test_an_undo_can_be_rehearsed(tmp_path: Path) -> None:
    here = home(tmp_path)
    here.kith("load", str(tmp_path / "shop"))
    tried = here.kith("load", "--undo", "1", "--dry-run")
    assert tried.code == 0 and tried.json is not None and "would take 2 parties, 2 relationships" in tried.out
    assert here.kith("loads").json["loads"][0]["state"] == "loaded"  # type: ignore[index]
    done = here.kith("load", "--undo", "1")
    assert done.json is not None and done.json["taken"] == tried.json["taken"]


def test_kinds_are_the_built_in_ones_and_those_of_the_store(tmp_path: Path) -> None:
    here = home(tmp_path)
    built_in = here.kith("kinds").json
    assert built_in is not None
    assert {one["kind"] for one in built_in["relationships"]} == set(RELATIONSHIP_KINDS)
    assert [one["kind"] for one in built_in["parties"]] == list(PARTY_KINDS)
    here.kith("load", str(tmp_path / "shop"))
    more = here.kith("kinds").json
    assert more is not None
    assert [one for one in more["relationships"] if not one["built_in"]] == [
        {"kind": "SUPPLIES", "category": "money", "symmetric": False, "built_in": False}
    ]


def test_a_row_of_an_unknown_kind_is_told_the_nearest(tmp_path: Path) -> None:
    here = home(tmp_path)
    (tmp_path / "shop" / "relationships.csv").write_text("source,target,kind\na,b,PAY\n")
    assert "the nearest: PAYS" in here.kith("load", str(tmp_path / "shop")).out


def test_a_mapping_is_suggested_to_standard_output_and_checked(tmp_path: Path) -> None:
    here = home(tmp_path)
    orders = tmp_path / "payments.csv"
    orders.write_text("payer;payee;amount\n" + "".join(f"c{n};c{n + 1};{n},50\n" for n in range(9)))
    said = here.kith("mapping", "suggest", str(orders))
    assert said.code == 0 and said.err == "" and said.json is not None
    assert said.out == said.json["mapping"] and 'kind = { constant = "PAYS" }' in said.out
    mapping = tmp_path / "orders.toml"
    mapping.write_text(said.out)
    checked = here.kith("mapping", "check", str(mapping))
    assert checked.code == 0 and checked.json is not None and checked.json["fits"] and checked.json["rows"] == 9
    mapping.write_text(said.out.replace('"payer"', '"paier"'))
    wrong = here.kith("mapping", "check", str(mapping), str(orders))
    assert wrong.code == 1 and "'paier'" in wrong.out
    mapping.write_text("name = 1")
    assert here.kith("mapping", "check", str(mapping)).code == 2
