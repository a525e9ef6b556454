"""SAME_AS facts make one party of several ids in a snapshot, and their retraction makes them several again."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph.errors import UnknownParty
from graph.explore.search import Match, matches, search
from graph.schema import Outcome, Party, Relationship
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import MIN_HASHED_IDS, Snapshot
from graph.stores.open import open_store
from tests.graph.networks import Fact, MemoryStore, load_facts


def same(a: str, b: str, first: float | None = None, last: float | None = None) -> Relationship:
    return Relationship(a, b, "SAME_AS", "", first=first, last=last)


PEOPLE: list[Fact] = [
    Party("ann", "Person", "Ann", {"income": 5.0}),
    Party("K-7", "Person", None, {"job": "baker"}),
    Party("x9", "Person", implied=True),
    Party("bob", "Person", "Bob"),
]


def built(facts: list[Any], folder: Path, as_of: float | None = None) -> Snapshot:
    store = MemoryStore()
    load_facts(store, facts)
    return build_snapshot(store, folder, as_of)


def ids(snapshot: Snapshot) -> list[tuple[str, ...]]:
    return [snapshot.ids_of(row) for row in range(snapshot.n_parties)]


def test_ids_that_facts_join_are_one_party_under_every_one_of_them(tmp_path: Path) -> None:
    snapshot = built([*PEOPLE, same("x9", "ann"), same("x9", "K-7")], tmp_path / "s")
    assert ids(snapshot) == [("K-7", "ann", "x9"), ("bob",)]
    assert [snapshot.row_of(id) for id in ("K-7", "ann", "x9", "bob")] == [0, 0, 0, 1]
    assert snapshot.has("ann") and not snapshot.has("an")
    assert (snapshot.id_of(0), snapshot.name_of(0), bool(snapshot.implied[0])) == ("K-7", "Ann", False)
    assert snapshot.numeric["income"][0] == 5.0
    assert snapshot.categorical["job"][0].tolist() == [0, -1]
    assert search(snapshot, "AN", 9) == search(snapshot, "x9", 9) == [0]
    assert matches(snapshot, "X9", 0) == (Match("x9", "id", "word", "x9"),)
    assert snapshot.rows_of(["bob", "x9"] * MIN_HASHED_IDS).tolist() == [1, 0] * MIN_HASHED_IDS
    with pytest.raises(UnknownParty, match="'nobody'"):
        snapshot.rows_of(["x9"] * MIN_HASHED_IDS + ["nobody"])
    assert snapshot.same_as == {"parties": 1, "ids": 2, "contradictions": 0, "first": []}
    assert "SAME_AS" not in snapshot.kinds


def test_links_and_outcomes_of_every_id_are_those_of_the_party(tmp_path: Path) -> None:
    facts = [
        *PEOPLE,
        same("ann", "K-7"),
        Relationship("ann", "bob", "PAYS", "1"),
        Relationship("bob", "K-7", "PAYS", "1"),
        Relationship("ann", "K-7", "PAYS", "1"),
        Outcome("ann", "default", "1"),
        Outcome("K-7", "late", "1"),
    ]
    snapshot = built(facts, tmp_path / "s")
    links = snapshot.links("PAYS")
    assert links.out(0).party.tolist() == [0, 1]  # a link between two ids of one party is a self-link
    assert links.into(0).party.tolist() == [0, 1]
    assert snapshot.outcomes.party.tolist() == [0, 0]


def test_a_holder_is_a_holder_under_every_id(tmp_path: Path) -> None:
    facts = [
        *PEOPLE,
        *(Party(id, "Account") for id in ("a1", "a1-old", "b1")),
        same("a1", "a1-old"),
        same("ann", "K-7"),
        Relationship("K-7", "a1", "HOLDS_ACCOUNT", "1"),
        Relationship("bob", "b1", "HOLDS_ACCOUNT", "1"),
        Relationship("a1-old", "b1", "PAYS", "1"),
    ]
    snapshot = built(facts, tmp_path / "s")
    assert snapshot.links("PAYS").out(snapshot.row_of("ann")).party.tolist() == [snapshot.row_of("bob")]
    assert snapshot.links("PAYS").via_source.tolist() == [snapshot.row_of("a1-old")]


@pytest.mark.parametrize(
    ("as_of", "merged"), [(None, True), (4.0, False), (5.0, True), (9.0, True), (10.0, False), (11.0, False)]
)
def test_ids_are_one_party_while_the_fact_is_valid(as_of: float | None, merged: bool, tmp_path: Path) -> None:
    snapshot = built([*PEOPLE, same("ann", "K-7", 5.0, 10.0)], tmp_path / "s", as_of)
    assert (snapshot.row_of("ann") == snapshot.row_of("K-7")) == merged
    assert snapshot.same_as.get("bounded") == (1 if as_of is None else None)  # it counts although it may have ended
    if as_of is not None:
        assert snapshot.later == {"relationships": 0, "totals": 0}


@pytest.mark.parametrize(("as_of", "merged"), [(4.0, True), (10.0, False)])
def test_a_fact_without_a_beginning_is_valid_until_its_end(as_of: float, merged: bool, tmp_path: Path) -> None:
    snapshot = built([*PEOPLE, same("ann", "K-7", None, 10.0)], tmp_path / "s", as_of)
    assert (snapshot.row_of("ann") == snapshot.row_of("K-7")) == merged


def test_retracting_the_fact_unmerges(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'kith.db'}")
    load_facts(store, PEOPLE, "people")
    before = build_snapshot(store, tmp_path / "before")
    load_facts(store, [Party("ann", "Person", implied=True), Party("K-7", "Person", implied=True), same("ann", "K-7")])
    assert build_snapshot(store, tmp_path / "merged").n_parties == 3
    store.undo(store.loads()[-1].id)
    after = build_snapshot(store, tmp_path / "after")
    assert ids(after) == ids(before) == [("K-7",), ("ann",), ("bob",), ("x9",)]
    store.close()


def test_contradictions_of_ids_are_counted_and_listed(tmp_path: Path) -> None:
    facts = [
        Party("a", "Person", None, {"income": 5.0, "job": "baker", "zip": 1.0}),
        Party("b", "Company", None, {"income": 5.0, "job": "smith", "zip": "1"}),
        Party("c", "Account", implied=True),
        Party("d", "Person", None, {"zip": "2"}),
        same("a", "b"),
        same("b", "c"),
    ]
    snapshot = built(facts, tmp_path / "s")
    assert snapshot.same_as == {
        "parties": 1,
        "ids": 2,
        "contradictions": 2,
        "first": [{"column": "kind", "ids": ["a", "b"]}, {"column": "job", "ids": ["a", "b"]}],
    }


def test_of_several_sources_of_one_id_nothing_is_a_contradiction(tmp_path: Path) -> None:
    store = MemoryStore()
    load_facts(store, [Party("a", "Person", None, {"job": "baker"})], "old")
    load_facts(store, [Party("a", "Company", None, {"job": "smith"}), Party("b", "Company"), same("a", "b")], "new")
    assert build_snapshot(store, tmp_path / "s").same_as["contradictions"] == 0


@pytest.mark.parametrize("swapped", [False, True])
def test_which_id_is_smaller_decides_no_value(swapped: bool, tmp_path: Path) -> None:
    one, other = ("z", "a") if swapped else ("a", "z")
    facts = [
        Party(one, "Person", "One", {"income": 1.0, "job": "baker"}),
        Party(other, "Company", "Other", {"income": 2.0}),
        Relationship(one, other, "SAME_AS", "1"),
    ]
    snapshot = built(facts, tmp_path / "s")
    assert snapshot.ids_of(0) == ("a", "z")
    assert snapshot.party_kinds[snapshot.party_kind[0]] == "Company"
    assert (snapshot.name_of(0), float(snapshot.numeric["income"][0])) == ("Other", 2.0)


def test_the_bytes_do_not_depend_on_the_order_of_the_facts(tmp_path: Path) -> None:
    facts = [
        *PEOPLE,
        *(Party(f"p{i}", "Person", f"N{i}", {"job": f"j{i % 3}"}) for i in range(9)),
        *(same(f"p{i}", f"p{(i * 5) % 9}") for i in range(9) if i % 2),
        *(Relationship(f"p{i}", f"p{(i + 2) % 9}", "CALLS", "1") for i in range(9)),
    ]
    found = []
    for seed in range(4):
        snapshot = built(random.Random(seed).sample(facts, len(facts)), tmp_path / str(seed))
        found.append({str(f.relative_to(snapshot.folder)): f.read_bytes() for f in snapshot.folder.rglob("*.*")})
    assert found[0] == found[1] == found[2] == found[3]


@pytest.mark.neo4j
def test_same_bytes_from_sqlite_and_neo4j(neo4j_url: str, tmp_path: Path) -> None:
    found = []
    for name, url in (("sqlite", f"sqlite:///{tmp_path / 'kith.db'}"), ("neo4j", neo4j_url)):
        store = open_store(url)
        load_facts(store, [*PEOPLE, same("x9", "ann", 3.0), Relationship("x9", "bob", "CALLS", "1")])
        snapshot = build_snapshot(store, tmp_path / name, 4.0)
        assert snapshot.n_parties == 3 and np.diff(snapshot.links("CALLS").out_indptr).sum() == 1
        found.append({str(f.relative_to(snapshot.folder)): f.read_bytes() for f in snapshot.folder.rglob("*.*")})
        store.close()
    assert found[0] == found[1]
