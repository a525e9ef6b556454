"""Questions about the links of one party or between two, on a network of seven parties."""

from __future__ import annotations

import pytest

from graph.errors import UsageError
from graph.explore.links import (
    co_users,
    kinds_between,
    neighbour_counts,
    rating_counts,
    removals_between,
    shared_identifiers,
)
from graph.schema import Party, Relationship
from graph.snapshots.build import build_snapshot
from graph.snapshots.overlay import RemoveLinks
from graph.snapshots.snapshot import Snapshot
from tests.graph.networks import MemoryStore, load_facts

# Ann and Bo call each other and are friends; Bo, Cy and Dee share identifiers; Ann is rated.
A, B, C, D, ACCOUNT, PHONE, SHOP = range(7)
NETWORK = [
    *(Party(id, "Person") for id in "abcd"),
    Party("m-account", "Account"),
    Party("n-phone", "Phone"),
    Party("shop", "Merchant"),
    Relationship("a", "b", "CALLS", "1", count=3),
    Relationship("a", "b", "CALLS", "2"),
    Relationship("b", "a", "CALLS", "1"),
    Relationship("b", "a", "MESSAGES", "1"),
    Relationship("a", "a", "CALLS", "1"),
    Relationship("b", "a", "FRIEND_OF", "1"),
    Relationship("a", "shop", "PAYS", "1"),
    Relationship("b", "shop", "PAYS", "1"),
    Relationship("b", "m-account", "HOLDS_ACCOUNT", "1"),
    Relationship("c", "m-account", "HOLDS_ACCOUNT", "1"),
    Relationship("b", "n-phone", "USES_PHONE", "1"),
    Relationship("c", "n-phone", "USES_PHONE", "1"),
    Relationship("d", "n-phone", "USES_PHONE", "1"),
    Relationship("d", "m-account", "PAYS", "1"),
    Relationship("b", "a", "RATES", "1", weight=-1.0),
    Relationship("c", "a", "TRUSTS", "1", weight=0.5),
    Relationship("d", "a", "VOUCHES_FOR", "1"),
    Relationship("a", "c", "RATES", "1", weight=-1.0),
]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    store = MemoryStore()
    load_facts(store, NETWORK)
    return build_snapshot(store, tmp_path_factory.mktemp("links") / "s")


def test_neighbour_counts_sum_both_directions_and_leave_out_self_links(network: Snapshot) -> None:
    assert neighbour_counts(network, A, "contact") == {B: 3 + 1 + 1 + 1}
    assert neighbour_counts(network, B, "contact") == {A: 6}
    assert neighbour_counts(network, A, "social") == {B: 1}
    assert list(neighbour_counts(network, SHOP, "money")) == [A, B]
    assert neighbour_counts(network, C, "contact") == neighbour_counts(network, A, "work") == {}


def test_co_users_have_the_identifiers_in_common(network: Snapshot) -> None:
    assert co_users(network, B) == {C: (ACCOUNT, PHONE), D: (PHONE,)}
    assert co_users(network, D) == {B: (PHONE,), C: (PHONE,)}  # a payment into an account is no use of it
    assert co_users(network, A) == {}


def test_shared_identifiers_are_those_that_both_use(network: Snapshot) -> None:
    assert shared_identifiers(network, B, C) == [ACCOUNT, PHONE]
    assert shared_identifiers(network, C, D) == [PHONE]  # a payment into an account is no use of it
    assert shared_identifiers(network, A, B) == []  # they share a shop, which is no identifier
    assert shared_identifiers(network, B, PHONE) == []
    with pytest.raises(UsageError, match="row 7 is outside"):
        shared_identifiers(network, A, 7)


def test_shared_identifiers_and_co_users_are_one_definition(network: Snapshot) -> None:
    for a in range(network.n_parties):
        for b in range(network.n_parties):
            if a != b:
                assert tuple(shared_identifiers(network, a, b)) == co_users(network, a).get(b, ())


def test_kinds_between_two_parties_count_in_either_direction(network: Snapshot) -> None:
    assert kinds_between(network, A, B, "contact") == kinds_between(network, B, A, "contact") == ("CALLS", "MESSAGES")
    assert kinds_between(network, A, B, "social") == ("FRIEND_OF",)
    assert kinds_between(network, A, C, "contact") == ()


def test_removals_name_each_kind_and_direction_with_links_and_a_symmetric_kind_once(network: Snapshot) -> None:
    assert removals_between(network, A, B, ["MESSAGES", "FRIEND_OF", "CALLS", "PAYS"]) == (
        RemoveLinks("CALLS", A, B),
        RemoveLinks("CALLS", B, A),
        RemoveLinks("FRIEND_OF", A, B),
        RemoveLinks("MESSAGES", B, A),
    )
    assert removals_between(network, A, D, ["CALLS"]) == ()


def test_rating_counts_are_those_of_received_ratings_with_a_weight(network: Snapshot) -> None:
    assert rating_counts(network, A) == (1, 2)
    assert rating_counts(network, C) == (1, 1)
    assert rating_counts(network, B) == (0, 0)
