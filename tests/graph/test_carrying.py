"""Links of held identifiers are carried to their holders: who holds what when, one fact once, own transfers apart."""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import UnknownKind
from graph.schema import Party, Relationship, RelationshipKind
from graph.snapshots.build import build_snapshot
from graph.snapshots.carrying import MAX_HOLDERS
from graph.snapshots.links import KindInfo
from graph.snapshots.overlay import AddLinks, Change, RemoveLinks, SnapshotOverlay
from graph.snapshots.snapshot import Snapshot
from graph.stores.open import open_store
from tests.graph.networks import Fact, MemoryStore, load_facts

PEOPLE = [Party(id, "Person") for id in ("ann", "bob", "cy", "shop")]
ACCOUNTS = [Party(id, "Account") for id in ("a1", "b1", "c1")]
PARTIES: list[Fact] = [*PEOPLE, *ACCOUNTS]


def holds(holder: str, account: str, first: float | None = None, last: float | None = None) -> Relationship:
    return Relationship(holder, account, "HOLDS_ACCOUNT", f"{holder}{first}", first=first, last=last)


def pays(source: str, target: str, time: float | None = None, amount: float = 1.0, key: str = "") -> Relationship:
    return Relationship(source, target, "PAYS", key or f"{time}{amount}", first=time, last=time, amount=amount)


def built(facts: list[Any], folder: Path, as_of: float | None = None, store: Any = None) -> Snapshot:
    store = MemoryStore() if store is None else store
    load_facts(store, facts)
    return build_snapshot(store, folder, as_of)


def entries(snapshot: Snapshot, kind: str = "PAYS") -> list[tuple[str, str, str, str]]:
    """Source, target and the identifiers that they held of every entry, in order."""
    links = snapshot.links(kind)
    source = np.repeat(np.arange(snapshot.n_parties), np.diff(links.out_indptr))
    columns = (source, links.out_target, links.via_source, links.via_target)
    return [
        tuple("" if row < 0 else snapshot.id_of(int(row)) for row in entry)  # type: ignore[misc]
        for entry in zip(*columns, strict=True)
    ]


def files(snapshot: Snapshot) -> dict[str, bytes]:
    return {str(f.relative_to(snapshot.folder)): f.read_bytes() for f in snapshot.folder.rglob("*") if f.is_file()}


def test_a_payment_between_accounts_ties_their_holders_and_says_through_which(tmp_path: Path) -> None:
    facts = [*PARTIES, holds("ann", "a1"), holds("bob", "b1"), pays("a1", "b1", 5.0, 9.0)]
    snapshot = built(facts, tmp_path / "s")
    assert entries(snapshot) == [("ann", "bob", "a1", "b1")]
    assert snapshot.links("PAYS").amount.tolist() == [9.0]
    assert snapshot.kinds["PAYS"] == KindInfo("PAYS", "money", False, links=1, facts=1, carried=1)
    assert snapshot.kinds["HOLDS_ACCOUNT"].carried == 0


def test_an_end_without_a_holder_stays_the_identifier(tmp_path: Path) -> None:
    facts = [*PARTIES, holds("ann", "a1"), pays("a1", "c1"), pays("c1", "shop"), pays("shop", "a1")]
    snapshot = built(facts, tmp_path / "s")
    assert entries(snapshot) == [("ann", "c1", "a1", ""), ("c1", "shop", "", ""), ("shop", "ann", "", "a1")]
    assert snapshot.kinds["PAYS"].carried == 2


@pytest.mark.parametrize(
    ("time", "holder"), [(None, ["ann", "bob"]), (4.0, []), (5.0, ["ann"]), (9.0, ["ann"]), (10.0, ["bob"])]
)
def test_a_link_is_carried_to_who_holds_at_its_time(time: float | None, holder: list[str], tmp_path: Path) -> None:
    facts = [*PARTIES, holds("ann", "a1", 5.0, 10.0), holds("bob", "a1", 10.0, None), pays("a1", "shop", time)]
    assert [entry[0] for entry in entries(built(facts, tmp_path / "s"))] == (holder or ["a1"])


