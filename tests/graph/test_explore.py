"""Pages of neighbours, k-hop subgraphs and shortest paths, by hand and against networkx."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import UnknownKind, UsageError
from graph.explore.bfs import k_hop_subgraph
from graph.explore.neighbours import NeighbourLink, NeighbourPage, neighbours
from graph.explore.paths import Step, StepKind, paths, shortest_path
from graph.schema import Party, Relationship
from graph.snapshots.build import build_snapshot
from graph.snapshots.snapshot import Snapshot
from tests.graph.networks import Fact, MemoryStore, load_facts

# Rows: a 0, b 1, c 2, d 3, e 4, phone 5, z 6 (alone)
TOWN: list[Fact] = [
    *(Party(id, "Person") for id in "abcdez"),
    Party("phone", "Phone"),
    Relationship("a", "b", "CALLS", "1", weight=0.5, first=3, last=4, count=2, amount=7, context="offline"),
    Relationship("a", "b", "CALLS", "2"),
    Relationship("b", "a", "CALLS", "1"),
    Relationship("a", "a", "CALLS", "1"),
    Relationship("c", "a", "KNOWS", "1"),
    Relationship("a", "d", "KNOWS", "1"),
    Relationship("a", "a", "KNOWS", "1"),
    Relationship("b", "e", "PAYS", "1"),
    Relationship("c", "e", "PAYS", "1"),
    Relationship("e", "c", "CALLS", "1"),
    Relationship("d", "phone", "USES_PHONE", "1"),
    Relationship("e", "phone", "USES_PHONE", "1"),
]
A, B, C, D, E, PHONE, Z = range(7)


def snapshot_of(facts: list[Fact], folder: Path) -> Snapshot:
    store = MemoryStore()
    load_facts(store, facts)
    return build_snapshot(store, folder)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return snapshot_of(TOWN, tmp_path_factory.mktemp("explore") / "s")


# ----------------------------------------------------------------------------------------- neighbours


def test_an_account_has_its_own_payments_and_its_holder_has_them_too(tmp_path: Path) -> None:
    """Rows: ann 0, bob 1, cy 2, x 3, y 4, z 5. Bob and cy hold y, ann holds x; nobody holds z."""
    facts: list[Fact] = [
        *(Party(id, "Person") for id in ("ann", "bob", "cy")),
        *(Party(id, "Account") for id in "xyz"),
        *(Relationship(a, b, "HOLDS_ACCOUNT", "1") for a, b in (("ann", "x"), ("bob", "y"), ("cy", "y"))),
        Relationship("x", "y", "PAYS", "1", amount=5),
        Relationship("x", "z", "PAYS", "1", amount=7),
    ]
    town = snapshot_of(facts, tmp_path / "s")

    def page(row: int) -> list[tuple[int, str, bool, tuple[int, ...]]]:
        return [(i.party, i.direction, i.held, i.via) for i in neighbours(town, row, ["PAYS"]).items]

    assert page(3) == [(4, "out", True, ()), (5, "out", True, ())]
    assert page(4) == [(3, "in", True, ())]
    assert page(5) == [(0, "in", False, (3,))]  # nobody holds it, so the link of its payer's holder ends here
    assert page(0) == [(1, "out", False, (3, 4)), (2, "out", False, (3, 4)), (5, "out", False, (3,))]
    assert page(1) == [(0, "in", False, (4, 3))]
    of_ann = neighbours(town, 0, ["PAYS"])
    assert (of_ann.counts, of_ann.total) == ({"PAYS": {"out": 2, "in": 0}}, 3)
    assert neighbours(town, 3).counts == {"HOLDS_ACCOUNT": {"out": 0, "in": 1}, "PAYS": {"out": 2, "in": 0}}


def test_a_page_lists_links_by_kind_party_and_direction_with_counts(town: Snapshot) -> None:
    page = neighbours(town, A)
    assert [(i.kind, i.party, i.direction) for i in page.items] == [
        ("CALLS", A, "out"),  # a self-link once
        ("CALLS", B, "out"),
        ("CALLS", B, "out"),
        ("CALLS", B, "in"),
        ("KNOWS", A, "both"),
        ("KNOWS", C, "both"),
        ("KNOWS", D, "both"),
    ]
    assert page.counts == {"CALLS": {"out": 3, "in": 1}, "KNOWS": {"out": 2, "in": 1}}
    assert (page.total, page.next) == (7, None)
    full, bare = page.items[1], page.items[2]
    assert (full.weight, full.first, full.last, full.count, full.amount, full.context) == (0.5, 3, 4, 2, 7, "offline")
    assert (bare.weight, bare.first, bare.last, bare.count, bare.amount, bare.context) == (
        None,
        None,
        None,
        1,
        None,
        None,
    )
    assert (full.category, page.items[-1].category) == ("contact", "social")
    assert neighbours(town, Z) == NeighbourPage((), {}, 0, None)


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize("kinds", [None, ["KNOWS"], ["CALLS", "PAYS"]])
def test_pages_list_every_link_once(town: Snapshot, limit: int, kinds: list[str] | None) -> None:
    for row in range(town.n_parties):
        whole = neighbours(town, row, kinds)
        items: list[NeighbourLink] = []
        cursor = None
        while True:
            page = neighbours(town, row, kinds, limit, cursor)
            assert (page.counts, page.total) == (whole.counts, whole.total)
            assert len(page.items) <= limit
            items += page.items
            cursor = page.next
            if cursor is None:
                break
        assert tuple(items) == whole.items
        assert len(items) == whole.total == sum(c["out"] + c["in"] for c in whole.counts.values())


def test_a_cursor_of_another_snapshot_party_or_choice_of_kinds_is_refused(town: Snapshot, tmp_path: Path) -> None:
    cursor = neighbours(town, A, limit=2).next
    assert cursor is not None
    other = snapshot_of(TOWN[:-1], tmp_path / "other")
    for ask in (
        lambda: neighbours(other, A, cursor=cursor),
        lambda: neighbours(town, B, cursor=cursor),
        lambda: neighbours(town, A, ["CALLS"], cursor=cursor),
        lambda: neighbours(town, A, cursor="2"),
        lambda: neighbours(town, A, cursor=cursor + "x"),
        lambda: neighbours(town, A, cursor=cursor + "00000"),
        lambda: neighbours(town, A, limit=0),
        lambda: neighbours(town, 7),
        lambda: neighbours(town, -1),
    ):
        with pytest.raises(UsageError):
            ask()  # type: ignore[no-untyped-call]
    assert neighbours(town, A, ["PAYS", "OWES"]).total == 0  # known kinds without links here
    with pytest.raises(UnknownKind, match="NONSENSE"):
        neighbours(town, A, ["NONSENSE"])


# ------------------------------------------------------------------------------------ k-hop subgraphs


def test_k_hop_subgraph_has_the_nearest_parties_by_hops_and_rows(town: Snapshot) -> None:
    one = k_hop_subgraph(town, A, 1)
    assert (one.rows.tolist(), one.hops.tolist(), one.complete) == ([A, B, C, D], [0, 1, 1, 1], True)
    two = k_hop_subgraph(town, A, 2)
    assert (two.rows.tolist(), two.hops.tolist()) == ([A, B, C, D, E, PHONE], [0, 1, 1, 1, 2, 2])
    cut = k_hop_subgraph(town, A, 2, limit=3)
    assert (cut.rows.tolist(), cut.total, cut.complete) == ([A, B, C], 6, False)
    assert k_hop_subgraph(town, A, 2, kinds=["CALLS"]).rows.tolist() == [A, B]
    assert k_hop_subgraph(town, Z, 3).rows.tolist() == [Z]
    assert k_hop_subgraph(town, A, 0).rows.tolist() == [A]
    with pytest.raises(UsageError):
        k_hop_subgraph(town, A, -1)


# ---------------------------------------------------------------------------------------------- paths


def test_the_shortest_path_has_the_fewest_hops_and_then_the_smallest_rows(town: Snapshot) -> None:
    path = shortest_path(town, A, E)
    assert path is not None
    assert path.rows == (A, B, E)  # and not by c, d
    assert path.hops == 2
    first, second = path.steps
    assert first == Step(A, B, (StepKind("CALLS", "contact", 2, 1),))
    assert [kind.kind for kind in second.kinds] == ["PAYS"]
    through_c = shortest_path(town, A, E, kinds=["KNOWS", "PAYS", "CALLS"])
    assert through_c is not None and through_c.rows == (A, B, E)
    no_calls = shortest_path(town, A, E, kinds=["KNOWS", "PAYS"])
    assert no_calls is not None and no_calls.rows == (A, C, E)
    assert shortest_path(town, A, E, max_hops=1) is None
    assert shortest_path(town, A, Z) is None
    itself = shortest_path(town, A, A, max_hops=0)
    assert itself is not None and (itself.rows, itself.steps) == ((A,), ())


def test_paths_come_by_hops_and_rows_without_loops(town: Snapshot) -> None:
    found = paths(town, A, E, limit=9)
    assert [path.rows for path in found] == [(A, B, E), (A, C, E), (A, D, PHONE, E)]
    assert [kind.kind for kind in found[1].steps[1].kinds] == ["CALLS", "PAYS"]
    assert (found[1].steps[1].kinds[0].out_links, found[1].steps[1].kinds[0].in_links) == (0, 1)
    assert [path.rows for path in paths(town, A, E, limit=2)] == [(A, B, E), (A, C, E)]
    assert [path.rows for path in paths(town, A, E, max_hops=2, limit=9)] == [(A, B, E), (A, C, E)]
    with pytest.raises(UsageError):
        paths(town, A, E, limit=0)


NODES = 8
networks = st.lists(
    st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1), st.sampled_from(["CALLS", "KNOWS", "PAYS"])),
    max_size=18,
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(links=networks, kinds=st.sampled_from([None, ("CALLS", "KNOWS")]), max_hops=st.integers(0, 6))
def test_subgraphs_and_paths_equal_those_of_networkx(
    tmp_path_factory: Any, links: list[Any], kinds: Any, max_hops: int
) -> None:
    facts: list[Fact] = [Party(str(node), "Person") for node in range(NODES)]
    facts += [Relationship(str(a), str(b), kind, str(key)) for key, (a, b, kind) in enumerate(links)]
    snapshot = snapshot_of(facts, tmp_path_factory.mktemp("nx") / "s")
    network = nx.Graph([(a, b) for a, b, kind in links if kinds is None or kind in kinds])
    network.add_nodes_from(range(NODES))
    for start in range(NODES):
        distances = nx.single_source_shortest_path_length(network, start, cutoff=max_hops)
        around = k_hop_subgraph(snapshot, start, max_hops, kinds=kinds)
        assert dict(zip(around.rows.tolist(), around.hops.tolist(), strict=True)) == distances
        assert np.lexsort((around.rows, around.hops)).tolist() == list(range(len(around.rows)))
        for goal in range(NODES):
            expected = (
                [(start,)]
                if start == goal
                else sorted(
                    {tuple(path) for path in nx.all_simple_paths(network, start, goal, cutoff=max_hops)},
                    key=lambda path: (len(path), path),
                )
            )
            found = paths(snapshot, start, goal, max_hops, 4, kinds)
            assert [path.rows for path in found] == expected[:4]
            shortest = shortest_path(snapshot, start, goal, max_hops, kinds)
            assert (shortest.rows if shortest else None) == (expected[0] if expected else None)
            for path in found:
                for step in path.steps:
                    assert sum(kind.out_links + kind.in_links for kind in step.kinds) == sum(
                        {a, b} == {step.source, step.target} and (kinds is None or kind in kinds)
                        for a, b, kind in links
                    )


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(links=networks)
def test_the_links_of_a_party_are_all_that_touch_it(tmp_path_factory: Any, links: list[Any]) -> None:
    facts: list[Fact] = [Party(str(node), "Person") for node in range(NODES)]
    facts += [Relationship(str(a), str(b), kind, str(key)) for key, (a, b, kind) in enumerate(links)]
    snapshot = snapshot_of(facts, tmp_path_factory.mktemp("all") / "s")
    for row in range(NODES):
        expected = []
        for a, b, kind in links:
            if row in (a, b):
                direction = "both" if kind == "KNOWS" else "out" if a == row else "in"
                expected.append((kind, b if a == row else a, direction))
        rank = {"both": 0, "out": 0, "in": 1}
        items = [(i.kind, i.party, i.direction) for i in neighbours(snapshot, row).items]
        assert items == sorted(expected, key=lambda item: (item[0], item[1], rank[item[2]]))
