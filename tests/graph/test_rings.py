"""Rings planted in a village without any: those that are found, innocent groups that are not, identity, and parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from graph.rings.candidate import BURST, GUARANTEE, MONEY, SHARED, groups_by_label, windows
from graph.rings.find import MIXED, Evidence, Member, Ring, find_rings, match
from graph.rings.roles import group_graph, payees, payers, roles
from graph.rings.significance import loop_neg_log10_expected
from graph.schema import Party, Relationship, RelationshipKind
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from graph.stores.open import open_store
from tests.graph.networks import Fact, load_facts

DAY = 86_400.0
YEAR = 365 * DAY
MAY = 130 * DAY


class Village:
    """300 people in 100 homes, each with a phone; they pay a shop, call and befriend each other all year."""

    def __init__(self, dated: bool = True, seed: int = 0) -> None:
        self.dated = dated
        self.facts: list[Fact] = []
        self.kinds: list[RelationshipKind] = []
        self.rng = np.random.default_rng(seed)
        self.people = [f"p{number:03}" for number in range(300)]
        self.facts += [Party(id, "Person") for id in self.people] + [
            Party("shop", "Merchant"),
            Party("firm", "Company"),
        ]
        for number, person in enumerate(self.people):
            self.link([person], self.identifier("Phone", f"own-phone-{number}"), "USES_PHONE")
            if number % 3 == 0:
                self.link(self.people[number : number + 3], self.identifier("Address", f"home-{number}"), "LIVES_AT")
            self.link([person], "shop", "PAYS", amount=20.0 + number)
            for other in self.rng.choice(self.people, 2):
                self.link([person], str(other), "CALLS")
                self.link([person], str(self.rng.choice(self.people)), "FRIEND_OF")

    def members(self, count: int, start: int = 0) -> list[str]:
        """People who do not live together."""
        return self.people[start::20][:count] if start < 20 else self.people[start : start + count]

    def identifier(self, kind: str, id: str) -> str:
        self.facts.append(Party(id, kind))
        return id

    def link(
        self, sources: Sequence[str], target: str, kind: str, around: float | None = None, amount: float | None = None
    ) -> None:
        """A link from each source, within ten days from `around`, or on any day of the year."""
        for source in sources:
            if source == target:
                continue
            low, high = (0.0, YEAR) if around is None else (around, around + 10 * DAY)
            time = float(self.rng.uniform(low, high)) if self.dated else None
            self.facts.append(
                Relationship(source, target, kind, str(len(self.facts)), first=time, last=time, amount=amount)
            )

    def circle(self, members: Sequence[str], kind: str, around: float | None = None, amount: float = 500.0) -> None:
        """A link from each member to the next, one after the other."""
        first = len(self.facts)
        for source, target in zip(members, [*members[1:], members[0]], strict=True):
            self.link([source], target, kind, around, amount)
        links = [link for link in self.facts[first:] if isinstance(link, Relationship)]
        if self.dated:
            times = sorted(link.first or 0.0 for link in links)
            self.facts[first:] = [replace(x, first=t, last=t) for x, t in zip(links, times, strict=True)]

    def rings(self, folder: Path) -> list[Ring]:
        return find_rings(self.snapshot(folder))

    def snapshot(self, folder: Path) -> Snapshot:
        folder.mkdir(exist_ok=True)
        store = open_store(f"sqlite:///{folder}/kith.db")
        store.define_kinds(self.kinds)
        load_facts(store, self.facts)
        built = build_snapshot(store, folder / "snapshot")
        store.close()
        return built


def parties(rings: Sequence[Ring]) -> list[list[str]]:
    return sorted(sorted(ring.parties) for ring in rings)


# ------------------------------------------------------------------------------------------------ rings


def test_a_village_without_planted_groups_has_no_rings(tmp_path: Path) -> None:
    assert Village().rings(tmp_path) == []


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("size", [4, 15])
def test_strangers_who_share_a_device_and_a_phone_are_a_ring(tmp_path: Path, size: int, dated: bool) -> None:
    village = Village(dated)
    members = village.members(size)
    village.link(members, village.identifier("Device", "tablet"), "USES_DEVICE")
    village.link(members, village.identifier("Phone", "burner"), "USES_PHONE")
    (ring,) = village.rings(tmp_path)
    assert sorted(ring.parties) == sorted(members)
    (evidence,) = ring.evidence
    assert (ring.kind, evidence.kind) == (SHARED, SHARED)
    assert evidence.identifiers == ("burner", "tablet")
    assert evidence.figures == {"parties": size, "identifiers": 2, "shared_by_most": size, "links": 2 * size}


def test_members_who_use_one_of_two_devices_and_one_of_two_phones_are_one_ring(tmp_path: Path) -> None:
    village = Village(dated=False)
    members = village.members(8)
    for number, member in enumerate(members):
        village.link([member], f"device-{number % 2}", "USES_DEVICE")
        village.link([member], f"phone-{number // 2 % 2}", "USES_PHONE")
    for number in range(2):
        village.identifier("Device", f"device-{number}")
        village.identifier("Phone", f"phone-{number}")
    assert parties(village.rings(tmp_path)) == [sorted(members)]


def test_two_rings_with_one_phone_in_common_are_two(tmp_path: Path) -> None:
    village = Village(dated=False)
    groups = [village.members(6, 0), village.members(6, 1)]
    for number, members in enumerate(groups):
        village.link(members, village.identifier("Device", f"device-{number}"), "USES_DEVICE")
        village.link(members, village.identifier("Account", f"account-{number}"), "HOLDS_ACCOUNT")
    village.link([*groups[0], *groups[1]], village.identifier("Phone", "hotline"), "USES_PHONE")
    assert parties(village.rings(tmp_path)) == sorted(sorted(members) for members in groups)


def test_payments_that_form_a_cycle_within_days_are_a_money_circle(tmp_path: Path) -> None:
    village = Village()
    members = village.members(6)
    village.circle(members, "PAYS", MAY)
    (ring,) = village.rings(tmp_path)
    assert sorted(ring.parties) == sorted(members)
    (evidence,) = [e for e in ring.evidence if e.kind == MONEY]
    assert evidence.figures["parties"] == evidence.figures["pairs"] == 6
    assert evidence.figures["amount"] == 3000.0
    assert 0 < float(evidence.figures["days"] or 0) <= 10


def test_a_circle_of_accounts_is_one_of_their_holders_and_counts_each_payment_once(tmp_path: Path) -> None:
    village = Village()
    members = village.members(6)
    accounts = [village.identifier("Account", f"account-of-{member}") for member in members]
    holders = zip(members, accounts, strict=True)
    village.facts += [Relationship(member, account, "HOLDS_ACCOUNT", "1") for member, account in holders]
    village.circle(accounts, "PAYS", MAY)
    second = village.members(7)[-1]  # who holds one of the accounts too
    village.facts.append(Relationship(second, accounts[0], "HOLDS_ACCOUNT", "joint"))
    (ring,) = village.rings(tmp_path)
    assert sorted(ring.parties) == sorted([*members, second])
    (evidence,) = [e for e in ring.evidence if e.kind == MONEY]
    assert (evidence.figures["parties"], evidence.figures["links"], evidence.figures["amount"]) == (7, 6, 3000.0)
    assert evidence.via == tuple(sorted(accounts))


def test_a_money_circle_needs_no_dates_where_no_other_payments_form_cycles(tmp_path: Path) -> None:
    village = Village(dated=False)
    members = village.members(5)
    village.circle(members, "LENDS_TO")
    (ring,) = village.rings(tmp_path)
    assert (ring.kind, sorted(ring.parties)) == (MONEY, sorted(members))
    assert ring.evidence[0].figures["days"] is None


def test_guarantees_that_form_a_cycle_are_a_guarantee_loop(tmp_path: Path) -> None:
    village = Village(dated=False)
    members = village.members(5)
    village.circle(members, "GUARANTEES")
    village.link(village.people[100:140], "p299", "GUARANTEES")
    (ring,) = village.rings(tmp_path)
    assert (ring.kind, sorted(ring.parties)) == (GUARANTEE, sorted(members))


def test_strangers_who_all_message_each_other_within_days_are_a_burst(tmp_path: Path) -> None:
    village = Village()
    members = village.members(8)
    for a, b in combinations(members, 2):
        village.link([a], b, "MESSAGES", MAY)
    (ring,) = village.rings(tmp_path)
    assert (ring.kind, sorted(ring.parties)) == (BURST, sorted(members))
    figures = ring.evidence[0].figures
    assert figures["links"] >= 26 and figures["days"] == 14.0
    assert MAY <= float(figures["from"] or 0) <= MAY + 10 * DAY


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("size", [8, 40])
def test_strangers_who_share_something_with_the_next_are_a_chain(tmp_path: Path, size: int, dated: bool) -> None:
    village = Village(dated)
    members = village.people[::7][:size]
    for number, pair in enumerate(pairwise(members)):
        village.link(pair, village.identifier("Device", f"device-{number}"), "USES_DEVICE")
    (ring,) = village.rings(tmp_path)
    assert sorted(ring.parties) == sorted(members)
    (evidence,) = [one for one in ring.evidence if one.kind == SHARED]
    figures = {"parties": size, "identifiers": size - 1, "links": 2 * (size - 1), "shared_by_most": 2}
    assert evidence.figures == figures


def test_three_people_who_share_something_with_the_next_are_none(tmp_path: Path) -> None:
    village = Village(dated=False)
    a, b, c = village.members(3)
    village.link([a, b], village.identifier("Device", "one"), "USES_DEVICE")
    village.link([b, c], village.identifier("Device", "two"), "USES_DEVICE")
    assert village.rings(tmp_path) == []


@pytest.mark.parametrize("kind", ["PAYS", "GUARANTEES"])
@pytest.mark.parametrize("dated", [True, False])
def test_circles_of_forty_parties_are_found(tmp_path: Path, kind: str, dated: bool) -> None:
    village = Village(dated)
    members = village.people[::7][:40]
    village.circle(members, kind, MAY)
    (ring,) = village.rings(tmp_path)
    assert sorted(ring.parties) == sorted(members)


def test_amounts_that_are_passed_on_are_told_from_a_busy_economy(tmp_path: Path) -> None:
    """Everybody pays four others at random; six people also send some thousands round, less 2 % each time."""
    village = Village()
    for person in village.people:
        for other in village.rng.choice(village.people, 4):
            village.link([person], str(other), "PAYS", amount=float(village.rng.lognormal(4, 1)))
    assert village.rings(tmp_path / "before") == []
    members = village.members(6)
    for lap in range(3):
        order, time, amount = village.rng.permutation(members).tolist(), 90 * DAY * (lap + 1), 5000.0
        for payer, payee in zip(order, [*order[1:], order[0]], strict=True):
            key = str(len(village.facts))
            village.facts.append(Relationship(payer, payee, "PAYS", key, first=time, last=time, amount=round(amount)))
            time, amount = time + DAY / 2, amount * 0.98
    (ring,) = village.rings(tmp_path / "after")
    assert sorted(ring.parties) == sorted(members)
    assert ring.level != "low"


def test_everybody_in_the_evidence_is_a_member(tmp_path: Path) -> None:
    """Five share a device and a phone; money goes round three of them and two others."""
    village = Village()
    members = village.members(7)
    village.link(members[:5], village.identifier("Device", "tablet"), "USES_DEVICE")
    village.link(members[:5], village.identifier("Phone", "burner"), "USES_PHONE")
    village.circle(members[2:], "PAYS", MAY)
    (ring,) = village.rings(tmp_path)
    assert sorted(ring.parties) == sorted(members)
    assert {one.kind for one in ring.evidence} >= {SHARED, MONEY}


def test_several_kinds_of_evidence_make_a_mixed_ring_of_a_higher_level(tmp_path: Path) -> None:
    village = Village()
    members = village.members(7)
    village.link(members, village.identifier("Device", "tablet"), "USES_DEVICE", MAY)
    village.link(members, village.identifier("Phone", "burner"), "USES_PHONE", MAY)
    village.circle(members, "PAYS", MAY)
    (ring,) = village.rings(tmp_path)
    assert ring.kind == MIXED and ring.level == "very_high"
    assert [evidence.kind for evidence in ring.evidence] == [SHARED, MONEY, BURST]


def test_seen_at_one_address_of_the_internet_is_no_home(tmp_path: Path) -> None:
    """It neither explains that members share a device and pay in a circle, nor is it evidence, nor adds members."""
    village = Village()
    members = village.members(9)
    village.kinds.append(RelationshipKind("SEEN_AT", "identifier"))
    village.link(village.people[::20], village.identifier("Address", "185.22.1.7"), "SEEN_AT")
    village.link(members, village.identifier("Device", "tablet"), "USES_DEVICE")
    village.circle(members, "PAYS", MAY)
    (ring,) = village.rings(tmp_path)
    assert sorted(ring.parties) == sorted(members)
    assert MONEY in [evidence.kind for evidence in ring.evidence]
    assert "185.22.1.7" not in [id for evidence in ring.evidence for id in evidence.identifiers]


# -------------------------------------------------------------------------------------- innocent groups


def big_family(village: Village) -> None:
    members = village.people[60:74]
    village.link(members, village.identifier("Address", "farm"), "LIVES_AT")
    village.link(members, village.identifier("Device", "family-tablet"), "USES_DEVICE")
    village.link(members, village.identifier("Phone", "family-phone"), "USES_PHONE")
    for a, b in combinations(members, 2):
        village.link([a], b, "RELATIVE_OF")
    pay_each_other(village, members)


def pay_each_other(village: Village, members: Sequence[str]) -> None:
    for _ in range(60):
        a, b = village.rng.choice(members, 2, replace=False)
        village.link([str(a)], str(b), "PAYS", amount=50.0)


def family_of_unknown_kin(village: Village) -> None:
    members = village.people[75:89]
    village.link(members, village.identifier("Address", "lodge"), "LIVES_AT")
    village.link(members, village.identifier("Device", "lodge-tablet"), "USES_DEVICE")
    pay_each_other(village, members)


def household(village: Village) -> None:
    members = village.people[90:93]
    village.link(members, village.identifier("Device", "home-tablet"), "USES_DEVICE")
    village.link(members, village.identifier("Phone", "landline"), "USES_PHONE")
    village.link(members, village.identifier("Account", "joint"), "HOLDS_ACCOUNT")


def dormitory(village: Village) -> None:
    members = village.people[100:140]
    village.link(members, village.identifier("Address", "dormitory"), "LIVES_AT", MAY)
    for member in members:
        village.link([member], str(village.rng.choice(members)), "CALLS", MAY)


def office_computer(village: Village) -> None:
    members = village.members(15, 2)
    village.link(members, "firm", "EMPLOYED_BY")
    village.link(members, village.identifier("Device", "computer"), "USES_DEVICE")
    village.link(members, village.identifier("Phone", "desk"), "USES_PHONE")


def computer_of_unknown_colleagues(village: Village) -> None:
    village.link(village.members(15, 5), village.identifier("Device", "terminal"), "USES_DEVICE")


def large_home(village: Village) -> None:
    """Nine people where three are usual."""
    members = village.people[240:249]
    village.link(members, village.identifier("Address", "manor"), "LIVES_AT")
    village.link(members, village.identifier("Device", "manor-tablet"), "USES_DEVICE")
    village.link(members, village.identifier("Phone", "manor-phone"), "USES_PHONE")


def colleagues_without_an_employer(village: Village) -> None:
    members = village.members(9, 11)
    for a, b in combinations(members, 2):
        village.link([a], b, "WORKED_WITH")
    village.link(members, village.identifier("Device", "workshop-tablet"), "USES_DEVICE")
    village.link(members, village.identifier("Phone", "workshop-phone"), "USES_PHONE")


def office_without_a_recorded_employer(village: Village) -> None:
    """Twelve people, where the one employer that is known has fifteen."""
    members = village.members(12, 13)
    village.link(members, village.identifier("Device", "front-desk"), "USES_DEVICE")
    village.link(members, village.identifier("Phone", "switchboard"), "USES_PHONE")


def popular_shop(village: Village) -> None:
    for person in village.people[:150]:
        village.link([person], "shop", "ORDERS_FROM", amount=30.0)
    village.link(village.people[:120], village.identifier("Device", "till"), "USES_DEVICE")
    village.link(village.people[:120], village.identifier("Account", "till-account"), "HOLDS_ACCOUNT")


def friends_who_settle_up(village: Village) -> None:
    members = village.members(5, 9)
    for a, b in combinations(members, 2):
        village.link([a], b, "FRIEND_OF")
    village.circle(members, "PAYS")


@pytest.mark.parametrize("dated", [True, False])
def test_innocent_groups_are_no_rings(tmp_path: Path, dated: bool) -> None:
    village = Village(dated)
    for decoy in (
        big_family, family_of_unknown_kin, household, dormitory, office_computer, computer_of_unknown_colleagues,
        popular_shop, friends_who_settle_up, large_home, colleagues_without_an_employer,
        office_without_a_recorded_employer,
    ):  # fmt: skip
        decoy(village)
    assert village.rings(tmp_path) == []


def test_relatives_are_a_ring_where_all_payments_began_within_days(tmp_path: Path) -> None:
    village = Village()
    members = village.members(8)
    for a, b in combinations(members, 2):
        village.link([a], b, "RELATIVE_OF")
        village.link([a], b, "PAYS", MAY, 900.0)
    (ring,) = village.rings(tmp_path)
    assert sorted(ring.parties) == sorted(members)
    assert [evidence.kind for evidence in ring.evidence] == [BURST]


# ------------------------------------------------------------------------ invariance and identity


def test_rings_do_not_depend_on_ids_or_the_order_of_rows(tmp_path: Path) -> None:
    village = Village()
    village.circle(village.members(6), "PAYS", MAY)
    village.link(village.members(5, 3), village.identifier("Device", "tablet"), "USES_DEVICE")
    village.link(village.members(5, 3), village.identifier("Phone", "burner"), "USES_PHONE")
    before = village.rings(tmp_path / "a")
    renamed = {id: f"{(number * 7919) % 100_003:06}" for number, id in enumerate(_ids(village.facts))}
    village.facts = [_renamed(fact, renamed) for fact in village.facts]
    village.rng.shuffle(village.facts)  # type: ignore[arg-type]
    after = village.rings(tmp_path / "b")
    assert len(before) == 2
    assert parties(after) == sorted(sorted(renamed[id] for id in ring.parties) for ring in before)
    assert sorted((r.kind, r.level, r.strength) for r in after) == sorted((r.kind, r.level, r.strength) for r in before)


def _ids(facts: Sequence[Fact]) -> list[str]:
    return [fact.id for fact in facts if isinstance(fact, Party)]


def _renamed(fact: Fact, names: dict[str, str]) -> Fact:
    if isinstance(fact, Party):
        return replace(fact, id=names[fact.id])
    assert isinstance(fact, Relationship)
    return replace(fact, source=names[fact.source], target=names[fact.target])


def test_a_ring_keeps_its_identity_when_a_member_joins(tmp_path: Path) -> None:
    village = Village(dated=False)
    members = village.members(8)
    for kind, relation in (("Device", "USES_DEVICE"), ("Phone", "USES_PHONE")):
        village.link(members[:7], village.identifier(kind, kind.lower()), relation)
    old = village.rings(tmp_path / "a")
    village.link(members[7:], "device", "USES_DEVICE")
    village.link(members[7:], "phone", "USES_PHONE")
    new = match(old, village.rings(tmp_path / "b"))
    assert [ring.ring for ring in new] == [ring.ring for ring in old]
    assert len(new[0].members) == 8


def ring(name: str, members: str) -> Ring:
    return Ring(name, SHARED, "low", 4.0, tuple(Member(id, "member") for id in members), ())


def test_match_carries_identities_over_from_a_jaccard_index_of_one_half() -> None:
    old = [ring("x", "abcd"), ring("y", "mnop")]
    new = [ring("1", "abce"), ring("2", "mnqrst"), ring("3", "uvw")]
    # abcd and abce have 3 of 5 in common; mnop and mnqrst only 2 of 8
    assert [r.ring for r in match(old, new)] == ["x", "2", "3"]


def test_match_carries_each_identity_over_once_and_gives_no_identity_twice() -> None:
    old = [ring("x", "abcdef")]
    new = [ring("x", "abcd"), ring("z", "abcdef")]
    assert [r.ring for r in match(old, new)] == ["x-2", "x"]


def test_a_ring_read_from_its_json_is_equal_with_or_without_texts() -> None:
    evidence = Evidence(SHARED, 5.0, {"parties": 4, "identifiers": 2}, ("a", "b"))
    one = replace(ring("x", "abcd"), evidence=(evidence,))
    value = one.to_json()
    assert Ring.of_json(value) == one
    value["evidence"][0]["text"] = "4 parties share 2 identifiers"
    assert Ring.of_json(value) == one


# ------------------------------------------------------------------------------------------------ parts


def test_roles_of_a_star_with_a_triangle_and_of_payments() -> None:
    # 1 and 2 are linked with 0 alone, 0 with 3; 3, 4 and 5 are a triangle, in which 4 has most of the weight
    graph = group_graph(range(6), {(0, 1): 1, (0, 2): 1, (0, 3): 1, (3, 4): 2, (3, 5): 1, (4, 5): 4})
    found = roles(graph, nx.DiGraph([(1, 2)]))
    assert found == {0: "bridge", 1: "feeder", 2: "collector", 3: "bridge", 4: "hub", 5: "member"}
    assert roles(nx.complete_graph(4), nx.DiGraph([(0, 1)])) == {0: "feeder", 1: "collector", 2: "member", 3: "member"}


def test_whoever_most_members_pay_is_the_collector_whatever_else_it_is() -> None:
    # Everybody pays the next in a circle of five; 1, 2 and 3 also pay 0, who is a hub by it and pays 1 alone.
    circle = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)]
    graph = group_graph(range(5), {(0, 1): 9, (1, 2): 1, (2, 3): 1, (3, 4): 1, (0, 4): 1, (0, 2): 9, (0, 3): 9})
    assert roles(graph, nx.DiGraph(circle))[0] == "hub"
    assert roles(graph, nx.DiGraph([*circle, (1, 0), (2, 0)]))[0] == "collector"  # 3 of the other 4, and pays 1
    assert roles(graph, nx.DiGraph([*circle, (1, 0)]))[0] == "hub"  # 2 of the other 4 are not most
    back = [(0, 2), (0, 4)]
    assert roles(graph, nx.DiGraph([*circle, (1, 0), (2, 0), *back]))[0] == "hub"  # it pays 3, too
    # A herder whom three mules pay, and who is all that ties them.
    star = group_graph(range(4), {(0, 1): 1, (0, 2): 1, (0, 3): 1})
    found = roles(star, nx.DiGraph([(1, 0), (2, 0), (3, 0)]))
    assert found == {0: "collector", 1: "feeder", 2: "feeder", 3: "feeder"}


def test_a_member_has_the_numbers_of_those_who_pay_it_and_whom_it_pays() -> None:
    money = nx.DiGraph([(1, 0), (2, 0), (0, 3)])
    assert [(payers(money, node), payees(money, node)) for node in (0, 1, 4)] == [(2, 1), (0, 1), (0, 0)]


def test_values_less_than_half_a_window_apart_are_in_one_window() -> None:
    values = np.array([0.0, 1.0, 1.4, 1.6, 50.0, 50.4, 50.8, np.nan])
    found = [set(rows.tolist()) for rows in windows(values, 2.0)]
    assert {0, 1, 2, 3} in found and {4, 5, 6} in found
    assert all(7 not in rows for rows in found)
    assert list(windows(values[:4], 2.0)) == []  # a span of fewer than four windows


def test_groups_by_label_of_nothing_are_none() -> None:
    assert list(groups_by_label(np.array([], np.int64))) == []


@pytest.mark.parametrize("length", [3, 4])
def test_expected_loops_are_as_many_as_random_networks_have(length: int) -> None:
    """Directed cycles of a random digraph with branching 1: branching^k / k each, counted over many draws."""
    rng, size, draws, branching = np.random.default_rng(1), 60, 400, 1.0
    seen = 0
    for _ in range(draws):
        graph = nx.from_numpy_array(rng.random((size, size)) < branching / size, create_using=nx.DiGraph)
        seen += sum(len(cycle) == length for cycle in nx.simple_cycles(graph, length_bound=length))
    expected = 10 ** -loop_neg_log10_expected(length, length, branching, size, 1)
    assert seen / draws == pytest.approx(expected, rel=0.25)