def test_a_link_with_an_interval_is_carried_to_every_holder_of_a_part_of_it(tmp_path: Path) -> None:
    holdings = [holds("ann", "a1", 5.0, 10.0), holds("bob", "a1", 10.0, 20.0), holds("cy", "a1", 20.0)]
    link = Relationship("a1", "shop", "PAYS", "1", first=8.0, last=12.0)
    snapshot = built([*PARTIES, *holdings, link], tmp_path / "s")
    assert [entry[0] for entry in entries(snapshot)] == ["ann", "bob"]


def test_a_holding_that_was_seen_once_holds_from_then_on(tmp_path: Path) -> None:
    facts = [*PARTIES, holds("ann", "a1", 5.0, 5.0), pays("a1", "shop", 4.0), pays("a1", "shop", 50.0)]
    assert entries(built(facts, tmp_path / "s")) == [("a1", "shop", "", ""), ("ann", "shop", "a1", "")]


def test_several_statements_of_one_holding_carry_once(tmp_path: Path) -> None:
    facts = [
        *PARTIES,
        holds("ann", "a1"),
        holds("ann", "a1", 5.0, 5.0),
        holds("ann", "a1", 7.0),
        pays("a1", "shop", 8.0),
    ]
    assert entries(built(facts, tmp_path / "s")) == [("ann", "shop", "a1", "")]


def test_a_payment_of_a_joint_account_is_one_payment_of_each_holder(tmp_path: Path) -> None:
    facts = [*PARTIES, holds("ann", "a1"), holds("bob", "a1"), holds("cy", "c1"), holds("shop", "c1"), pays("a1", "c1")]
    snapshot = built(facts, tmp_path / "s")
    assert [entry[:2] for entry in entries(snapshot)] == [
        ("ann", "cy"), ("ann", "shop"), ("bob", "cy"), ("bob", "shop"),
    ]  # fmt: skip
    links = snapshot.links("PAYS")
    assert links.fact.tolist() == [0, 0, 0, 0]
    assert links.counts_for_source.tolist() == [True, False, True, False]
    assert links.counts_for_target.tolist() == [True, True, False, False]
    names = [snapshot.id_of(row) for row in range(snapshot.n_parties)]
    assert dict(zip(names, links.facts_by_source().tolist(), strict=True)) == {
        "a1": 0, "ann": 1, "b1": 0, "bob": 1, "c1": 0, "cy": 0, "shop": 0,
    }  # fmt: skip
    assert links.facts_by_target().sum() == 2
    assert (snapshot.kinds["PAYS"].links, snapshot.kinds["PAYS"].facts) == (4, 1)
    assert snapshot.manifest["relationships"] == 5


def test_a_payment_between_accounts_of_one_holder_is_an_own_transfer(tmp_path: Path) -> None:
    facts = [
        *PARTIES,
        *(holds("ann", account) for account in ("a1", "b1")),
        holds("bob", "b1"),
        pays("a1", "b1", 1.0, 5.0),
        pays("b1", "a1", 2.0, 7.0),
        pays("ann", "a1", 3.0, 1.0),  # into an account of one's own
        pays("b1", "shop", 4.0, 100.0),
    ]
    snapshot = built(facts, tmp_path / "s")
    assert [entry[:2] for entry in entries(snapshot)] == [("ann", "shop"), ("bob", "shop")]
    assert snapshot.own_transfers == {"PAYS": 3}
    assert snapshot.own_transfers_of(snapshot.row_of("ann")) == {"PAYS": (3, 13.0)}
    assert snapshot.own_transfers_of(snapshot.row_of("bob")) == {}


def test_a_kind_with_own_transfers_alone_has_no_links(tmp_path: Path) -> None:
    facts = [*PARTIES, holds("ann", "a1"), holds("ann", "b1"), pays("a1", "b1", amount=5.0)]
    snapshot = built(facts, tmp_path / "s")
    assert "PAYS" not in snapshot.kinds
    assert snapshot.own_transfers == {"PAYS": 1}
    held = snapshot.held_links("PAYS")
    assert held.out(snapshot.row_of("a1")).party.tolist() == [snapshot.row_of("b1")]


