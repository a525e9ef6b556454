"""The contents of a snapshot, that it is a pure function of the facts, and that damaged files are named."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.csr import edge_index
from graph.errors import SnapshotError, UnknownKind, UnknownParty, UsageError
from graph.schema import OUTCOME_STATES, OUTCOMES_KNOWN, Outcome, Party, Relationship, RelationshipKind
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import MIN_HASHED_IDS, Snapshot
from graph.stores.sqlite import SqliteStore
from tests.graph.networks import Fact, MemoryStore, load_facts

NAN = float("nan")

# Rows by the bytes of the ids: Zoë & Co 0 (upper case sorts first), ann 1, bob 2, cy 3, tel:1 4.
TOWN: list[Fact] = [
    Party("ann", "Person", "Ann Lee", {"income": 10, "job": "clerk", "sex": "f", "mixed": 5}),
    Party("bob", "Person", "Bob Ross", {"income": 2.5, "job": "baker", "sex": "m", "mixed": "five"}),
    Party("cy", "Person", None, {"income": None, "job": "clerk", "mixed": 5.0}),
    Party("tel:1", "Phone", implied=True),
    Party("Zoë & Co", "Company", "Zoë"),
    Relationship("ann", "bob", "CALLS", "1", weight=0.5, first=10, last=40, count=3, amount=9, context="online"),
    Relationship("ann", "bob", "CALLS", "2", weight=0.25, first=5, last=6),
    Relationship("ann", "bob", "CALLS", "3"),
    Relationship("ann", "ann", "CALLS", "1", first=30),
    Relationship("cy", "ann", "CALLS", "1", first=1, last=2, context="offline"),
    Relationship("cy", "bob", "KNOWS", "1"),
    Relationship("bob", "tel:1", "USES_PHONE", "1"),
    Relationship("cy", "tel:1", "USES_PHONE", "1"),
    Outcome("bob", "default", "1", opened=20, closed=35, days_late=91, amount=500),
    Outcome("bob", "late", "2", opened=3, state="disputed", days_late=30),
    Outcome("ann", "good", "1"),
]
ZOE, ANN, BOB, CY, TEL = range(5)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "memory":
        yield MemoryStore()
        return
    opened = SqliteStore.open(f"sqlite:///{tmp_path}/facts.db")
    yield opened
    opened.close()


@pytest.fixture
def town(store: Any, tmp_path: Path) -> Snapshot:
    load_facts(store, TOWN)
    return build_snapshot(store, tmp_path / "town")


def assert_array(actual: Any, expected: list[float]) -> None:
    np.testing.assert_array_equal(actual, np.array(expected, actual.dtype))


def files(snapshot: Snapshot) -> dict[str, bytes]:
    paths = (p for p in snapshot.folder.rglob("*") if p.is_file())
    return {str(p.relative_to(snapshot.folder)): p.read_bytes() for p in paths}


def content(snapshot: Snapshot) -> dict[str, bytes]:
    """Every byte that does not depend on how many loads brought the facts."""
    return {path: raw for path, raw in files(snapshot).items() if path not in ("manifest.json", "id")}


# ----------------------------------------------------------------------------------------------- contents


def test_parties_are_sorted_by_the_bytes_of_their_ids(town: Snapshot) -> None:
    assert [town.id_of(row) for row in range(town.n_parties)] == ["Zoë & Co", "ann", "bob", "cy", "tel:1"]
    assert [town.name_of(row) for row in range(5)] == ["Zoë", "Ann Lee", "Bob Ross", None, None]
    assert [town.party_kinds[code] for code in town.party_kind] == ["Company", "Person", "Person", "Person", "Phone"]
    assert_array(town.implied, [False, False, False, False, True])
    assert [town.row_of(id) for id in ("Zoë & Co", "ann", "bob", "cy", "tel:1")] == [0, 1, 2, 3, 4]
    assert town.rows_of(["cy", "ann"]).tolist() == [CY, ANN]
    assert town.rows_of([]).dtype == np.int32
    for unknown in ("", "Ann", "zzz", "\udcff"):
        with pytest.raises(UnknownParty):
            town.row_of(unknown)
    for outside in (-1, 5):
        with pytest.raises(IndexError):
            town.id_of(outside)
    assert (town.revision, town.as_of, town.n_parties) == (1, None, 5)


def test_rows_of_many_ids_are_those_of_each(town: Snapshot) -> None:
    assert town.rows_of(["cy", "bob"] * MIN_HASHED_IDS).tolist() == [CY, BOB] * MIN_HASHED_IDS
    with pytest.raises(UnknownParty, match="'nobody'"):
        town.rows_of(["cy"] * MIN_HASHED_IDS + ["nobody"])


def test_links_are_stored_by_source_and_by_target_and_read_only(town: Snapshot) -> None:
    calls = town.links("CALLS")
    # ann->ann, ann->bob first 5, first 10, missing (last), cy->ann
    assert_array(calls.out_indptr, [0, 0, 4, 4, 5, 5])
    assert_array(calls.out_target, [ANN, BOB, BOB, BOB, ANN])
    assert_array(calls.first, [30, 5, 10, NAN, 1])
    assert_array(calls.last, [NAN, 6, 40, NAN, 2])
    assert_array(calls.weight, [NAN, 0.25, 0.5, NAN, NAN])
    assert_array(calls.count, [1, 1, 3, 1, 1])
    assert_array(calls.amount, [NAN, NAN, 9, NAN, NAN])
    assert_array(calls.context, [0, 0, 1, 0, 2])
    assert_array(calls.in_indptr, [0, 0, 2, 5, 5, 5])
    assert_array(calls.in_source, [ANN, CY, ANN, ANN, ANN])
    assert_array(calls.in_entry, [0, 4, 1, 2, 3])
    dtypes = {"out_indptr": "i8", "out_target": "i4", "first": "f8", "last": "f8", "weight": "f4", "count": "i8"}
    dtypes |= {"amount": "f8", "context": "u1", "in_indptr": "i8", "in_source": "i4", "in_entry": "i4"}
    for name, dtype in dtypes.items():
        array = getattr(calls, name)
        assert array.dtype == np.dtype(dtype)
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_incident_links_of_a_row_are_its_other_ends_and_their_entries(town: Snapshot) -> None:
    calls = town.links("CALLS")
    assert_array(calls.out(ANN).party, [ANN, BOB, BOB, BOB])
    assert_array(calls.out(ANN).entry, [0, 1, 2, 3])
    assert_array(calls.into(ANN).party, [ANN, CY])
    assert_array(calls.into(ANN).entry, [0, 4])
    assert_array(calls.context[calls.into(ANN).entry], [0, 2])
    for none in (calls.out(ZOE), calls.into(TEL), calls.into(CY)):
        assert len(none.party) == len(none.entry) == 0


def test_entries_between_two_rows_are_of_one_direction_and_of_a_symmetric_relationship_of_both(tmp_path: Path) -> None:
    store = MemoryStore()
    ends = ("ab1", "ab2", "ba1", "ac1", "bb1")
    links = [Relationship(a, b, kind, key) for a, b, key in ends for kind in ("CALLS", "KNOWS")]
    load_facts(store, [*(Party(id, "Person") for id in "abcd"), *links])
    snapshot = build_snapshot(store, tmp_path / "s")
    calls, knows = snapshot.links("CALLS"), snapshot.links("KNOWS")  # entries: ab ab ac ba bb
    for of in (calls, knows):
        assert [of.between(*pair).tolist() for pair in ((0, 1), (1, 0), (1, 1), (2, 0))] == [[0, 1], [3], [4], []]
    assert [calls.relationship(*pair).tolist() for pair in ((0, 1), (1, 0), (1, 1), (2, 0))] == [[0, 1], [3], [4], []]
    assert [knows.relationship(*pair).tolist() for pair in ((0, 1), (1, 0), (1, 1), (2, 0))] == [
        [0, 1, 3],
        [0, 1, 3],
        [4],
        [2],
    ]


@settings(max_examples=25, deadline=None)
@given(pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12))
def test_entries_between_any_two_rows_are_those_with_these_ends(tmp_path_factory: Any, pairs: list[Any]) -> None:
    store = MemoryStore()
    links = [Relationship(str(a), str(b), "CALLS", str(key)) for key, (a, b) in enumerate(pairs)]
    load_facts(store, [*(Party(str(row), "Person") for row in range(4)), *links, Relationship("0", "0", "CALLS", "x")])
    calls = build_snapshot(store, tmp_path_factory.mktemp("between") / "s").links("CALLS")
    source, target = edge_index(calls.out_indptr, calls.out_target)
    for a in range(4):
        for b in range(4):
            assert calls.between(a, b).tolist() == np.flatnonzero((source == a) & (target == b)).tolist()


def test_kinds_of_categories_come_in_the_order_of_the_snapshot(town: Snapshot) -> None:
    assert town.kinds_of({"social", "contact", "money"}) == ["CALLS", "KNOWS"]
    assert town.kinds_of(frozenset()) == []


def test_kinds_and_categories_are_those_that_have_links(town: Snapshot) -> None:
    assert list(town.kinds) == ["CALLS", "KNOWS", "USES_PHONE"]
    assert [k.links for k in town.kinds.values()] == [5, 1, 2]
    assert [k.symmetric for k in town.kinds.values()] == [False, True, False]
    assert town.categories == ("contact", "identifier", "social")
    assert_array(town.links("KNOWS").out_target, [BOB])  # a symmetric link is stored once, as loaded
    with pytest.raises(UnknownKind, match="PAYS"):
        town.links("PAYS")


def test_outcomes_are_sorted_by_party_and_time(town: Snapshot) -> None:
    outcomes = town.outcomes
    assert_array(outcomes.party, [ANN, BOB, BOB])
    assert [OUTCOMES_KNOWN[code] for code in outcomes.outcome] == ["good", "late", "default"]
    assert_array(outcomes.opened, [NAN, 3, 20])
    assert_array(outcomes.closed, [NAN, NAN, 35])
    assert [OUTCOME_STATES[code] for code in outcomes.state] == ["active", "disputed", "active"]
    assert_array(outcomes.days_late, [NAN, 30, 91])
    assert_array(outcomes.amount, [NAN, NAN, 500])


def test_attributes_are_numbers_or_texts_and_may_be_protected(store: Any, tmp_path: Path) -> None:
    store.add_protected({"job"})
    load_facts(store, TOWN)
    town = build_snapshot(store, tmp_path / "town")
    assert list(town.numeric) == ["income"]
    assert_array(town.numeric["income"], [NAN, 10, 2.5, NAN, NAN])
    assert list(town.categorical) == ["job", "mixed", "sex"]
    codes, vocabulary = town.categorical["mixed"]
    assert vocabulary == ("5", "five")
    assert_array(codes, [-1, 0, 1, 0, -1])
    codes, vocabulary = town.categorical["job"]
    assert vocabulary == ("baker", "clerk")
    assert_array(codes, [-1, 1, 0, 1, -1])
    assert town.protected == {"sex", "job"}


def test_a_kind_that_is_not_built_in_has_its_category_and_symmetry(store: Any, tmp_path: Path) -> None:
    store.define_kinds([RelationshipKind("LENT_A_BOOK", "social", True)])
    load_facts(store, [Party("a", "Person"), Party("b", "Person"), Relationship("b", "a", "LENT_A_BOOK", "1")])
    kind = build_snapshot(store, tmp_path / "s").kinds["LENT_A_BOOK"]
    assert (kind.category, kind.symmetric, kind.links) == ("social", True, 1)


def test_amounts_and_counts_are_those_of_the_facts(store: Any, tmp_path: Path) -> None:
    """Float32 has no 16777217 and no cents at a hundred million, int32 no three thousand million."""
    stated = [(123456789.01, 3_000_000_000), (16777217.0, 2**40), (0.1, 1)]
    ends = [Party("ann", "Person"), Party("bo", "Person")]
    pays = [Relationship("ann", "bo", "PAYS", str(i), amount=a, count=n) for i, (a, n) in enumerate(stated)]
    load_facts(store, [*ends, *pays])
    links = build_snapshot(store, tmp_path / "snapshot").links("PAYS")
    assert sorted(zip(links.amount.tolist(), links.count.tolist(), strict=True)) == sorted(stated)


def test_an_empty_network_gives_an_empty_snapshot(store: Any, tmp_path: Path) -> None:
    build_snapshot(store, tmp_path / "s")
    empty = Snapshot.open(tmp_path / "s", verify=True)
    assert (empty.n_parties, empty.kinds, empty.categories, empty.revision) == (0, {}, (), 0)
    assert len(empty.outcomes.party) == len(empty.party_kind) == len(empty.implied) == 0
    assert (empty.numeric, empty.categorical) == ({}, {})
    with pytest.raises(UnknownParty):
        empty.row_of("a")


ODD_IDS = [
    "",
    " ",
    "a\nb",
    "a\x00b",
    "\x00",
    "=1+1",
    "é",
    "e\u0301",
    "日本",
    "😀",
    "\uffff",
    "A" * 3000,
    "ß",
    "K\u0131",
]


def test_odd_ids_sort_by_their_bytes(store: Any, tmp_path: Path) -> None:
    load_facts(store, [Party(id, "Person", id.upper()) for id in ODD_IDS if id])
    snapshot = build_snapshot(store, tmp_path / "s")
    expected = sorted((id for id in ODD_IDS if id), key=str.encode)
    assert [snapshot.id_of(row) for row in range(snapshot.n_parties)] == expected
    assert [snapshot.row_of(id) for id in expected] == list(range(len(expected)))
    assert snapshot.id_array().to_pylist() == expected


# -------------------------------------------------------------------------------------- time and revisions


def test_a_snapshot_as_of_a_time_has_nothing_that_became_known_later(store: Any, tmp_path: Path) -> None:
    load_facts(
        store,
        [
            *TOWN,
            Party("new", "Person", valid_from=20),
            Party("old", "Person", valid_to=20),
            Relationship("new", "ann", "PAYS", "1"),
            Relationship("old", "ann", "PAYS", "1"),
            Outcome("old", "good", "1"),
        ],
    )
    then = build_snapshot(store, tmp_path / "then", as_of=20)
    assert "new" in then.id_array().to_pylist() and "old" not in then.id_array().to_pylist()
    ann, bob, new = then.row_of("ann"), then.row_of("bob"), then.row_of("new")
    calls = then.links("CALLS")
    assert_array(calls.first, [5, 10, NAN, 1])  # not the one from 30 on
    assert_array(calls.last, [6, NAN, NAN, 2])  # 40 is later than 20, so not known
    assert_array(then.links("PAYS").in_source, [new])
    assert then.dangling == 1
    assert then.manifest["dangling"] == {"relationships": 1, "outcomes": 1}
    assert_array(then.outcomes.party, [ann, bob, bob])
    assert_array(then.outcomes.opened, [NAN, 3, 20])
    assert_array(then.outcomes.closed, [NAN, NAN, NAN])  # closed at 35: not known yet
    assert_array(then.outcomes.days_late, [NAN, 30, NAN])  # nor is how late it came to be
    assert_array(then.outcomes.amount, [NAN, NAN, NAN])
    early = build_snapshot(store, tmp_path / "early", as_of=19.5)
    assert "old" in early.id_array().to_pylist() and "new" not in early.id_array().to_pylist()
    assert early.as_of == 19.5
    assert_array(early.outcomes.opened, [NAN, 3, NAN])  # ann good, bob late, old good
    always = build_snapshot(store, tmp_path / "always")
    assert {"old", "new"} <= set(always.id_array().to_pylist())


def test_a_link_is_known_from_its_first_date_on_and_its_totals_from_its_last(store: Any, tmp_path: Path) -> None:
    load_facts(
        store,
        [
            *(Party(id, "Person") for id in "abcd"),
            Relationship("a", "b", "CALLS", "1", last=40, count=3),  # its only date is later
            Relationship("a", "c", "PAYS", "1", first=10, last=40, count=100, amount=5000.0),
            Relationship("a", "d", "PAYS", "1", first=10, last=20, count=7, amount=70.0),
        ],
    )
    then = build_snapshot(store, tmp_path / "then", as_of=20)
    assert set(then.kinds) == {"PAYS"}
    pays = then.links("PAYS")
    assert_array(pays.first, [10, 10])
    assert_array(pays.last, [NAN, 20])
    assert_array(pays.count, [1, 7])
    assert_array(pays.amount, [NAN, 70])
    assert then.later == {"relationships": 1, "totals": 1}
    now = build_snapshot(store, tmp_path / "now")
    assert_array(now.links("PAYS").count, [100, 7])
    assert now.later == {"relationships": 0, "totals": 0}


def test_a_past_revision_can_be_rebuilt(store: Any, tmp_path: Path) -> None:
    load_facts(store, TOWN)
    first = build_snapshot(store, tmp_path / "first")
    load_facts(store, [Party("ann", "Person", "Ann Moor", {"income": 99})], fingerprint="g")
    load_facts(store, [Relationship("bob", "ann", "OWES", "1", amount=7)], fingerprint="h")
    again = build_snapshot(store, tmp_path / "again", revision=1)
    assert files(again) == files(first)
    newest = build_snapshot(store, tmp_path / "newest")
    assert newest.revision == 3
    assert newest.id != first.id
    assert newest.name_of(ANN) == "Ann Moor"
    assert_array(newest.numeric["income"][[ANN]], [99])
    assert_array(newest.links("OWES").amount, [7])
    with pytest.raises(UsageError, match="newest is 3"):
        build_snapshot(store, tmp_path / "future", revision=4)
    with pytest.raises(UsageError, match="not a time"):
        build_snapshot(store, tmp_path / "future", as_of=NAN)
    assert not list(tmp_path.glob(".*")), "no partial folder"


def test_of_several_sources_explicit_ones_and_then_the_newest_count(store: Any, tmp_path: Path) -> None:
    load_facts(store, [Party("a", "Company", "One", {"x": 1, "y": 1, "z": 1})], source="one")
    load_facts(store, [Party("a", "Merchant", None, {"x": 2, "y": None})], source="two")
    load_facts(store, [Party("a", "Person", "Three", {"x": 3, "w": 3}, implied=True)], source="three")
    merged = build_snapshot(store, tmp_path / "s")
    assert merged.n_parties == 1
    assert merged.party_kinds[merged.party_kind[0]] == "Merchant"  # explicit before implied, then the newest
    assert merged.name_of(0) == "One"  # the newest that is known
    assert not merged.implied[0]
    assert {name: values[0] for name, values in merged.numeric.items()} == {"w": 3, "x": 2, "y": 1, "z": 1}


# ------------------------------------------------------------------------------------------ a pure function


def test_same_bytes_from_memory_and_from_this_store(store: Any, town: Snapshot, tmp_path: Path) -> None:
    memory: Any = MemoryStore()
    load_facts(memory, TOWN)
    assert files(build_snapshot(memory, tmp_path / "memory")) == files(town)


def test_same_bytes_when_shuffled_split_or_loaded_twice(store: Any, town: Snapshot, tmp_path: Path) -> None:
    shuffled = TOWN[:]
    random.Random(3).shuffle(shuffled)
    pieces: Any = MemoryStore()
    for number, kind in enumerate((Party, Relationship, Outcome)):
        facts = [fact for fact in shuffled if isinstance(fact, kind)]
        load_facts(pieces, facts[:2], fingerprint=f"{number}a")
        load_facts(pieces, facts[2:], fingerprint=f"{number}b")
    built = build_snapshot(pieces, tmp_path / "pieces")
    assert content(built) == content(town)
    unlike = {"revision"}
    assert {k: v for k, v in built.manifest.items() if k not in unlike} == {
        k: v for k, v in town.manifest.items() if k not in unlike
    }
    load_facts(store, shuffled, fingerprint="again")  # nothing new: the same revision, so the same snapshot
    again = build_snapshot(store, tmp_path / "again")
    assert files(again) == files(town)
    assert again.id == town.id


times = st.none() | st.integers(0, 30).map(float)
weights = st.none() | st.sampled_from([0.0, -0.0, 0.1, -1.0, 1e300])
relationships = st.builds(
    Relationship,
    source=st.sampled_from("abcd"),
    target=st.sampled_from("abcdz"),
    kind=st.sampled_from(["CALLS", "KNOWS"]),
    key=st.uuids().map(str),
    weight=weights,
    first=times,
    last=times,
    count=st.none() | st.integers(0, 2**40),
    amount=weights,
    context=st.none() | st.sampled_from(["online", "offline"]),
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(links=st.lists(relationships, max_size=25), seed=st.randoms(use_true_random=False), as_of=times)
def test_the_bytes_do_not_depend_on_the_order_of_the_facts(
    tmp_path_factory: Any, links: list[Relationship], seed: Any, as_of: float | None
) -> None:
    folder = tmp_path_factory.mktemp("order")
    facts: list[Fact] = [*(Party(id, "Person") for id in "abcd"), *links]
    built: list[Snapshot] = []
    for _ in range(2):
        memory: Any = MemoryStore()
        load_facts(memory, facts)
        built.append(build_snapshot(memory, folder / f"s{len(built)}", as_of))
        seed.shuffle(facts)
    assert files(built[0]) == files(built[1])
    begun = {id(link): link.last if link.first is None else link.first for link in links}
    visible = [x for x in links if as_of is None or begun[id(x)] is None or begun[id(x)] <= as_of]
    assert built[0].dangling == sum(link.target == "z" for link in visible)
    for name, info in built[0].kinds.items():
        expected = sorted(
            ("abcd".index(x.source), "abcd".index(x.target)) for x in visible if x.kind == name and x.target != "z"
        )
        stored = built[0].links(name)
        sources = np.repeat(np.arange(4), np.diff(stored.out_indptr))
        assert list(zip(sources.tolist(), stored.out_target.tolist(), strict=True)) == expected
        assert info.links == len(expected)
        back = sorted(zip(stored.out_target.tolist(), sources.tolist(), range(info.links), strict=True))
        assert stored.in_entry.tolist() == [entry for _, _, entry in back]
        assert stored.in_source.tolist() == [source for _, source, _ in back]
        assert np.diff(stored.in_indptr).tolist() == np.bincount(stored.out_target, minlength=4).tolist()
        assert np.isfinite(stored.weight[~np.isnan(stored.weight)]).all()


# -------------------------------------------------------------------------------------- folders and damage


def test_an_existing_folder_is_opened_where_it_is_the_same_snapshot_and_refused_otherwise(
    store: Any, town: Snapshot, tmp_path: Path
) -> None:
    before = (town.folder / "manifest.json").stat().st_ino
    assert build_snapshot(store, town.folder).id == town.id
    assert (town.folder / "manifest.json").stat().st_ino == before, "left as it was"
    with pytest.raises(SnapshotError, match="remove it or name another folder"):
        build_snapshot(store, town.folder, as_of=10)
    assert Snapshot.open(town.folder, verify=True).id == town.id
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(SnapshotError, match="in the way"):
        build_snapshot(store, tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"
    assert not list(tmp_path.glob(".*"))


def test_a_file_with_a_flipped_byte_is_named(town: Snapshot) -> None:
    for path in sorted(p for p in town.folder.rglob("*") if p.is_file()):
        raw = path.read_bytes()
        if not raw:
            continue
        place = len(raw) // 2
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        with pytest.raises(SnapshotError) as refused:
            Snapshot.open(town.folder, verify=True)
        assert (path.name if path.name != "id" else "`id`") in str(refused.value)
        path.write_bytes(raw)
    Snapshot.open(town.folder, verify=True)


def test_truncated_missing_and_foreign_files_are_named_without_hashing(town: Snapshot) -> None:
    for path in sorted(p for p in town.folder.rglob("*") if p.is_file()):
        raw = path.read_bytes()
        if raw:
            path.write_bytes(raw[:-1])
            with pytest.raises(SnapshotError, match=path.name):
                Snapshot.open(town.folder)
        path.unlink()
        with pytest.raises(SnapshotError, match=path.name):
            Snapshot.open(town.folder)
        path.write_bytes(raw)
    for foreign in ("extra.txt", "links/CALLS/weight.f4.bak"):
        (town.folder / foreign).write_text("x")
        with pytest.raises(SnapshotError, match=foreign):
            Snapshot.open(town.folder)
        (town.folder / foreign).unlink()
    weight = town.folder / "links" / "CALLS" / "weight.f4"
    weight.rename(town.folder.parent / "elsewhere")
    weight.symlink_to(town.folder.parent / "elsewhere")
    with pytest.raises(SnapshotError, match=r"weight\.f4"):
        Snapshot.open(town.folder)


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        (b"{}", "not the manifest of a Kith snapshot"),
        (b"[]", "not the manifest of a Kith snapshot"),
        (b"\xff", "not JSON"),
        (b'{"format":"kith-snapshot","version":99}', "99"),
        (b'{"format":"kith-snapshot","version":4}', "incomplete"),
        (b'{"format":"kith-snapshot","version":4,"files":[]}', "incomplete"),
        (b'{"format":"kith-snapshot","version":4,"files":{"../../x.i4":{"size":1}}}', "impossible"),
    ],
)
def test_a_manifest_of_something_else_is_refused(tmp_path: Path, manifest: bytes, says: str) -> None:
    (tmp_path / "manifest.json").write_bytes(manifest)
    (tmp_path / "id").write_text(hashlib.sha256(manifest).hexdigest() + "\n")
    with pytest.raises(SnapshotError, match=says):
        Snapshot.open(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"is .* a snapshot"):
        Snapshot.open(tmp_path / "nowhere")


def test_the_manifest_is_canonical_json_without_path_or_time_of_building(town: Snapshot, tmp_path: Path) -> None:
    raw = (town.folder / "manifest.json").read_text()
    manifest = json.loads(raw)
    assert raw == json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert str(tmp_path) not in raw
    assert str(time.localtime().tm_year) not in json.dumps({k: v for k, v in manifest.items() if k != "files"})
    assert set(manifest["files"]) == set(content(town))
