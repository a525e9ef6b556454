"""Layouts: seeded, whole where nothing was drawn, and still where nothing changed."""

from __future__ import annotations

import networkx as nx
import numpy as np
import numpy.typing as npt
import pytest

from graph.errors import UsageError
from graph.explore.layout import GAP, Layout, layout

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

RADIUS = 8  # nearest neighbours that a reader remembers


def links(graph: nx.Graph) -> tuple[I64, I64]:
    pairs = np.array(sorted(graph.edges), np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def whole(graph: nx.Graph, seed: int = 0) -> F64:
    n = graph.number_of_nodes()
    return layout(n, *links(graph), np.full((n, 2), np.nan), np.zeros(n, bool), seed).positions


def again(graph: nx.Graph, drawn: F64, changed: list[int]) -> Layout:
    """The layout of a graph whose first parties were drawn before."""
    n = graph.number_of_nodes()
    positions, flags = np.full((n, 2), np.nan), np.zeros(n, bool)
    positions[: len(drawn)] = drawn
    flags[changed] = True
    return layout(n, *links(graph), positions, flags)


def distances(positions: F64) -> F64:
    apart = np.asarray(np.linalg.norm(positions[:, None] - positions[None], axis=2))
    np.fill_diagonal(apart, np.inf)
    return apart


def edge_lengths(graph: nx.Graph, positions: F64) -> F64:
    source, target = links(graph)
    return np.asarray(np.linalg.norm(positions[source] - positions[target], axis=1))


def test_two_linked_parties_are_one_edge_length_apart() -> None:
    assert distances(whole(nx.path_graph(2)))[0, 1] == pytest.approx(1.0, abs=0.01)


def test_a_path_is_drawn_straight_and_a_circle_round() -> None:
    straight = distances(whole(nx.path_graph(4)))
    assert straight[0, 3] == pytest.approx(3.0, abs=0.05)
    positions = whole(nx.cycle_graph(6))
    radii = np.linalg.norm(positions - positions.mean(0), axis=1)
    assert radii.max() - radii.min() < 0.05


def test_one_party_lies_in_the_middle() -> None:
    assert whole(nx.empty_graph(1)).tolist() == [[0.0, 0.0]]


def test_the_same_question_has_the_same_answer_and_another_seed_another() -> None:
    graph = nx.powerlaw_cluster_graph(60, 2, 0.4, seed=3)
    assert np.array_equal(whole(graph), whole(graph))
    assert not np.array_equal(whole(graph), whole(graph, seed=1))


def test_parts_that_nothing_ties_do_not_lie_upon_one_another() -> None:
    graph = nx.disjoint_union_all([nx.complete_graph(5), nx.path_graph(4), nx.empty_graph(3)])
    apart = distances(whole(graph))
    assert apart.min() >= GAP - 0.01
    parts = [range(5), range(5, 9), [9], [10], [11]]
    for place, part in enumerate(parts):
        for other in parts[place + 1 :]:
            assert apart[np.ix_(list(part), list(other))].min() >= 0.9


def test_parties_of_a_whole_layout_do_not_hide_one_another() -> None:
    star = nx.star_graph(40)
    assert distances(whole(star)).min() > 0.2


def test_parties_beyond_one_link_of_what_changed_stay_to_the_bit() -> None:
    graph = nx.path_graph(6)
    drawn = whole(graph)
    graph.add_edges_from([(0, 6), (0, 7)])
    found = again(graph, drawn, [0])
    assert np.array_equal(found.positions[2:6], drawn[2:])
    assert not found.moved[2:6].any() and not found.moved[6:].any()


def test_without_a_change_nothing_moves() -> None:
    drawn = whole(nx.cycle_graph(8))
    found = again(nx.cycle_graph(8), drawn, [])
    assert np.array_equal(found.positions, drawn) and not found.moved.any()


def test_a_new_party_comes_to_lie_beside_its_neighbour() -> None:
    graph = nx.path_graph(5)
    drawn = whole(graph)
    graph.add_edge(4, 5)
    found = again(graph, drawn, [])
    apart = distances(found.positions)[5]
    assert int(np.argmin(apart)) == 4 and 0.6 < apart[4] < 1.4


def test_a_new_party_that_is_tied_to_nobody_lies_on_nobody() -> None:
    graph = nx.path_graph(5)
    drawn = whole(graph)
    graph.add_nodes_from([5, 6])
    found = again(graph, drawn, [])
    assert distances(found.positions).min() >= GAP - 0.01 and not found.moved.any()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n", [100, 150, 300])
def test_after_an_expansion_by_fifty_the_map_in_the_readers_mind_holds(n: int, seed: int) -> None:
    """Mean movement of old parties at most 0.1 and p95 at most 0.7 edge lengths; 80 % of 8 nearest neighbours stay."""
    graph = nx.convert_node_labels_to_integers(nx.powerlaw_cluster_graph(n, 3, 0.5, seed=seed))
    drawn = whole(graph)
    random = np.random.default_rng(seed)
    hub = int(random.integers(n))
    graph.add_edges_from((hub, new) for new in range(n, n + 50))
    graph.add_edges_from(
        zip(random.integers(0, n + 50, 30).tolist(), random.integers(n, n + 50, 30).tolist(), strict=True)
    )
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    found = again(graph, drawn, [hub])
    moved = np.linalg.norm(found.positions[:n] - drawn, axis=1) / np.median(edge_lengths(graph, found.positions))
    assert moved.mean() <= 0.1 and np.percentile(moved, 95) <= 0.7
    before, after = (np.argsort(distances(one), axis=1)[:, :RADIUS] for one in (drawn, found.positions[:n]))
    kept = [len(set(old) & set(new)) / RADIUS for old, new in zip(before.tolist(), after.tolist(), strict=True)]
    assert np.mean(kept) >= 0.8
    assert distances(found.positions)[n:].min() > 0.05


@pytest.mark.parametrize("seed", range(4))
def test_nobody_who_is_held_moves_and_new_ones_come_between_few(seed: int) -> None:
    """New ones lie on nobody, and 80 % of the 8 nearest of an old party stay so, new ones counted too."""
    graph = nx.powerlaw_cluster_graph(150, 3, 0.3, seed=seed)
    old = whole(graph.subgraph(range(100)))
    n, drawn = 150, np.full((150, 2), np.nan)
    drawn[:100] = old
    found = layout(n, *links(graph), drawn, np.zeros(n, bool), held=True)
    assert not found.moved.any() and np.array_equal(found.positions[:100], old)
    apart = distances(found.positions)
    assert apart[100:].min() > GAP / 2
    before, after = (np.argsort(one, axis=1)[:100, :RADIUS] for one in (distances(old), apart))
    kept = [len(set(was) & set(now)) / RADIUS for was, now in zip(before.tolist(), after.tolist(), strict=True)]
    assert np.mean(kept) >= 0.8


def test_names_of_a_few_parties_do_not_lie_upon_one_another() -> None:
    apart = whole(nx.powerlaw_cluster_graph(30, 4, 0.5, seed=3))
    across, down = (np.abs(apart[:, None, axis] - apart[None, :, axis]) for axis in range(2))
    beside = (down < GAP / 2) & ~np.eye(30, dtype=bool)
    assert across[beside].min() > 1.5 * GAP


def test_a_position_is_finite() -> None:
    with pytest.raises(UsageError, match="finite"):
        layout(1, *links(nx.empty_graph(1)), np.full((1, 2), np.inf), np.zeros(1, bool))