def test_an_identifier_with_too_many_holders_carries_nothing_and_is_named(tmp_path: Path) -> None:
    crowd = [Party(f"p{i:02}", "Person") for i in range(MAX_HOLDERS + 1)]
    early = [holds(one.id, "a1", 1.0) for one in crowd[:-1]]
    facts = [*PARTIES, *crowd, *early, holds(crowd[-1].id, "a1", 5.0), pays("a1", "shop", 4.0), pays("a1", "shop", 6.0)]
    snapshot = built(facts, tmp_path / "s")
    found = entries(snapshot)
    assert len(found) == MAX_HOLDERS + 1
    assert [entry for entry in found if entry[0] == "a1"] == [("a1", "shop", "", "")]
    assert snapshot.manifest["crowded"] == {"identifiers": 1, "ids": ["a1"]}


def test_an_account_keeps_its_own_payments(tmp_path: Path) -> None:
    facts = [
        *PARTIES,
        holds("ann", "a1"),
        holds("bob", "b1"),
        pays("a1", "b1", 1.0),
        pays("a1", "c1"),
        pays("c1", "a1"),
    ]
    snapshot = built(facts, tmp_path / "s")
    held = snapshot.held_links("PAYS")
    a1, b1, c1 = snapshot.rows_of(["a1", "b1", "c1"]).tolist()
    assert held.out(a1).party.tolist() == [b1, c1]
    assert held.into(b1).party.tolist() == [a1]
    assert held.into(a1).party.tolist() == [c1]
    assert held.into(c1).party.tolist() == held.out(c1).party.tolist() == []
    assert held.first[held.out(a1).entry].tolist()[0] == 1.0
    with pytest.raises(UnknownKind, match="no links of kind 'CALLS' are carried"):
        snapshot.held_links("CALLS")


def test_a_holder_is_no_identifier_and_only_kinds_that_are_holding_hold(tmp_path: Path) -> None:
    device = [Party("d", "Device"), Relationship("ann", "d", "USES_DEVICE", "1"), pays("d", "shop")]
    facts = [*PARTIES, *device, holds("b1", "a1"), pays("a1", "shop")]
    assert [entry[0] for entry in entries(built(facts, tmp_path / "s"))] == ["a1", "d"]


def test_an_account_that_nobody_described_is_what_its_links_say(tmp_path: Path) -> None:
    """A folder without a list of parties implies everybody as a Person, accounts and phones too."""
    implied = [Party(id, "Person", implied=True) for id in ("ann", "bob", "a1", "b1", "ph", "said")]
    facts = [
        *implied[:-1],
        Party("said", "Person"),
        *(holds(a, b) for a, b in (("ann", "a1"), ("bob", "b1"), ("bob", "said"))),
        Relationship("bob", "ph", "USES_PHONE", "1"),
        pays("a1", "b1"),
        pays("said", "a1"),
        Relationship("ph", "ann", "CALLS", "1"),
    ]
    snapshot = built(facts, tmp_path / "s")
    kinds = {snapshot.id_of(row): snapshot.party_kinds[snapshot.party_kind[row]] for row in range(6)}
    assert kinds == {
        "ann": "Person", "bob": "Person", "a1": "Account", "b1": "Account", "ph": "Phone", "said": "Person",
    }  # fmt: skip
    assert entries(snapshot) == [("ann", "bob", "a1", "b1"), ("said", "ann", "", "a1")]
    assert entries(snapshot, "CALLS") == [("bob", "ann", "ph", "")]


def test_a_mapping_may_mark_more_kinds_as_holding(tmp_path: Path) -> None:
    store = MemoryStore()
    store.define_kinds([RelationshipKind("SIGNS_FOR", "identifier", holding=True)])
    facts = [*PARTIES, Relationship("ann", "a1", "SIGNS_FOR", "1"), pays("a1", "shop")]
    assert entries(built(facts, tmp_path / "s", store=store)) == [("ann", "shop", "a1", "")]


