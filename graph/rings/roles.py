"""Measures of a small group: its graph for networkx, and the role each member has in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Final

import networkx as nx

HUB, BRIDGE, FEEDER, COLLECTOR, MEMBER = "hub", "bridge", "feeder", "collector", "member"
ROLES: Final = (HUB, BRIDGE, FEEDER, COLLECTOR, MEMBER)
HUB_FACTOR: Final = 1.5


def group_graph(members: Iterable[int], links: Mapping[tuple[int, int], int]) -> nx.Graph:
    """An undirected graph of the members; `links` counts what ties each pair, as attribute `weight`."""
    graph = nx.Graph()
    graph.add_nodes_from(sorted(members))
    graph.add_weighted_edges_from((a, b, count) for (a, b), count in sorted(links.items()))
    return graph


def roles(graph: nx.Graph, money: nx.DiGraph) -> dict[int, str]:
    """The role of each member; the first that holds counts.

    bridge: without it the group falls apart (an articulation point). hub: half as much again ties it to the group as
    the median member. feeder: money goes from it into the group and none comes back. collector: the other way round.
    """
    bridges = set(nx.articulation_points(graph))
    weight = dict(graph.degree(weight="weight"))
    middle = median(weight.values())
    result = {}
    for node in graph:
        paid, received = (money.out_degree(node), money.in_degree(node)) if node in money else (0, 0)
        if node in bridges:
            result[node] = BRIDGE
        elif middle and weight[node] >= HUB_FACTOR * middle:
            result[node] = HUB
        elif paid and not received:
            result[node] = FEEDER
        elif received and not paid:
            result[node] = COLLECTOR
        else:
            result[node] = MEMBER
    return result