def test_only_a_kind_of_the_category_identifier_may_be_holding() -> None:
    with pytest.raises(UnknownKind, match="only identifier can"):
        RelationshipKind("PAYS_FOR", "money", holding=True)


def test_as_of_a_time_a_later_holding_is_not_there_and_one_that_ends_later_goes_on(tmp_path: Path) -> None:
    facts = [
        *PARTIES,
        holds("ann", "a1", 1.0, 20.0),
        holds("bob", "a1", 8.0),
        pays("a1", "shop", 5.0),
        pays("a1", "shop"),
    ]
    assert [entry[0] for entry in entries(built(facts, tmp_path / "at 7", 7.0))] == ["ann", "ann"]
    assert [entry[0] for entry in entries(built(facts, tmp_path / "at 9", 9.0))] == ["ann", "ann", "bob"]


def test_retracting_a_holding_leaves_the_payment_with_the_account(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'kith.db'}")
    load_facts(store, [*PARTIES, pays("a1", "shop")], "bank")
    before = build_snapshot(store, tmp_path / "before")
    load_facts(store, [Party("ann", "Person"), holds("ann", "a1")], "register")
    assert entries(build_snapshot(store, tmp_path / "held")) == [("ann", "shop", "a1", "")]
    store.undo(store.loads()[-1].id)
    after = build_snapshot(store, tmp_path / "after")
    assert {name: content for name, content in files(after).items() if "." in name and name != "manifest.json"} == {
        name: content for name, content in files(before).items() if "." in name and name != "manifest.json"
    }
    store.close()


HOLDERS = st.sampled_from(["ann", "bob", "cy", "shop"])
ENDS = st.sampled_from(["ann", "bob", "shop", "a1", "b1", "c1"])
TIMES = st.sampled_from([None, 1.0, 2.0, 3.0])
HOLDINGS = st.lists(st.builds(holds, HOLDERS, st.sampled_from(["a1", "b1"]), TIMES, TIMES), min_size=2, max_size=8)
PAYMENTS = st.lists(st.builds(pays, ENDS, ENDS, TIMES, st.sampled_from([1.0, 2.0])), min_size=3, max_size=12)


def numbered(links: list[Relationship]) -> list[Relationship]:
    return [replace(link, key=str(i)) for i, link in enumerate(links)]


@settings(max_examples=12, deadline=None)
@given(HOLDINGS, PAYMENTS, st.randoms(use_true_random=False), st.sampled_from([None, 2.0]))
def test_the_bytes_do_not_depend_on_the_order_of_the_facts(
    holdings: list[Relationship], payments: list[Relationship], order: random.Random, as_of: float | None
) -> None:
    facts: list[Fact] = [*PARTIES, *numbered(holdings), *numbered([*payments, *payments[:2]])]
    shuffled = order.sample(facts, len(facts))
    with tempfile.TemporaryDirectory() as name:
        one = built(facts, Path(name) / "one", as_of)
        assert files(one) == files(built(shuffled, Path(name) / "other", as_of))


DATED = st.lists(
    st.tuples(HOLDERS, st.sampled_from(["a1", "b1"]), st.integers(1, 4), st.integers(0, 3) | st.none()), max_size=8
)


@settings(max_examples=15, deadline=None)
@given(DATED, st.lists(st.tuples(ENDS, ENDS, st.integers(1, 6)), min_size=3, max_size=12), st.integers(1, 6))
def test_what_is_known_later_changes_nothing_of_before(
    holdings: list[tuple[str, str, int, int | None]], payments: list[tuple[str, str, int]], as_of: int
) -> None:
    """As of a time the payments until then are carried as they are with everything that became known since."""
    held = [holds(a, b, first, None if days is None else first + days) for a, b, first, days in holdings]
    facts = [*PARTIES, *numbered(held), *numbered([pays(a, b, time, float(time)) for a, b, time in payments])]

    def carried(snapshot: Snapshot) -> list[tuple[Any, ...]]:
        if "PAYS" not in snapshot.kinds:
            return []
        first = snapshot.links("PAYS").first.tolist()
        return sorted((*ends, at) for ends, at in zip(entries(snapshot), first, strict=True) if at <= as_of)

    with tempfile.TemporaryDirectory() as name:
        now, then = built(facts, Path(name) / "now"), built(facts, Path(name) / "then", as_of)
        assert carried(then) == carried(now)


CHANGES = st.builds(RemoveLinks, st.just("PAYS"), st.integers(0, 6), st.integers(0, 6)) | st.builds(
    AddLinks,
    st.just("PAYS"),
    st.integers(1, 1),
    st.integers(3, 6),
    st.integers(1, 2),
    first=TIMES.map(lambda t: t or 1.0),
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(HOLDINGS, PAYMENTS, st.lists(CHANGES, min_size=1, max_size=2))
def test_an_overlay_equals_the_snapshot_without_the_facts(
    holdings: list[Relationship], payments: list[Relationship], changes: list[Change]
) -> None:
    kept: list[Fact] = [*PARTIES, *numbered(holdings), Relationship("cy", "shop", "PAYS", "always", weight=0.5)]
    payments = [replace(link, key=f"p{i}") for i, link in enumerate([*payments, *payments[:2]])]
    with tempfile.TemporaryDirectory() as name:
        before = built([*kept, *payments], Path(name) / "before")
        overlay = SnapshotOverlay(before, changes)
        remaining = [link for link in payments if not any(ends(before, kept, link, change, name) for change in changes)]
        added = [
            Relationship(before.id_of(c.source), before.id_of(c.target), "PAYS", f"n{i}{j}", first=c.first)
            for i, c in enumerate(changes)
            if isinstance(c, AddLinks)
            for j in range(c.times)
        ]
        removed_always = any(isinstance(c, RemoveLinks) and (c.source, c.target) == (5, 6) for c in changes)
        others = kept[:-1] if removed_always else kept
        after = built([*others, *remaining, *added], Path(name) / "after")
        assert overlay.kinds == after.kinds
        for kind in after.kinds:
            for column in COLUMNS:
                ours, theirs = (np.asarray(getattr(s.links(kind), column)) for s in (overlay, after))
                assert ours.dtype == theirs.dtype and ours.tobytes() == theirs.tobytes(), (kind, column)


COLUMNS = (
    "out_indptr", "out_target", "in_indptr", "in_source", "in_entry", "first", "last", "weight", "count", "amount",
    "context", "via_source", "via_target", "fact", "counts_for_source", "counts_for_target",
)  # fmt: skip


def ends(before: Snapshot, kept: list[Fact], link: Relationship, change: Change, folder: str) -> bool:
    """Whether this payment alone ties the two parties of a change."""
    if not isinstance(change, RemoveLinks):
        return False
    alone = built([*kept[:-1], link], Path(tempfile.mkdtemp(dir=folder)) / "alone")
    wanted = before.id_of(change.source), before.id_of(change.target)
    return "PAYS" in alone.kinds and wanted in [entry[:2] for entry in entries(alone)]


@pytest.mark.neo4j
def test_same_bytes_from_sqlite_and_neo4j(neo4j_url: str, tmp_path: Path) -> None:
    facts: list[Fact] = [
        *PARTIES, holds("ann", "a1", 1.0, 9.0), holds("bob", "a1"), holds("cy", "c1"), pays("a1", "c1", 4.0, 2.5),
        pays("a1", "c1", 4.0, 2.5, "twin"), pays("c1", "b1"), pays("a1", "a1"), Relationship("a1", "c1", "CALLS", "1"),
    ]  # fmt: skip
    found = []
    for name, url in (("sqlite", f"sqlite:///{tmp_path / 'kith.db'}"), ("neo4j", neo4j_url)):
        store = open_store(url)
        store.define_kinds([RelationshipKind("SIGNS_FOR", "identifier", holding=True)])
        load_facts(store, [*facts, Relationship("shop", "b1", "SIGNS_FOR", "1")])
        found.append(files(build_snapshot(store, tmp_path / name)))
        store.close()
    assert found[0] == found[1]
